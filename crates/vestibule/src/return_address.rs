//! Where a person was going: the one judge of every redirect that a request may influence (V1 to V8).

use http::Uri;
use url::form_urlencoded;

use crate::base_url::BaseUrl;

/// What becomes of the fragment of a return address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fragments {
    /// It is left where it is: in the browser.
    #[default]
    Dropped,
    /// It comes along, through the sign-in and back.
    Kept,
}

/// A path and query of our own origin, perhaps with a fragment. Nothing else can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnAddress(String);

impl ReturnAddress {
    /// The longest that travels in `state`, in bytes. Longer ones are refused, never cut (V4).
    const MOST_BYTES: usize = 512;

    /// The front page.
    pub(crate) fn home(base: &BaseUrl) -> Self {
        Self(base.home().to_owned())
    }

    /// The address of a request, as the session layer saw it. A path that lacks the base URL's own (stripped by a proxy or by
    /// nesting) gets it back.
    pub(crate) fn of_request(base: &BaseUrl, uri: &Uri) -> Option<Self> {
        let seen = uri.path_and_query().map_or("/", |path| path.as_str());
        Self::parse(base, &base.public_path(seen))
    }

    /// V1: parsed by a WHATWG parser against our own origin, reduced to path and query, written anew. What is emitted is never
    /// the text that came in.
    pub(crate) fn parse(base: &BaseUrl, text: &str) -> Option<Self> {
        if text.len() > Self::MOST_BYTES || !text.starts_with('/') || text.starts_with("//") {
            return None;
        }
        // Browsers read a backslash as a slash and drop tabs and newlines: none of them belongs here.
        if text.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control()) {
            return None;
        }
        let url = base.origin().join(text).ok()?;
        if url.origin() != base.origin().origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let address = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        // `/.//evil.example` becomes `//evil.example` only now.
        let is_ours =
            !address.starts_with("//") && is_below(&address, base.path()) && address.len() <= Self::MOST_BYTES;
        is_ours.then_some(Self(address))
    }

    /// The same with its fragment. One that cannot come along is left out whole, never cut (V4).
    pub(crate) fn with_fragment(base: &BaseUrl, text: &str) -> Option<Self> {
        let Some((page, fragment)) = text.split_once('#') else { return Self::parse(base, text) };
        if fragment.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let Self(page) = Self::parse(base, page)?;
        Some(Self(match written_anew(base, fragment) {
            Some(fragment) => format!("{page}#{fragment}"),
            None => page,
        }))
    }

    /// The same of a whole URL, as another site names a page of ours (Core 4, `target_link_uri`): it begins with our origin, byte
    /// for byte, and what follows is judged like any path.
    pub(crate) fn of_target(base: &BaseUrl, target: &str) -> Option<Self> {
        let origin = base.origin().origin().ascii_serialization();
        Self::parse(base, target.strip_prefix(origin.as_str())?)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Path and query.
    pub(crate) fn without_fragment(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }
}

/// A fragment as the parser writes it, if it is one of a page's own.
fn written_anew(base: &BaseUrl, fragment: &str) -> Option<String> {
    let fits = |text: &str| (1..=ReturnAddress::MOST_BYTES).contains(&text.len());
    if !fits(fragment) || fragment.contains('\\') || looks_like_a_response(fragment) {
        return None;
    }
    let mut url = base.origin().clone();
    url.set_fragment(Some(fragment));
    url.fragment().filter(|written| fits(written)).map(str::to_owned)
}

/// Whether a fragment may be the answer of a provider (Multiple Response Types 2.1), meant for somebody else: it is carried nowhere.
/// What a page's own router puts before it (`#/callback?code=..`) makes no difference, nor does writing it twice over.
fn looks_like_a_response(fragment: &str) -> bool {
    const PARAMETERS: [&str; 6] = ["code", "access_token", "id_token", "refresh_token", "error", "response"];
    let is_one = |part: &str| {
        let name = part.split_once('=').map(|(name, _)| name.trim());
        name.is_some_and(|name| PARAMETERS.iter().any(|parameter| name.eq_ignore_ascii_case(parameter)))
    };
    let once = decoded(fragment);
    let twice = decoded(&once);
    [fragment, &once, &twice].iter().any(|reading| reading.split(['#', '!', '/', '?', ';', '&']).any(is_one))
}

fn decoded(text: &str) -> String {
    let pairs = form_urlencoded::parse(text.as_bytes());
    let pairs = pairs.map(|(name, value)| if value.is_empty() { name.into_owned() } else { format!("{name}={value}") });
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether `path` is `prefix` or lies below it, by whole segments.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests;

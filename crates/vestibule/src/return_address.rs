//! Where a person was going: the one judge of every redirect that a request may influence (V1 to V8).

use http::Uri;

use crate::base_url::BaseUrl;

/// A path and query of our own origin. Nothing else can be made.
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

    /// The same of a whole URL, as another site names a page of ours (Core 4, `target_link_uri`): it begins with our origin, byte
    /// for byte, and what follows is judged like any path.
    pub(crate) fn of_target(base: &BaseUrl, target: &str) -> Option<Self> {
        let origin = base.origin().origin().ascii_serialization();
        Self::parse(base, target.strip_prefix(origin.as_str())?)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `path` is `prefix` or lies below it, by whole segments.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests;

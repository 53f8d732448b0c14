//! Our cookies: their names, the one pass over the Cookie header, and the Set-Cookie lines.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};

use crate::base_url::BaseUrl;

/// The names of our cookies and the attributes that all of them share.
#[derive(Debug)]
pub(crate) struct CookieNames {
    prefix: String,
    attributes: &'static str,
}

/// The attributes of a cookie that has to come along when another site's page posts to us (V28). Browsers take `SameSite=None` with
/// `Secure` only, which Chromium and Firefox take on http loopback too.
const CROSS_SITE: &str = "; Path=/; HttpOnly; SameSite=None; Secure";

/// What a cookie of ours is for; the rest of its name after the shared prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// A piece of the sealed session.
    Session(usize),
    /// A pending login, by its place: one of [`LOGIN_PLACES`], or, begun before there were places, the name of its attempt.
    Login(&'a str),
    /// The same where the provider's page will post the response (Form Post 1.0): that POST comes from another site.
    PostedLogin(&'a str),
    /// The record that the error page reads.
    Error,
    /// A logout under way at the provider.
    Logout,
    /// Who was last here, where POSTs are kept for them.
    Former,
    /// The name of a kept POST, by its place: one of [`KEPT_PLACES`].
    Kept(&'a str),
    /// What the last round trips to a provider came to.
    Trips,
}

const LOGIN: &str = "login-";
const POSTED_LOGIN: &str = "posted-login-";
const KEPT: &str = "kept-";
const TRIPS: &str = "trips";
/// The equals sign of a pair, and what stands between two.
const AROUND_A_PAIR: usize = "=; ".len();

/// The most bytes of a value in one cookie.
pub(crate) const CHUNK_BYTES: usize = 3600;
/// The most cookies that a session is cut into (V60).
pub(crate) const MOST_CHUNKS: usize = 2;
/// Where the pending logins of a browser are. There are no other places, so that however many begin at the same moment, none of
/// which sees the cookies of another, the Cookie header stays short (V26).
pub(crate) const LOGIN_PLACES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
/// Where the names of a browser's kept POSTs are, one for each that a person may have: however many come at the same moment, none of
/// which sees the cookies of another, there are no more (V26).
pub(crate) const KEPT_PLACES: [&str; 4] = ["0", "1", "2", "3"];
/// The most bytes of a Cookie header that our cookies together shall need: proxies refuse a header line of 8 KB.
pub(crate) const HEADER_BYTES: usize = 8000;
/// The most cookies of ours, and bytes of them, that are looked at (V62).
const MOST_COOKIES: usize = 32;
const MOST_BYTES: usize = 16 * 1024;

impl CookieNames {
    pub(crate) fn new(base: &BaseUrl) -> Self {
        let hash = base.short_hash();
        // V61: on https a name that no subdomain and no plain-http page can set. On http loopback a browser would refuse it.
        if base.is_https() {
            Self { prefix: format!("__Host-vestibule-{hash}-"), attributes: "; Path=/; HttpOnly; SameSite=Lax; Secure" }
        } else {
            Self { prefix: format!("vestibule-{hash}-"), attributes: "; Path=/; HttpOnly; SameSite=Lax" }
        }
    }

    /// The whole name of a cookie; the seals use it as context, so that a value belongs to one name (V67).
    pub(crate) fn name(&self, purpose: Purpose<'_>) -> String {
        match purpose {
            Purpose::Session(0) => format!("{}session", self.prefix),
            Purpose::Session(chunk) => format!("{}session-{chunk}", self.prefix),
            Purpose::Login(attempt) => format!("{}{LOGIN}{attempt}", self.prefix),
            Purpose::PostedLogin(attempt) => format!("{}{POSTED_LOGIN}{attempt}", self.prefix),
            Purpose::Error => format!("{}error", self.prefix),
            Purpose::Logout => format!("{}logout", self.prefix),
            Purpose::Former => format!("{}former", self.prefix),
            Purpose::Kept(place) => format!("{}{KEPT}{place}", self.prefix),
            Purpose::Trips => format!("{}{TRIPS}", self.prefix),
        }
    }

    /// How many bytes of a Cookie header a cookie takes.
    pub(crate) fn weight(&self, purpose: Purpose<'_>, value_bytes: usize) -> usize {
        self.name(purpose).len() + AROUND_A_PAIR + value_bytes
    }

    /// A Set-Cookie line. `max_age` in seconds; without one the browser forgets the cookie when it closes.
    pub(crate) fn set(&self, purpose: Purpose<'_>, value: &str, max_age: Option<i64>) -> HeaderValue {
        let attributes = if let Purpose::PostedLogin(_) = purpose { CROSS_SITE } else { self.attributes };
        let mut line = format!("{}={value}{attributes}", self.name(purpose));
        if let Some(seconds) = max_age {
            line.push_str("; Max-Age=");
            line.push_str(&seconds.max(0).to_string());
        }
        cookie_line(line)
    }

    /// A Set-Cookie line that makes the browser forget the cookie.
    pub(crate) fn delete(&self, purpose: Purpose<'_>) -> HeaderValue {
        self.set(purpose, "", Some(0))
    }

    /// Whether a Set-Cookie line is about a cookie of ours.
    pub(crate) fn sets(&self, line: &HeaderValue) -> bool {
        line.as_bytes().starts_with(self.prefix.as_bytes())
    }

    /// Whether a response sets this cookie already, or deletes it: the whole name counts, as others may begin with it.
    pub(crate) fn is_set(&self, headers: &HeaderMap, purpose: Purpose<'_>) -> bool {
        let name = self.name(purpose);
        headers
            .get_all(header::SET_COOKIE)
            .iter()
            .any(|line| line.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
    }

    /// One pass over the Cookie headers, for the cookies of ours alone.
    pub(crate) fn read<'a>(&self, headers: impl Iterator<Item = &'a HeaderValue>) -> Cookies<'a> {
        let mut cookies = Cookies { ours: Vec::new(), hostile: false };
        let mut bytes = 0;
        for pair in headers.flat_map(|value| value.as_bytes().split(|byte| *byte == b';')) {
            let Some((suffix, value)) = self.ours(pair) else { continue };
            bytes += suffix.len() + value.len();
            // V61, V62: a name twice, or more than we ever set, is not from us.
            cookies.hostile |= cookies.ours.iter().any(|(other, _)| *other == suffix);
            if cookies.ours.len() == MOST_COOKIES || bytes > MOST_BYTES {
                cookies.hostile = true;
                break;
            }
            cookies.ours.push((suffix, value));
        }
        cookies
    }

    /// The rest of the name and the value, if the pair is ours: byte-exact, with only SP and HTAB trimmed (V61).
    fn ours<'a>(&self, pair: &'a [u8]) -> Option<(&'a str, &'a [u8])> {
        let rest = trim(pair).strip_prefix(self.prefix.as_bytes())?;
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let (suffix, value) = rest.split_at(equals);
        let (_, value) = value.split_first()?;
        // A name with other characters is none that we ever set, nor one that we could delete.
        let is_ours = suffix.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_ours {
            return None;
        }
        Some((std::str::from_utf8(suffix).ok()?, value))
    }

    /// How many bytes of a Cookie header these cookies take.
    pub(crate) fn weight_of_all(&self, cookies: &Cookies<'_>) -> usize {
        let weight = |(suffix, value): &(&str, &[u8])| self.prefix.len() + suffix.len() + AROUND_A_PAIR + value.len();
        cookies.ours.iter().map(weight).sum()
    }

    /// The same without the session and the pending logins: what is there whatever becomes of those.
    pub(crate) fn weight_of_the_rest(&self, cookies: &Cookies<'_>) -> usize {
        let session = (0..MOST_CHUNKS).filter_map(|chunk| {
            Some(self.weight(Purpose::Session(chunk), cookies.value(session_suffix(chunk))?.len()))
        });
        let logins = cookies.logins().map(|login| self.weight(login.purpose, login.sealed.len()));
        self.weight_of_all(cookies).saturating_sub(session.chain(logins).sum())
    }

    /// Set-Cookie lines that make the browser forget every cookie of ours that it sent.
    pub(crate) fn delete_all<'a>(&'a self, cookies: &'a Cookies<'_>) -> impl Iterator<Item = HeaderValue> + 'a {
        let mut names: Vec<&str> = cookies.ours.iter().map(|(suffix, _)| *suffix).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|suffix| {
            // A browser keeps a cookie that is Secure from being overwritten by a line on http that is not.
            let attributes = if suffix.starts_with(POSTED_LOGIN) { CROSS_SITE } else { self.attributes };
            cookie_line(format!("{}{suffix}={attributes}; Max-Age=0", self.prefix))
        })
    }
}

/// V10: what is in the line was made by us, of characters that a header may have; were it not, the browser gets an empty line
/// and keeps nothing.
fn cookie_line(line: String) -> HeaderValue {
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The cookies of ours that a request brought, by the rest of their names.
#[derive(Debug)]
pub(crate) struct Cookies<'a> {
    ours: Vec<(&'a str, &'a [u8])>,
    hostile: bool,
}

impl<'a> Cookies<'a> {
    /// Whether somebody tampered with them so that none can be trusted to be the one that we set.
    pub(crate) fn are_hostile(&self) -> bool {
        self.hostile
    }

    fn value(&self, suffix: &str) -> Option<&'a [u8]> {
        self.ours.iter().find(|(name, _)| *name == suffix).map(|(_, value)| *value)
    }

    fn value_in(&self, kind: &str, place: &str) -> Option<&'a [u8]> {
        self.ours.iter().find(|(name, _)| name.strip_prefix(kind) == Some(place)).map(|(_, value)| *value)
    }

    /// The pending logins.
    pub(crate) fn logins(&self) -> impl Iterator<Item = LoginCookie<'a>> {
        self.ours.iter().filter_map(|(suffix, sealed)| {
            let purpose = match suffix.strip_prefix(LOGIN) {
                Some(attempt) => Purpose::Login(attempt),
                None => Purpose::PostedLogin(suffix.strip_prefix(POSTED_LOGIN)?),
            };
            Some(LoginCookie { purpose, sealed })
        })
    }

    pub(crate) fn error(&self) -> Option<&'a [u8]> {
        self.value("error")
    }

    pub(crate) fn logout(&self) -> Option<&'a [u8]> {
        self.value("logout")
    }

    pub(crate) fn former(&self) -> Option<&'a [u8]> {
        self.value("former")
    }

    /// The names of kept POSTs, with their places.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&'static str, &'a [u8])> {
        KEPT_PLACES.into_iter().filter_map(|place| Some((place, self.value_in(KEPT, place)?)))
    }

    pub(crate) fn trips(&self) -> Option<&'a [u8]> {
        self.value(TRIPS)
    }

    /// Whether none came at all.
    pub(crate) fn are_none(&self) -> bool {
        self.ours.is_empty()
    }

    /// How many places of a session are taken, leftovers included.
    pub(crate) fn session_places(&self) -> usize {
        (0..MOST_CHUNKS).rev().find(|chunk| self.value(session_suffix(*chunk)).is_some()).map_or(0, |last| last + 1)
    }

    /// The secret that leads to a session in a store.
    pub(crate) fn session_secret(&self) -> Option<[u8; 32]> {
        let text = self.value(session_suffix(0))?.strip_prefix(b"k")?;
        let mut secret = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut secret).ok()?;
        (length == secret.len()).then_some(secret)
    }

    /// The sealed session: the first piece says how many there are, and all of them are under one seal (V60), so pieces of two
    /// generations do not open.
    pub(crate) fn session(&self) -> Option<SealedSession<'a>> {
        let (count, first) = self.value(session_suffix(0))?.split_first()?;
        match count {
            b'1' => Some(SealedSession::Whole(first)),
            b'2' => Some(SealedSession::Joined([first, self.value(session_suffix(1))?].concat())),
            _ => None,
        }
    }
}

/// A pending login as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoginCookie<'a> {
    /// Which kind, and at which place.
    pub(crate) purpose: Purpose<'a>,
    pub(crate) sealed: &'a [u8],
}

/// A sealed session as it came: borrowed when one cookie held it.
#[derive(Debug)]
pub(crate) enum SealedSession<'a> {
    Whole(&'a [u8]),
    Joined(Vec<u8>),
}

impl SealedSession<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Joined(bytes) => bytes,
        }
    }
}

const fn session_suffix(chunk: usize) -> &'static str {
    match chunk {
        0 => "session",
        _ => "session-1",
    }
}

/// A Set-Cookie line for the secret that leads to a session in a store, and deletions for the pieces that an earlier session
/// left in `places`.
pub(crate) fn secret_cookies(
    names: &CookieNames,
    secret: &[u8; 32],
    max_age: Option<i64>,
    places: usize,
) -> Vec<HeaderValue> {
    let value = format!("k{}", URL_SAFE_NO_PAD.encode(secret));
    let leftovers = (1..places).map(|chunk| names.delete(Purpose::Session(chunk)));
    std::iter::once(names.set(Purpose::Session(0), &value, max_age)).chain(leftovers).collect()
}

/// Set-Cookie lines for a sealed session, and deletions for the pieces that an earlier, longer one left in `places`.
///
/// `None` when it does not fit into the budget.
pub(crate) fn session_cookies(
    names: &CookieNames,
    sealed: &str,
    max_age: Option<i64>,
    places: usize,
) -> Option<Vec<HeaderValue>> {
    let pieces: Vec<&str> =
        sealed.as_bytes().chunks(CHUNK_BYTES).map(|piece| std::str::from_utf8(piece).unwrap_or("")).collect();
    if pieces.len() > MOST_CHUNKS {
        return None;
    }
    let count = pieces.len();
    let lines = (0..count.max(places)).map(|chunk| match pieces.get(chunk) {
        Some(piece) if chunk == 0 => names.set(Purpose::Session(0), &format!("{count}{piece}"), max_age),
        Some(piece) => names.set(Purpose::Session(chunk), piece, max_age),
        None => names.delete(Purpose::Session(chunk)),
    });
    Some(lines.collect())
}

/// The Cookie headers of a request; HTTP/2 may bring several.
pub(crate) fn cookie_headers(headers: &HeaderMap) -> impl Iterator<Item = &HeaderValue> {
    headers.get_all(header::COOKIE).iter()
}

#[cfg(test)]
mod tests;

//! A session that begins: what it takes of the room that browsers and proxies have for cookies.

use http::HeaderValue;
use vestibule_core::ClaimsSet;

use super::Session;
use crate::trips::LARGE;

/// A session that begins with the response.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(super) lines: Vec<HeaderValue>,
    /// How many cookies the session takes, and how many bytes of a Cookie header.
    pub(crate) cookies: usize,
    pub(crate) bytes: usize,
    /// The largest claims by name and bytes, where it takes many.
    pub(crate) largest: Vec<(String, usize)>,
}

/// A session that does not fit into the budget of cookies.
#[derive(Debug)]
pub(crate) struct TooBig {
    pub(crate) bytes: usize,
    pub(crate) claims_bytes: usize,
    pub(crate) tokens_bytes: usize,
    /// The largest claims by name and bytes, the largest first.
    pub(crate) largest: Vec<(String, usize)>,
}

impl Begun {
    pub(super) fn of(session: &Session, lines: Vec<HeaderValue>) -> Self {
        let pair = |line: &HeaderValue| line.as_bytes().split(|byte| *byte == b';').next().map_or(0, <[u8]>::len);
        let is_kept = |line: &&HeaderValue| !line.as_bytes().ends_with(b"; Max-Age=0");
        let (cookies, bytes) =
            lines.iter().filter(is_kept).fold((0, 0), |(count, bytes), line| (count + 1, bytes + pair(line)));
        let largest = if bytes > LARGE { largest(&session.claims()) } else { Vec::new() };
        Self { lines, cookies, bytes, largest }
    }
}

impl TooBig {
    pub(super) fn of(session: &Session, bytes: usize) -> Self {
        let (claims_bytes, tokens_bytes) = session.sizes();
        Self { bytes, claims_bytes, tokens_bytes, largest: largest(&session.claims()) }
    }
}

/// The three largest claims: what to ask the provider for less of.
fn largest(claims: &ClaimsSet) -> Vec<(String, usize)> {
    let mut sizes: Vec<_> = claims.iter().map(|(name, value)| (name.to_owned(), value.to_string().len())).collect();
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    sizes.truncate(3);
    sizes
}

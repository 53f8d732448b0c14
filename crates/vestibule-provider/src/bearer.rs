//! The token that a request shows in its header (RFC 6750 2.1).

use http::{HeaderMap, header};

/// What comes after `Bearer`, if that is the scheme.
pub(crate) fn in_header(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}

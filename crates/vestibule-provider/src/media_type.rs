//! What a request says its body is.

use http::{HeaderMap, header};

/// Whether `Content-Type` is this, whatever its parameters are.
pub(crate) fn is(headers: &HeaderMap, expected: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}

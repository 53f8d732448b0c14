//! Documents that a relying party may keep for a while: the metadata and the key set (RFC 9111, RFC 9110 13.1.2).

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::provider::DevelopmentProvider;

impl DevelopmentProvider {
    /// Lets metadata and key set be kept for so many seconds (`Cache-Control: max-age`), each with an `ETag`: a request that
    /// shows it in `If-None-Match` gets 304 as long as nothing changed. Unless said, there are no such headers.
    pub fn cache_for(self, seconds: u32) -> Self {
        self.state().cache_seconds = Some(seconds);
        self
    }
}

/// The document, or 304 for whoever has it already.
pub(crate) fn document(provider: &DevelopmentProvider, headers: &HeaderMap, document: &Value) -> Response {
    let seconds = provider.state().cache_seconds;
    let Some(seconds) = seconds else { return Json(document).into_response() };
    let tag = tag(document);
    let mut response =
        if is_known(headers, &tag) { StatusCode::NOT_MODIFIED.into_response() } else { Json(document).into_response() };
    let about = [(header::CACHE_CONTROL, format!("max-age={seconds}")), (header::ETAG, tag)];
    response
        .headers_mut()
        .extend(about.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))));
    response
}

/// RFC 9110 8.8.3. Nobody gains by a collision, so the hash need not be a cryptographic one.
fn tag(document: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    document.to_string().hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// RFC 9110 13.1.2, by the weak comparison.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_any_list_and_weak_ones_count() {
        for (shown, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("a", false), ("\"b\"", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(shown));
            assert_eq!(is_known(&headers, "\"a\""), expected, "{shown}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}

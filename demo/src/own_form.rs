//! Forms of our own pages alone: what another site sends in somebody's name is refused (cross-site request forgery).

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};

use crate::application::Demo;

/// That a page of ours sent the request, or something that is no browser. As an argument it lets nothing else in.
///
/// Browsers say where a request comes from: `Sec-Fetch-Site` to trustworthy addresses, `Origin` with every POST. Their cookies are
/// no proof: those of a neighbour on the same site send them along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnForm;

impl FromRequestParts<Demo> for OwnForm {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, demo: &Demo) -> Result<Self, Self::Rejection> {
        if comes_from_us(&parts.headers, &demo.origin) {
            Ok(Self)
        } else {
            tracing::warn!("a form of another site was refused");
            Err((
                StatusCode::FORBIDDEN,
                "Another site asked for this. If that is what you want, do it on our own page.\n",
            ))
        }
    }
}

fn comes_from_us(headers: &HeaderMap, origin: &str) -> bool {
    let is = |value: &HeaderValue, text: &str| value.as_bytes() == text.as_bytes();
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => is(site, "same-origin") || is(site, "none"),
        (None, Some(sent_from)) => is(sent_from, origin),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_what_is_no_browser_are_heard() {
        for (site, origin, ours) in [
            (Some("same-origin"), Some("null"), true),
            (Some("none"), None, true),
            (Some("same-site"), Some("https://app.example.com"), false),
            (Some("cross-site"), Some("https://evil.example"), false),
            (None, Some("https://app.example.com"), true),
            (None, Some("https://app.example.com:8443"), false),
            (None, Some("null"), false),
            (None, None, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(site.map(|site| (http_name("sec-fetch-site"), HeaderValue::from_static(site))));
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(comes_from_us(&headers, "https://app.example.com"), ours, "{site:?}, {origin:?}");
        }
    }

    fn http_name(name: &'static str) -> header::HeaderName {
        header::HeaderName::from_static(name)
    }
}

//! Which frames a page may have (Content Security Policy 3, `frame-src`).

use http::{HeaderMap, header};
use url::Url;

/// Whether the policies of the page at `page` let it load a frame from `frame`.
///
/// Sources are compared as keywords, schemes or whole origins: what this provider writes, and applications hopefully too.
pub(super) fn allows_frame(page: &Url, headers: &HeaderMap, frame: &Url) -> bool {
    let lines = headers.get_all(header::CONTENT_SECURITY_POLICY).into_iter().filter_map(|line| line.to_str().ok());
    // CSP 3, 2.2.1: every policy has to allow it.
    lines.flat_map(|line| line.split(',')).all(|policy| match sources(policy) {
        Some(sources) => sources.split_ascii_whitespace().any(|source| fits(source, page, frame)),
        None => true,
    })
}

/// CSP 3, 6.1.6: `frame-src`, else `child-src`, else `default-src`.
fn sources(policy: &str) -> Option<&str> {
    ["frame-src", "child-src", "default-src"].into_iter().find_map(|wanted| {
        policy.split(';').find_map(|directive| {
            let directive = directive.trim();
            let (name, sources) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
            name.eq_ignore_ascii_case(wanted).then_some(sources)
        })
    })
}

fn fits(source: &str, page: &Url, frame: &Url) -> bool {
    match source {
        "*" => true,
        "'self'" => page.origin() == frame.origin(),
        _ => match source.strip_suffix(':') {
            Some(scheme) => scheme.eq_ignore_ascii_case(frame.scheme()),
            None => Url::parse(source).is_ok_and(|source| source.origin() == frame.origin()),
        },
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn allowed(policies: &[&'static str], frame: &str) -> bool {
        let mut headers = HeaderMap::new();
        for policy in policies {
            headers.append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        let page = Url::parse("http://127.0.0.1:3001/end_session").expect("a URL");
        allows_frame(&page, &headers, &Url::parse(frame).expect("a URL"))
    }

    #[test]
    fn a_frame_needs_the_leave_of_every_policy() {
        const APP: &str = "http://localhost:3000/auth/front";
        for (policies, expected) in [
            (&[][..], true),
            (&["default-src 'none'"], false),
            (&["default-src 'none'; frame-src http://localhost:3000"], true),
            (&["default-src 'none'; frame-src http://localhost:3001 https://localhost:3000"], false),
            (&["frame-src http://localhost:3000, frame-src 'none'"], false),
            (&["frame-src http://localhost:3000", "default-src 'self'"], false),
            (&["child-src http:; default-src 'none'"], true),
            (&["FRAME-SRC *"], true),
            (&["frame-src"], false),
            (&["script-src 'none'; frame-ancestors 'none'"], true),
        ] {
            assert_eq!(allowed(policies, APP), expected, "{policies:?}");
        }
        assert!(allowed(&["frame-src 'self'"], "http://127.0.0.1:3001/x"));
    }
}

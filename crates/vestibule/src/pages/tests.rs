use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script><h1>&amp;";
const ESCAPED: &str = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;h1&gt;&amp;amp;";

/// Every page with one string at every place that takes one, and how many times it is to be seen then.
fn pages_with(value: &str) -> Vec<(&'static str, String, usize)> {
    let action = Some(Action { label: value, href: value });
    let error = ErrorPage { title: value, message: value, reference: Some(value), action };
    let choices = [Choice { label: value, href: value }, Choice { label: value, href: value }];
    vec![
        ("error", error_page(&error), 6), // the title twice
        ("explained error", explained_error_page(&error, Some(value), Some(value)), 8),
        ("chooser", chooser_page(&choices), 4),
        ("logout", logout_page(value, value), 2),
        ("signed out", signed_out_page(value), 1),
        ("sign-in link", sign_in_link_page(value), 1),
        ("forbidden", forbidden_page(value, value, action), 4),
        ("why", why::why_page(&[row(value), row(value)], value), 15),
        ("auto post", auto_post_page(value, [(value, value), (value, value)].into_iter()), 5),
    ]
}

/// A decision whose every part is one string.
fn row(value: &str) -> why::Row<'_> {
    let (decision, message, rule, reason) = (value, value, value, value);
    why::Row { ago: value.to_owned(), decision, message, rule, reason, provider: Some(value), reference: value }
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).expect("the start is on the page");
    rest.split_once(end).expect("the end is on the page").0
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).expect("the header is set").to_str().expect("ASCII")
}

/// V9, R32
#[test]
fn every_text_and_every_attribute_is_escaped() {
    for (name, page, times) in pages_with(HOSTILE) {
        assert!(!page.contains(HOSTILE), "{name}");
        assert!(!page.contains("<script>alert"), "{name}");
        assert_eq!(page.matches(ESCAPED).count(), times, "{name}");
    }
}

#[test]
fn every_page_has_one_title_one_heading_one_main_and_a_language() {
    for (name, page, _) in pages_with("Text") {
        for part in ["<html lang=\"en\">", "<title>", "<h1>", "<main>", "<style>", "name=\"viewport\""] {
            assert_eq!(page.matches(part).count(), 1, "{part} of {name}");
        }
        assert!(!between(&page, "<title>", "</title>").is_empty(), "{name}");
        assert!(!between(&page, "<h1>", "</h1>").is_empty(), "{name}");
    }
}

/// V9: nothing runs and nothing is styled but what we wrote.
#[test]
fn the_policy_hashes_exactly_the_style_and_the_script_of_the_page() {
    for (name, page, _) in pages_with(HOSTILE) {
        let style = hash_source(between(&page, "<style>", "</style>"));
        let script = page.contains("<script>").then(|| hash_source(between(&page, "<script>", "</script>")));
        let response = html(StatusCode::OK, page, &[]);
        let policy = header(&response, "content-security-policy");
        assert!(policy.contains(&format!("; style-src {style};")), "{name}: {policy}");
        assert_eq!(script.is_some(), name == "auto post");
        match script {
            Some(hash) => assert!(policy.contains(&format!("; script-src {hash};")), "{name}: {policy}"),
            None => assert!(!policy.contains("script-src"), "{name}: {policy}"),
        }
    }
}

#[test]
fn style_and_script_survive_the_parser_unchanged() {
    for content in [STYLE.as_str(), SUBMIT] {
        for unsafe_part in ["</", "<!--", "\r", "\0"] {
            assert!(!content.contains(unsafe_part), "{unsafe_part:?}");
        }
    }
}

/// V12, V14, R135
#[test]
fn a_page_is_not_framed_cached_or_sniffed() {
    let response = html(StatusCode::FORBIDDEN, forbidden_page("No.", "abc234", None), &[]);
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(&response, name), value);
    }
    let policy = header(&response, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), "{policy}");
}

/// V73
#[test]
fn forms_lead_to_ourselves_and_to_the_origins_named() {
    let page = logout_page("/auth/logout", "/");
    assert!(page.contains("<form method=\"post\" action=\"/auth/logout\"><button type=\"submit\""));
    let response = html(StatusCode::OK, page, &["https://login.example.com", "http://127.0.0.1:3001"]);
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains("form-action 'self' https://login.example.com http://127.0.0.1:3001; frame"), "{policy}");
}

#[test]
fn an_ipv6_origin_is_named_by_its_scheme() {
    let response = html(StatusCode::OK, logout_page("/auth/logout", "/"), &["http://[::1]:3001"]);
    assert!(header(&response, "content-security-policy").contains("form-action 'self' http:; frame"));
}

#[test]
fn an_origin_cannot_add_to_the_policy() {
    for origin in ["", "https://a.example; script-src *", "https://a.example *", "'unsafe-inline'", "a,b", "é"] {
        let response = html(StatusCode::OK, signed_out_page("/"), &[origin]);
        assert!(header(&response, "content-security-policy").contains("form-action 'self'; frame"), "{origin}");
    }
}

#[test]
fn an_error_page_may_do_without_reference_and_action() {
    let page = error_page(&ErrorPage { title: "Oh", message: "Later.", reference: None, action: None });
    assert!(!page.contains("Reference") && !page.contains("<a "));
}

use super::*;

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

fn from(origin: &str, line: &str) -> Option<Cookie> {
    Cookie::parse(&url(origin), line, NOW)
}

fn is_taken(origin: &str, line: &str) -> bool {
    from(origin, line).is_some()
}

#[test]
fn a_line_is_read_with_its_attributes() {
    let line = " a = b=c ;path=/x; SECURE;HttpOnly; SameSite=strict; Max-Age=60; Unheard=of";
    let cookie = from("https://app.example.com/y", line).expect("a cookie");
    assert_eq!((cookie.name.as_str(), cookie.value.as_str(), cookie.path.as_str()), ("a", "b=c", "/x"));
    assert!(cookie.secure && cookie.http_only && cookie.host_only);
    assert_eq!((cookie.same_site, cookie.expires), (SameSite::Strict, Some(NOW.plus(60))));
}

#[test]
fn what_is_not_said_has_its_default() {
    let cookie = from("https://app.example.com/a/b?c", "a=1").expect("a cookie");
    assert_eq!((cookie.path.as_str(), cookie.same_site, cookie.expires), ("/a", SameSite::Lax, None));
    assert!(!cookie.secure && !cookie.http_only && cookie.host_only);
    for (at, path) in [("https://a.example", "/"), ("https://a.example/x", "/"), ("https://a.example/x/", "/x")] {
        assert_eq!(from(at, "a=1; Path=relative").expect("a cookie").path, path);
    }
}

#[test]
fn a_prefix_binds_whatever_its_case() {
    for (line, taken) in [
        ("__Host-a=1; Secure; Path=/", true),
        ("__Host-a=1; Secure; Path=/; Domain=app.example.com", false),
        ("__Host-a=1; Secure; Path=/x", false),
        ("__Host-a=1; Secure", false),
        ("__Host-a=1; Path=/", false),
        ("__hOST-a=1; Path=/", false),
        ("__Secure-a=1; Secure", true),
        ("__secure-a=1", false),
        ("=__Host-a=1; Secure; Path=/", false),
        ("=__Secure-a", false),
        ("__Hostile=1", true),
    ] {
        assert_eq!(is_taken("https://app.example.com/", line), taken, "{line}");
    }
}

#[test]
fn a_secure_cookie_comes_over_https_or_from_this_machine() {
    for (origin, taken) in [
        ("https://app.example.com/", true),
        ("http://app.example.com/", false),
        ("http://localhost:3000/", true),
        ("http://127.0.0.1/", true),
        ("http://[::1]/", true),
    ] {
        assert_eq!(is_taken(origin, "a=1; Secure"), taken, "{origin}");
    }
}

#[test]
fn same_site_none_needs_secure() {
    assert!(is_taken("https://app.example.com/", "a=1; SameSite=None; Secure"));
    assert!(!is_taken("https://app.example.com/", "a=1; SameSite=None"));
    assert_eq!(from("https://app.example.com/", "a=1; SameSite=odd").map(|c| c.same_site), Some(SameSite::Lax));
}

#[test]
fn name_and_value_have_4096_bytes_at_most() {
    assert!(is_taken("https://a.example/", &format!("a={}; Path=/", "x".repeat(4095))));
    assert!(!is_taken("https://a.example/", &format!("a={}; Path=/", "x".repeat(4096))));
    let path = format!("a=1; Path=/{}", "x".repeat(1024));
    assert_eq!(from("https://a.example/", &path).map(|c| c.path), Some("/".to_owned()));
}

#[test]
fn control_characters_and_emptiness_are_refused() {
    for line in ["", ";", "=", " = ; Path=/", "a=1\u{0}", "a=1\r\nSet-Cookie: b=2", "a=\u{7f}"] {
        assert!(!is_taken("https://a.example/", line), "{line:?}");
    }
    let nameless = from("https://a.example/", "value").expect("a cookie");
    assert_eq!((nameless.name.as_str(), nameless.value.as_str()), ("", "value"));
}

#[test]
fn a_domain_is_the_host_or_above_it() {
    for (domain, host, host_only) in [
        ("app.example.com", "app.example.com", false),
        (".EXAMPLE.com", "example.com", false),
        ("", "app.example.com", true),
    ] {
        let cookie = from("https://app.example.com/", &format!("a=1; Domain={domain}")).expect(domain);
        assert_eq!((cookie.host.as_str(), cookie.host_only), (host, host_only));
    }
    for domain in ["com", "pp.example.com", "x.app.example.com", "example.org"] {
        assert!(!is_taken("https://app.example.com/", &format!("a=1; Domain={domain}")), "{domain}");
    }
    assert!(!is_taken("http://127.0.0.1/", "a=1; Domain=0.0.1"));
    assert_eq!(from("http://localhost/", "a=1; Domain=localhost").map(|c| c.host_only), Some(true));
}

#[test]
fn max_age_comes_before_expires_and_neither_reaches_over_400_days() {
    let days_400 = 400 * 24 * 60 * 60;
    for (attributes, expires) in [
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(NOW.plus(60))),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(NumericDate::from_seconds(0))),
        ("Max-Age=0", Some(NOW.minus(1))),
        ("Max-Age=-99999999999999999999", Some(NOW.minus(1))),
        ("Max-Age=99999999999999999999", Some(NOW.plus(days_400))),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", Some(NOW.plus(days_400))),
        ("Max-Age=soon", None),
        ("Expires=soon", None),
    ] {
        let cookie = from("https://a.example/", &format!("a=1; {attributes}")).expect("a cookie");
        assert_eq!(cookie.expires, expires, "{attributes}");
    }
}

#[test]
fn a_path_fits_by_whole_segments() {
    let cookie = from("https://a.example/", "a=1; Path=/x").expect("a cookie");
    for (path, fits) in [("/x", true), ("/x/", true), ("/x/y", true), ("/xy", false), ("/", false), ("/X", false)] {
        assert_eq!(cookie.belongs_to(&url(&format!("https://a.example{path}"))), fits, "{path}");
    }
}

#[test]
fn debug_prints_no_value() {
    assert!(!format!("{:?}", from("https://a.example/", "a=canary").expect("a cookie")).contains("canary"));
}

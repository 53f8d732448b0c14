mod payloads;
mod second_opinion;

use proptest::prelude::*;

use super::*;

fn base() -> BaseUrl {
    BaseUrl::parse("https://app.example.com").expect("valid")
}

fn parse(text: &str) -> Option<String> {
    ReturnAddress::parse(&base(), text).map(|address| address.0)
}

/// V1, V3, V4, V5, V7, V8
#[test]
fn nothing_leads_away_from_our_own_origin() {
    for evil in [
        "",
        "evil",
        "//evil.example",
        "///evil.example",
        "//app.example.com/",
        "//user:password@app.example.com/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nLocation: x",
        "/\0",
        "\t//evil.example",
        " //evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https://app.example.com/",
        "https://app.example.com.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/.//evil.example",
        "/..//evil.example",
        "/./\\evil.example",
        "/%2e//evil.example",
        "/x/..//evil.example",
        "@evil.example",
        "?x",
        "#x",
    ] {
        assert_eq!(parse(evil), None, "{evil:?}");
    }
}

/// V4
#[test]
fn what_is_longer_than_512_bytes_is_refused_before_and_after_it_is_written_anew() {
    let (longest, longest_written) = (format!("/{}", "x".repeat(511)), format!("/{}x", "é".repeat(85)));
    assert_eq!(parse(&longest).as_ref(), Some(&longest));
    assert_eq!(parse(&longest_written).map(|address| address.len()), Some(512), "six bytes for each é");
    let short_in_the_end = format!("{}/b", "/a/..".repeat(103));
    for too_long in [format!("{longest}x"), format!("{longest_written}x"), short_in_the_end] {
        assert_eq!(parse(&too_long), None, "{too_long}");
    }
}

#[test]
fn a_path_of_ours_comes_out_as_a_browser_would_write_it() {
    for (text, expected) in [
        ("/", "/"),
        ("/a/b?c=d&e=f", "/a/b?c=d&e=f"),
        ("/a/../b", "/b"),
        ("/a b", "/a%20b"),
        ("/é", "/%C3%A9"),
        ("/a#frag", "/a"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("/a//b", "/a//b"),
        ("/a?next=//evil.example", "/a?next=//evil.example"),
        ("/@evil.example", "/@evil.example"),
    ] {
        assert_eq!(parse(text).as_deref(), Some(expected));
    }
}

#[test]
fn below_a_base_path_only_that_path_is_ours() {
    let base = BaseUrl::parse("https://host.example/shop").expect("valid");
    let parse = |text| ReturnAddress::parse(&base, text).map(|address| address.0);
    assert_eq!(parse("/shop/cart?x=1").as_deref(), Some("/shop/cart?x=1"));
    assert_eq!(parse("/shop").as_deref(), Some("/shop"));
    for other in ["/", "/shopping", "/other", "/shop/../other", "/shop/..//evil.example"] {
        assert_eq!(parse(other), None, "{other}");
    }
    let of = |uri: &'static str| ReturnAddress::of_request(&base, &Uri::from_static(uri)).map(|address| address.0);
    assert_eq!(of("/shop/cart").as_deref(), Some("/shop/cart"), "a proxy that does not strip");
    assert_eq!(of("/cart?x=1").as_deref(), Some("/shop/cart?x=1"), "a proxy that strips");
}

/// V2, V3, R140: a whole URL is ours when it begins with our origin, byte for byte.
#[test]
fn a_target_of_another_site_is_none_of_ours() {
    let target = |text: &str| ReturnAddress::of_target(&base(), text).map(|address| address.0);
    assert_eq!(target("https://app.example.com/photos?album=1").as_deref(), Some("/photos?album=1"));
    for evil in [
        "https://evil.example/",
        "https://app.example.com",
        "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/",
        "https://app.example.com:8443/",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com//evil.example/",
        "https://app.example.com/\\evil.example/",
        "https://app.example.com/.//evil.example",
        "https://app.example.com/\tx",
        "HTTPS://APP.EXAMPLE.COM/",
        "http://app.example.com/",
        "//app.example.com/",
        "/photos",
        "javascript:alert(1)",
        "",
    ] {
        assert_eq!(target(evil), None, "{evil:?}");
    }
}

fn parse_with_fragment(text: &str) -> Option<String> {
    ReturnAddress::with_fragment(&base(), text).map(|address| address.0)
}

#[test]
fn a_fragment_comes_out_as_a_browser_would_write_it() {
    for (text, expected) in [
        ("/app#/inbox", "/app#/inbox"),
        ("/app?x=1#/inbox?unread=yes&page=2", "/app?x=1#/inbox?unread=yes&page=2"),
        ("/app#section two", "/app#section%20two"),
        ("/app#\u{e9}", "/app#%C3%A9"),
        ("/app#%C3%A9%2f", "/app#%C3%A9%2f"),
        ("/app#<script>\"`", "/app#%3Cscript%3E%22%60"),
        ("/app#//evil.example", "/app#//evil.example"),
        ("/app#a#b", "/app#a#b"),
        ("/app#!/state=open", "/app#!/state=open"),
        ("/app#barcode=5&errors=2", "/app#barcode=5&errors=2"),
        ("/app#code", "/app#code"),
        ("/a/../b#x", "/b#x"),
        ("/app#", "/app"),
        ("/app", "/app"),
        ("/app#back\\slash", "/app"),
    ] {
        assert_eq!(parse_with_fragment(text).as_deref(), Some(expected), "{text}");
    }
}

/// What looks like the answer of a provider is carried nowhere.
#[test]
fn a_fragment_that_looks_like_an_authorization_response_is_left_out() {
    for fragment in [
        "code=x",
        "access_token=x&token_type=Bearer",
        "id_token=x",
        "error=access_denied",
        "response=x",
        "state=y&code=x",
        "state=y&refresh_token=x",
        "ACCESS_TOKEN=x",
        "%61ccess_token=x",
        "%2561ccess_token%3Dx",
        "access%5ftoken=x",
        "code%3Dx",
        "/callback?code=x",
        "!/callback?a=b&id_token=x",
        "/callback/access_token=x",
        "/code=x",
        "?code=x",
        "a;code=x",
        " code=x",
        "#code=x",
    ] {
        assert_eq!(parse_with_fragment(&format!("/app#{fragment}")).as_deref(), Some("/app"), "{fragment}");
    }
}

/// V4
#[test]
fn a_fragment_of_more_than_512_bytes_is_left_out_whole() {
    let longest = format!("/app#{}", "x".repeat(512));
    assert_eq!(parse_with_fragment(&longest).as_ref(), Some(&longest));
    assert_eq!(parse_with_fragment(&format!("{longest}x")).as_deref(), Some("/app"));
    assert_eq!(parse_with_fragment(&format!("/app#{}", "\u{e9}".repeat(86))).as_deref(), Some("/app"), "written anew");
    let page = format!("/{}", "x".repeat(511));
    assert_eq!(parse_with_fragment(&format!("{page}#y")), Some(format!("{page}#y")), "each has its own limit");
}

/// V1: a fragment makes nothing ours that is not.
#[test]
fn with_a_fragment_nothing_leads_away_either() {
    for evil in [
        "//evil.example#x",
        "/\\evil.example#x",
        "https://evil.example/#x",
        "#x",
        "",
        "/a#x\r\nLocation: y",
        "/a#\t",
        "/a#\0",
        "/.//evil.example#x",
        "/a\n#x",
    ] {
        assert_eq!(parse_with_fragment(evil), None, "{evil:?}");
    }
}

proptest! {
    /// R140
    #[test]
    fn whatever_target_another_site_names_is_on_our_origin(text in "(https://app\\.example\\.com)?[/\\\\@:.?#%a-z0-9\t\n \u{e9}-]{0,40}") {
        if let Some(address) = ReturnAddress::of_target(&base(), &text) {
            let landed = base().origin().join(&address.0).expect("a URL");
            prop_assert_eq!(landed.origin(), base().origin().origin());
        }
    }

    /// V1
    #[test]
    fn whatever_comes_in_stays_on_our_origin(text in "[/\\\\@:.?#%a-z0-9\t\n \u{e9}-]{0,40}") {
        if let Some(address) = parse(&text) {
            let landed = base().origin().join(&address).expect("a URL");
            prop_assert_eq!(landed.origin(), base().origin().origin());
            prop_assert!(address.starts_with('/') && !address.starts_with("//") && !address.contains('\\'));
        }
    }

    /// V1
    #[test]
    fn whatever_comes_in_with_a_fragment_stays_on_our_origin_and_is_written_as_it_is_read(text in "[/\\\\@:.?#%&=a-z0-9\t\n \u{e9}-]{0,40}") {
        if let Some(address) = parse_with_fragment(&text) {
            let landed = base().origin().join(&address).expect("a URL");
            prop_assert_eq!(landed.origin(), base().origin().origin());
            prop_assert!(address.is_ascii() && !address.bytes().any(|byte| byte.is_ascii_control() || byte == b' '));
            prop_assert_eq!(parse_with_fragment(&address), Some(address));
        }
    }
}

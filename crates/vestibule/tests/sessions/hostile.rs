//! Cookies that we did not set so: cleared, and whoever brings them is a stranger who can sign in (V61, V62).

use http::Request;

use crate::house::{
    APP, House,
    log::Log,
    paper::{SetCookie, link, navigation, set_cookies},
};

async fn signed_in() -> House {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house
}

impl House {
    /// What is before the purpose in the names of our cookies.
    fn prefix(&self) -> String {
        let name = self.cookie_names().into_iter().find(|name| name.ends_with("-session")).expect("signed in");
        name.trim_end_matches("session").to_owned()
    }

    /// Asks with this Cookie header and no other, who it is.
    async fn ask_with(&self, cookie: &str) -> (Option<String>, Vec<SetCookie>) {
        let mut stranger = self.another_browser();
        let request = Request::get(format!("{APP}/")).header("cookie", cookie);
        let page = stranger.request(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(page.status(), 200, "hostile cookies break nothing");
        let who = Some(page.text().to_owned()).filter(|text| text != "stranger");
        (who, set_cookies(&page, APP))
    }
}

fn deleted(cookies: &[SetCookie]) -> Vec<&str> {
    assert!(cookies.iter().all(SetCookie::is_deletion), "{cookies:?}");
    cookies.iter().map(|cookie| cookie.name.as_str()).collect()
}

/// V61: which of the two is ours cannot be told, so none is.
#[tokio::test]
async fn a_cookie_of_ours_that_comes_twice_makes_a_stranger_and_clears_them_all() {
    let house = signed_in().await;
    let (cookie, prefix) = (house.cookie_header(), house.prefix());
    assert_eq!(house.ask_with(&cookie).await.0.as_deref(), Some("alice"));
    for (twice, names) in [
        (format!("{cookie}; {cookie}"), vec!["session", "trips"]),
        (format!("{prefix}session=1x; {cookie}"), vec!["session", "trips"]),
        (format!("{cookie}; {prefix}session="), vec!["session", "trips"]),
        (format!("{cookie}; {prefix}error=a; other=1; {prefix}error=b"), vec!["error", "session", "trips"]),
        (
            format!("{prefix}login-a=x; {cookie}; {prefix}login-a=x; {prefix}session-1=y"),
            vec!["login-a", "session", "session-1", "trips"],
        ),
    ] {
        let (log, _listening) = Log::listen();
        let (who, cookies) = house.ask_with(&twice).await;
        assert_eq!(who, None, "{twice}");
        let expected: Vec<_> = names.iter().map(|name| format!("{prefix}{name}")).collect();
        assert_eq!(deleted(&cookies), expected, "{twice}");
        let lines = log.lines();
        assert!(matches!(lines.as_slice(), [line] if line.starts_with("WARN vestibule::session")), "{lines:?}");
        assert!(!lines[0].contains("1x") && !lines[0].contains(&cookie), "{lines:?}");
    }
}

/// V61
#[tokio::test]
async fn two_cookie_headers_with_one_name_are_as_hostile_as_one() {
    let mut house = signed_in().await;
    let cookie = house.cookie_header();
    let request = Request::get("/").header("cookie", &cookie);
    // The browser adds its own.
    let page = house.send("/api/me", request).await;
    assert_eq!(page.status(), 401);
    assert_eq!(deleted(&set_cookies(&page, APP)).len(), 2, "the session, and what the trip came to");
    assert_eq!(house.me().await, None, "the browser forgot it");
}

/// V62
#[tokio::test]
async fn too_many_cookies_of_ours_are_cleared_until_none_is_left() {
    for (count, bytes) in [(33, 10), (100, 10), (5, 4000)] {
        let mut house = signed_in().await;
        let prefix = house.prefix();
        for n in 0..count {
            assert!(house.browser.set_cookie(APP, &format!("{prefix}login-{n}={}; Path=/", "x".repeat(bytes))));
        }
        assert_eq!(house.me().await, None, "{count} of {bytes}");
        for _ in 0..5 {
            house.get("/").await;
        }
        let left = house.cookie_names();
        assert!(left.len() < 32, "{count} of {bytes}: {left:?}");
        let page = house.get("/profile").await;
        assert_eq!(page.text(), "profile of alice", "{count} of {bytes}: a new login works at once");
        assert_eq!(house.me().await.as_deref(), Some("alice"));
    }
}

/// V61, V62: from the first click, wherever it leads.
#[tokio::test]
async fn whoever_has_hostile_cookies_can_sign_in_again_from_every_door() {
    for door in ["/profile", "/admin", "/auth/login", "/auth/login/corp?return_to=/profile"] {
        let mut house = signed_in().await;
        let prefix = house.prefix();
        for n in 0..40 {
            house.browser.set_cookie(APP, &format!("{prefix}login-{n}=x; Path=/"));
        }
        let mut page = house.get(door).await;
        // A login that could not tell its own cookie says so once, and has cleared the way.
        if page.url().path() == "/auth/error" {
            let again = link(&page, "Start again");
            page = house.browser.follow_link(&page, &again).await;
        }
        assert_eq!(page.status(), 200, "{door}: {}", page.url());
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{door}");
    }
}

/// V61: what others keep under names that only look like ours is no business of ours.
#[tokio::test]
async fn cookies_of_others_are_neither_read_nor_cleared() {
    let house = signed_in().await;
    let cookie = house.cookie_header();
    let others = "vestibule-00000000-session=1x; __Host-vestibule-00000000-session=1y; ".repeat(100);
    let (who, cookies) = house.ask_with(&format!("a=b; a=c; {others}{cookie}; a=\"; =; ;;")).await;
    assert_eq!((who.as_deref(), cookies.len()), (Some("alice"), 0));
}

/// V66, V104: whatever stands in them, it is nobody's session and no error.
#[tokio::test]
async fn a_cookie_that_does_not_open_is_a_quiet_stranger() {
    let mut house = signed_in().await;
    let prefix = house.prefix();
    let value = crate::house::paper::session_value(&house.browser).expect("signed in");
    let (log, _listening) = Log::listen();
    let cut = &value[..value.len() - 1];
    let forged = format!("{}{}", cut, if value.ends_with('A') { 'B' } else { 'A' });
    for session in ["", "1", "2", "1x", "1%41", "1====", "\"1x\"", cut, &forged, &value[1..], &format!("1{value}")] {
        let (who, cookies) = house.ask_with(&format!("{prefix}session={session}")).await;
        assert_eq!((who, cookies.len()), (None, 0), "{session}");
    }
    assert_eq!(log.lines(), Vec::<String>::new());
    house.browser.set_cookie(APP, &format!("{prefix}session=1x; Path=/"));
    assert_eq!(house.get("/profile").await.text(), "profile of alice");
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// R13: no bit of a session can be changed by whoever holds it.
#[tokio::test]
async fn no_character_of_a_session_can_be_changed() {
    let house = signed_in().await;
    let prefix = house.prefix();
    let value = crate::house::paper::session_value(&house.browser).expect("signed in");
    for at in (0..value.len()).step_by(7) {
        let mut forged = value.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("ASCII");
        assert_eq!(house.ask_with(&format!("{prefix}session={forged}")).await.0, None, "at {at}");
    }
}

/// V62: bytes that are no text.
#[tokio::test]
async fn bytes_that_are_no_utf_8_break_nothing() {
    let mut house = signed_in().await;
    let prefix = house.prefix();
    for tail in
        [b"session=1\xff\xfe".as_slice(), b"se\xffssion=1x", b"session=\x80", b"error=\xff", b"login-\xc3\x28=x"]
    {
        let mut stranger = house.another_browser();
        let value = http::HeaderValue::from_bytes(&[prefix.as_bytes(), tail].concat()).expect("a header value");
        for path in ["/", "/auth/error", "/auth/login", "/auth/logged_out?state=x", "/auth/callback/corp?state=x"] {
            let request = navigation().uri(format!("{APP}{path}")).header("cookie", &value);
            let page = stranger.request(request.body(axum::body::Body::empty()).expect("a request")).await;
            assert!(page.status().as_u16() < 500, "{path}: {}", page.status());
        }
    }
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

use http::StatusCode;
use vestibule_provider::User;

use crate::party::{NOW, REDIRECT_URI, authorize_url, browser, is_sign_in, parameter, provider};

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_gets_a_page_and_never_a_redirect() {
    let provider = provider();
    let mut browser = browser(&provider);
    for changes in [
        [("client_id", "nobody")],
        [("client_id", "")],
        [("redirect_uri", "")],
        [("redirect_uri", "https://evil.example/")],
        [("redirect_uri", "http://localhost:3000/callback/")],
        [("redirect_uri", "http://localhost:3000/callback?x=y")],
        // As another parameter of the same name.
        [("scope", "openid&client_id=rp")],
    ] {
        let url = authorize_url(&changes).replace("%26", "&").replace("client_id%3D", "client_id=");
        let page = browser.get(&url).await;
        assert_eq!((page.status(), page.hops().len()), (StatusCode::BAD_REQUEST, 1), "{changes:?}");
        assert!(page.text().contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn a_request_that_is_not_in_order_is_answered_by_an_error_with_state_and_iss() {
    let provider = provider();
    let mut browser = browser(&provider);
    for (changes, error) in [
        (vec![("response_type", "")], "invalid_request"),
        (vec![("response_type", "none")], "unsupported_response_type"),
        (vec![("response_type", "code code")], "unsupported_response_type"),
        (vec![("response_mode", "carrier_pigeon")], "invalid_request"),
        (vec![("scope", "")], "invalid_scope"),
        (vec![("scope", "email profile")], "invalid_scope"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge_method", "")], "invalid_request"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("client_id", "spa"), ("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (vec![("prompt", "none login")], "invalid_request"),
        (vec![("prompt", "none")], "login_required"),
        (vec![("max_age", "soon")], "invalid_request"),
        (vec![("request", "x")], "invalid_request_object"),
        (vec![("request_uri", "https://evil.example/")], "invalid_request_uri"),
        (vec![("claims", "[]")], "invalid_request"),
        (vec![("claims", "{\"id_token\":[]}")], "invalid_request"),
        (vec![("claims", "{\"userinfo\":{\"email\":true}}")], "invalid_request"),
        (vec![("resource", "photos")], "invalid_target"),
        (vec![("resource", "https://api.example/#part")], "invalid_target"),
    ] {
        let page = browser.get(&authorize_url(&changes)).await;
        let got = ["error", "state", "iss", "code"].map(|name| parameter(page.url(), name));
        let expected = [Some(error), Some("s 1"), Some("http://127.0.0.1:3001"), None];
        assert_eq!(got, expected.map(|value| value.map(str::to_owned)), "{changes:?}");
        assert_eq!(page.hops()[0].status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn the_sign_in_page_names_the_client_and_the_users() {
    let provider = provider();
    let page = browser(&provider).get(&authorize_url(&[("login_hint", "alice@example.com")])).await;
    assert_eq!(page.status(), StatusCode::OK);
    for part in ["<strong>rp</strong> asks who you are", "Alice Liddell", "value=\"bob\"", "alice@example.com"] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
}

#[tokio::test]
async fn a_sign_in_goes_back_with_code_state_and_iss() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[("redirect_uri", "http://localhost:3000/other?kept=yes")])).await;
    let page = browser.sign_in_as(&page, "bob").await;
    assert_eq!(page.text(), "the application");
    let names: Vec<String> = page.url().query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["kept", "code", "state", "iss", "session_state"]);
    let cookie = browser.cookies().next().expect("a session");
    assert_eq!((cookie.name.as_str(), cookie.http_only, cookie.host.as_str()), ("provider_session", true, "127.0.0.1"));
}

#[tokio::test]
async fn somebody_nobody_has_heard_of_can_sign_in_too() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[])).await;
    for (name, is_taken) in [("Zoë", true), (&"x".repeat(256), false)] {
        let page = browser.sign_in_as(&page, name).await;
        assert_eq!(parameter(page.url(), "code").is_some(), is_taken, "{name}");
    }
}

#[tokio::test]
async fn who_cancels_is_denied() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[])).await;
    let page = browser.submit(&page, "2", &[("cancel", "yes")]).await;
    assert_eq!(parameter(page.url(), "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_browser_that_is_signed_in_is_answered_at_once_unless_a_new_sign_in_is_wanted() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[])).await;
    browser.sign_in_as(&page, "alice").await;
    for (changes, is_asked) in [
        (vec![], false),
        (vec![("prompt", "none")], false),
        (vec![("prompt", "consent")], false),
        (vec![("prompt", "login")], true),
        (vec![("prompt", "select_account consent")], true),
        (vec![("max_age", "60")], false),
    ] {
        let page = browser.get(&authorize_url(&changes)).await;
        assert_eq!(is_sign_in(&page), is_asked, "{changes:?}");
    }
    provider.set_now(NOW.plus(61));
    assert!(is_sign_in(&browser.get(&authorize_url(&[("max_age", "60")])).await));
    let page = browser.get(&authorize_url(&[("max_age", "60"), ("prompt", "none")])).await;
    assert_eq!(parameter(page.url(), "error").as_deref(), Some("login_required"));
}

/// Core 3.1.2.1
#[tokio::test]
async fn an_authorization_request_may_be_a_post() {
    let provider = provider();
    let mut browser = browser(&provider);
    let fields = [("response_type", "code"), ("client_id", "rp"), ("redirect_uri", REDIRECT_URI), ("scope", "openid")];
    let page = browser.post_form("http://127.0.0.1:3001/authorize", &fields).await;
    assert!(is_sign_in(&page));
}

#[tokio::test]
async fn a_later_user_of_the_same_name_takes_the_place_of_the_earlier() {
    let provider = provider().user(User::new("alice").claim("name", "Another Alice"));
    let page = browser(&provider).get(&authorize_url(&[])).await;
    assert!(page.text().contains("Another Alice") && !page.text().contains("Alice Liddell"));
}

#[tokio::test]
async fn whoever_comes_can_be_taken_for_somebody_without_a_page() {
    let provider = provider().always_signs_in("alice");
    let mut browser = browser(&provider);
    let silent = browser.get(&authorize_url(&[("prompt", "none")])).await;
    assert_eq!(parameter(silent.url(), "error").as_deref(), Some("login_required"));
    for changes in [vec![], vec![("prompt", "login")], vec![("prompt", "none")], vec![("max_age", "0")]] {
        let page = browser.get(&authorize_url(&changes)).await;
        assert!(parameter(page.url(), "code").is_some(), "{changes:?}");
    }
    assert_eq!((provider.count("/authorize"), provider.sids_of("alice").len()), (5, 1));
}

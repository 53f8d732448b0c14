use http::{Request, StatusCode};
use vestibule_provider::{
    Browser, DevelopmentProvider, SessionStatus,
    browser::SameSite::{Lax, None as Unrestricted},
};

use crate::{
    party::{authorize_url, login, parameter, send, text},
    town::{browser, provider, sign_in},
};

const ORIGIN: &str = "http://localhost:3000";
const CHECK_SESSION: &str = "http://127.0.0.1:3001/check_session";

/// The message about the `session_state` of a new authorization response.
async fn message(browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    let page = browser.get(&authorize_url(changes)).await;
    let session_state = parameter(page.url(), "session_state").expect("a session_state");
    assert!(!session_state.contains(' '));
    format!("rp {session_state}")
}

fn status(provider: &DevelopmentProvider, browser: &Browser, message: &str) -> &'static str {
    provider.check_session(browser, ORIGIN, message).name()
}

#[tokio::test]
async fn a_session_state_is_unchanged_until_somebody_signs_in_or_out() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "rp", "alice").await;
    let first = message(&mut browser, &[]).await;
    sign_in(&mut browser, "shop", "alice").await;
    assert_eq!(status(&provider, &browser, &first), "unchanged");

    let page = browser.get(&authorize_url(&[("prompt", "login")])).await;
    browser.sign_in_as(&page, "alice").await;
    assert_eq!(status(&provider, &browser, &first), "changed");
    let second = message(&mut browser, &[]).await;
    assert_eq!(status(&provider, &browser, &second), "unchanged");

    let hint = text(&login(&provider, &mut browser, "openid").await, "id_token").to_owned();
    browser.get(&format!("http://127.0.0.1:3001/end_session?id_token_hint={hint}")).await;
    assert_eq!(status(&provider, &browser, &second), "changed");
}

/// Session Management 3.1: the client asks again, and is told that nobody is there.
#[tokio::test]
async fn a_session_that_ended_on_command_is_noticed_when_the_browser_next_asks() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "rp", "alice").await;
    let before = message(&mut browser, &[]).await;
    assert_eq!(provider.log_out("alice"), 1);
    let nobody = message(&mut browser, &[("prompt", "none")]).await;
    assert_eq!((status(&provider, &browser, &before), status(&provider, &browser, &nobody)), ("changed", "unchanged"));
    // Asking once more changes nothing: there is no loop.
    message(&mut browser, &[("prompt", "none")]).await;
    assert_eq!(status(&provider, &browser, &nobody), "unchanged");
    sign_in(&mut browser, "rp", "alice").await;
    assert_eq!(status(&provider, &browser, &nobody), "changed");
}

/// Session Management 2
#[tokio::test]
async fn errors_have_a_session_state_too() {
    let provider = provider();
    let mut browser = browser(&provider);
    let page = browser.get(&authorize_url(&[("prompt", "none")])).await;
    assert_eq!(parameter(page.url(), "error").as_deref(), Some("login_required"));
    let message = format!("rp {}", parameter(page.url(), "session_state").expect("a session_state"));
    assert_eq!(status(&provider, &browser, &message), "unchanged");
    sign_in(&mut browser, "rp", "alice").await;
    let page = browser.get(&authorize_url(&[("max_age", "soon")])).await;
    let message = format!("rp {}", parameter(page.url(), "session_state").expect("a session_state"));
    assert_eq!(status(&provider, &browser, &message), "unchanged");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_an_error_and_no_reason_to_ask_again() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "rp", "alice").await;
    let good = message(&mut browser, &[]).await;
    for (origin, message, expected) in [
        (ORIGIN, good.as_str(), SessionStatus::Unchanged),
        (ORIGIN, &good.replace("rp ", "shop "), SessionStatus::Changed),
        ("http://localhost:3002", &good, SessionStatus::Changed),
        ("https://evil.example", &good, SessionStatus::Error),
        ("null", &good, SessionStatus::Error),
        (ORIGIN, "rp", SessionStatus::Error),
        (ORIGIN, "", SessionStatus::Error),
    ] {
        assert_eq!(provider.check_session(&browser, origin, message), expected, "{origin} {message}");
    }
    let mut strict = browser.clone();
    strict.block_third_party_cookies();
    assert_eq!(status(&provider, &strict, &good), "error");
    assert_eq!(provider.check_session(&strict, "http://127.0.0.1:3000", &good), SessionStatus::Error, "no client's");

    browser.remove_cookie("provider_browser_state");
    assert_eq!(status(&provider, &browser, &good), "error");
    // The next answer brings it again, and then it is as it was.
    let again = message(&mut browser, &[]).await;
    assert_eq!((status(&provider, &browser, &good), status(&provider, &browser, &again)), ("unchanged", "unchanged"));
}

/// Session Management 3.2
#[tokio::test]
async fn scripts_in_frames_read_the_state_and_never_the_session() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "rp", "alice").await;
    let cookies: Vec<_> = browser.cookies().map(|c| (c.name.as_str(), c.http_only, c.secure, c.same_site)).collect();
    assert_eq!(
        cookies,
        [("provider_session", true, false, Lax), ("provider_browser_state", false, true, Unrestricted)]
    );
    let values: Vec<_> = browser.cookies().map(|cookie| cookie.value.clone()).collect();
    assert_ne!(values[0], values[1]);
}

#[tokio::test]
async fn the_page_of_the_frame_may_be_framed_and_runs_its_own_script_alone() {
    let provider = provider();
    let page = browser(&provider).get(CHECK_SESSION).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-") && !policy.contains("frame-ancestors"));
    assert!(!page.headers().contains_key("x-frame-options"));
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split('\'').next()).expect("a nonce");
    assert!(page.text().contains(&format!("<script nonce=\"{nonce}\">")));
    assert!(page.text().contains("data-cookie=\"provider_browser_state\""));
    assert!(page.text().contains("data-origins=\"http:&#x2f;&#x2f;localhost:3000 http:&#x2f;&#x2f;localhost:3002\""));
    let another = browser(&provider).get(CHECK_SESSION).await;
    assert!(!another.text().contains(nonce));
}

/// A frame of another site: with a session that frames do not see, nobody is there.
#[tokio::test]
async fn a_client_may_ask_in_a_frame_where_sessions_reach_them() {
    for (provider, expected) in [(provider(), "login_required"), (provider().with_sessions_in_frames(), "code")] {
        let mut browser = browser(&provider);
        sign_in(&mut browser, "rp", "alice").await;
        let page = browser.get(ORIGIN).await;
        let frame = browser.load_frame(&page, &authorize_url(&[("prompt", "none")])).await;
        let got = parameter(frame.url(), "error").or(parameter(frame.url(), "code").map(|_| "code".to_owned()));
        assert_eq!(got.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn the_metadata_names_every_way_to_learn_of_a_logout() {
    let request = Request::get("http://127.0.0.1:3001/.well-known/openid-configuration");
    let metadata = crate::party::json(&send(&provider(), request, "").await);
    for (name, path) in [
        ("check_session_iframe", "/check_session"),
        ("end_session_endpoint", "/end_session"),
        ("revocation_endpoint", "/revoke"),
    ] {
        assert_eq!(text(&metadata, name), format!("http://127.0.0.1:3001{path}"));
    }
    for name in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        assert_eq!(metadata[name], true, "{name}");
    }
    let lists = |name: &str, value: &str| metadata[name].as_array().is_some_and(|list| list.contains(&value.into()));
    assert!(lists("scopes_supported", "offline_access") && lists("grant_types_supported", "refresh_token"));
}

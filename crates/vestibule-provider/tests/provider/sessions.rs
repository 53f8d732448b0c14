use vestibule_provider::{Browser, DevelopmentProvider};

use crate::{
    party::{NOW, authorize_url, claims, is_sign_in, login, parameter, post, text},
    town::{browser, provider, sign_in, told},
};

/// The `sid` of a new ID Token in this browser.
async fn sid(provider: &DevelopmentProvider, browser: &mut Browser) -> String {
    text(&claims(text(&login(provider, browser, "openid").await, "id_token")), "sid").to_owned()
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    !is_sign_in(&browser.get(&authorize_url(&[])).await)
}

async fn refresh(provider: &DevelopmentProvider, token: &str) -> u16 {
    post(provider, "/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await.status().as_u16()
}

#[tokio::test]
async fn a_session_has_one_sid_for_every_login_and_every_browser_its_own() {
    let provider = provider();
    let (mut first, mut second) = (browser(&provider), browser(&provider));
    let of_first = sid(&provider, &mut first).await;
    assert_eq!(sid(&provider, &mut first).await, of_first);
    assert_ne!(sid(&provider, &mut second).await, of_first);
}

#[tokio::test]
async fn who_signs_in_again_goes_on_in_the_same_session_under_a_new_cookie() {
    let provider = provider();
    let mut browser = browser(&provider);
    let before = sid(&provider, &mut browser).await;
    sign_in(&mut browser, "shop", "alice").await;
    let stolen = browser.clone();
    provider.set_now(NOW.plus(100));
    let page = browser.get(&authorize_url(&[("prompt", "login")])).await;
    browser.sign_in_as(&page, "alice").await;
    let answer = login(&provider, &mut browser, "openid").await;
    let after = claims(text(&answer, "id_token"));
    assert_eq!((text(&after, "sid"), after["auth_time"].as_i64()), (before.as_str(), Some(NOW.plus(100).seconds())));
    assert!(!is_signed_in(&mut stolen.clone()).await, "the cookie from before opens nothing");
    // Who learned of it before is told of its end.
    assert!(provider.end_session(&before));
    assert_eq!(told(&provider).len(), 2);
}

#[tokio::test]
async fn somebody_else_at_the_same_browser_ends_the_session_before() {
    let provider = provider();
    let mut browser = browser(&provider);
    let of_alice = sid(&provider, &mut browser).await;
    let page = browser.get(&authorize_url(&[("prompt", "select_account")])).await;
    browser.sign_in_as(&page, "bob").await;
    let told = told(&provider);
    let tokens: Vec<_> = told.values().flatten().collect();
    assert_eq!((tokens.len(), text(tokens[0], "sid"), text(tokens[0], "sub")), (1, of_alice.as_str(), "alice"));
    assert!(!provider.end_session(&of_alice));
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn one_session_ends_on_command_and_the_others_go_on() {
    let provider = provider();
    let (mut first, mut second) = (browser(&provider), browser(&provider));
    let of_first = sid(&provider, &mut first).await;
    let of_second = sid(&provider, &mut second).await;
    assert_eq!(provider.sids_of("alice"), [of_first.as_str(), of_second.as_str()]);
    assert!(provider.end_session(&of_first));
    assert_eq!((provider.sids_of("alice"), provider.sids_of("bob")), (vec![of_second], vec![]));
    assert!(!provider.end_session(&of_first) && !provider.end_session("guessed"));
    assert!(!is_signed_in(&mut first).await && is_signed_in(&mut second).await);
    assert_eq!(provider.tally().sessions_ended, 1);
}

#[tokio::test]
async fn somebody_is_logged_out_everywhere_on_command_and_nobody_else() {
    let provider = provider();
    let mut browsers = [browser(&provider), browser(&provider), browser(&provider)];
    for (browser, user) in browsers.iter_mut().zip(["alice", "alice", "bob"]) {
        sign_in(browser, "rp", user).await;
    }
    assert_eq!((provider.log_out("alice"), provider.log_out("alice"), provider.log_out("bob")), (2, 0, 0));
    // A subject is not a name: bob's is a number.
    for (browser, expected) in browsers.iter_mut().zip([false, false, true]) {
        assert_eq!(is_signed_in(browser).await, expected);
    }
    assert_eq!(provider.log_out("248289761001"), 1);
}

/// Back-Channel Logout 2.7
#[tokio::test]
async fn a_session_takes_its_refresh_tokens_with_it_save_those_for_offline_access() {
    let provider = provider().client(crate::town::rp().grant_type("refresh_token"));
    let (mut first, mut second) = (browser(&provider), browser(&provider));
    let online = login(&provider, &mut first, "openid").await;
    let offline = login(&provider, &mut first, "openid offline_access").await;
    let elsewhere = login(&provider, &mut second, "openid").await;
    assert!(provider.end_session(text(&claims(text(&online, "id_token")), "sid")));
    for (answer, status) in [(&online, 400), (&offline, 200), (&elsewhere, 200)] {
        assert_eq!(refresh(&provider, text(answer, "refresh_token")).await, status, "{}", answer["scope"]);
    }
    assert_eq!(provider.tally().families_revoked, 1);
}

/// Core 3.1.2.1
#[tokio::test]
async fn a_silent_request_is_answered_for_the_person_of_the_hint_alone() {
    let provider = provider();
    let (mut browser, mut elsewhere) = (browser(&provider), browser(&provider));
    let of_alice = text(&login(&provider, &mut browser, "openid").await, "id_token").to_owned();
    provider.set_now(NOW.plus(100_000));
    sign_in(&mut elsewhere, "rp", "bob").await;
    let forged = of_alice.replace('.', ".A");
    let logout_token = provider.logout_token("rp").sub("alice").sid("s-1").sign();
    for (hint, is_answered) in [(&of_alice, true), (&forged, false), (&logout_token, false), (&String::new(), true)] {
        let page = browser.get(&authorize_url(&[("prompt", "none"), ("id_token_hint", hint)])).await;
        assert_eq!(parameter(page.url(), "code").is_some(), is_answered, "{hint}");
        let error = parameter(page.url(), "error");
        assert_eq!(error.as_deref(), (!is_answered).then_some("login_required"));
    }
    let url = authorize_url(&[("prompt", "none"), ("id_token_hint", &of_alice)]);
    let page = elsewhere.get(&url).await;
    assert_eq!(parameter(page.url(), "error").as_deref(), Some("login_required"));
    assert!(is_sign_in(&elsewhere.get(&url.replace("prompt=none&", "").replace("&prompt=none", "")).await));
}

//! Each end of a session, and each one that was refused, once.

use crate::{
    bench::{only, records, reference_on},
    house::{APP, House, log::Log},
};

const LOGOUT: &str = "http://localhost:3000/auth/logout";

#[tokio::test]
async fn a_sign_out_is_one_record() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let (log, _listening) = Log::listen();
    house.browser.post_form_from(APP, LOGOUT, &[]).await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("signed_out", "INFO"));
    assert_eq!((record.target.as_str(), record.provider.as_deref()), ("vestibule::logout", Some("corp")));
    drop(_listening);

    let (log, _listening) = Log::listen();
    house.browser.post_form_from(APP, LOGOUT, &[]).await;
    assert_eq!(records(&log), [], "nobody was there to sign out");
}

/// V73
#[tokio::test]
async fn a_sign_out_that_another_site_asked_for_is_one_record() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let (log, _listening) = Log::listen();
    let page = house.browser.post_form_from("https://evil.example", LOGOUT, &[]).await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("logout_refused", "WARN"));
    assert_eq!(reference_on(&page), record.reference);
}

/// V11: the name in the path can be anybody's text, and is a label of nothing.
#[tokio::test]
async fn a_logout_token_that_is_none_names_no_provider_that_nobody_set_up() {
    let mut house = House::new();
    for (name, provider) in [("corp", Some("corp")), ("mallory", None)] {
        let (log, _listening) = Log::listen();
        let at = format!("{APP}/auth/backchannel_logout/{name}");
        house.browser.post_form(&at, &[("logout_token", &"x".repeat(300))]).await;
        let record = only(&log);
        assert_eq!((record.target.as_str(), record.provider.as_deref()), ("vestibule::logout", provider));
        assert!(record.decision.starts_with("logout_token_"), "{record:?}");
        assert!(!log.lines().iter().any(|line| line.contains("mallory")));
    }
}

#[tokio::test]
async fn a_frame_that_names_nobody_is_one_record() {
    let mut house = House::new();
    let (log, _listening) = Log::listen();
    let page = house.get("/auth/frontchannel_logout/corp?sid=only").await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.rule.as_str()), ("front_channel_refused", "Front-Channel Logout 2"));
    assert_eq!(reference_on(&page), record.reference);
}

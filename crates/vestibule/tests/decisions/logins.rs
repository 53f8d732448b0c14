//! Each thing that is decided of a login, once.

use vestibule::{Builder, Client, Provider, ResponseMode};
use vestibule_provider::{Fault, Page, RegisteredClient};

use crate::{
    bench::{decisions, only, records, reference_on},
    house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, log::Log, provider},
};

#[tokio::test]
async fn a_login_is_two_records_of_one_reference() {
    let mut house = House::new();
    let (log, _listening) = Log::listen();
    house.sign_in("/profile", "alice").await;
    let records = records(&log);
    let [departed, signed_in] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((departed.decision.as_str(), departed.rule.as_str()), ("sent_to_provider", "Core 3.1.2.1"));
    assert_eq!((signed_in.decision.as_str(), signed_in.rule.as_str()), ("signed_in", "Core 3.1.3.7"));
    assert_eq!((departed.level.as_str(), signed_in.level.as_str()), ("DEBUG", "INFO"));
    for record in &records {
        assert_eq!((record.target.as_str(), record.provider.as_deref()), ("vestibule::login", Some("corp")));
    }
    assert_eq!(departed.reference, signed_in.reference);
}

/// Whoever is signed in makes no records: they would be most of the log, and of the cost.
#[tokio::test]
async fn whoever_is_signed_in_and_may_pass_is_no_decision() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let (log, _listening) = Log::listen();
    for path in ["/profile", "/name", "/admin", "/", "/open", "/auth/session", "/auth/why"] {
        assert_eq!(house.get(path).await.status(), 200, "{path}");
    }
    assert_eq!(decisions(&log), Vec::<String>::new());
}

/// V69 too: the record names the rule and the reason, and the page the record.
#[tokio::test]
async fn a_login_that_fails_is_one_record_which_the_page_has_the_reference_of() {
    let denied = |error: &str| Fault::AuthorizeError { error: error.to_owned(), error_description: None };
    for (fault, decision, rule) in [
        (Fault::WrongNonce, "provider_misbehaved", "Core 3.1.3.7 (11)"),
        (Fault::WrongIssuer, "provider_misbehaved", "Core 3.1.3.7 (2)"),
        (Fault::MissingSubject, "provider_misbehaved", "Core 3.1.3.7"),
        (Fault::WrongResponseIssuer, "provider_misbehaved", "RFC 9207 2.4"),
        (denied("access_denied"), "login_cancelled", "RFC 6749 4.1.2.1, 5.2"),
        (denied("invalid_scope"), "login_denied", "RFC 6749 4.1.2.1, 5.2"),
    ] {
        let mut house = House::new();
        house.provider.set_fault(Some(fault.clone()));
        let (log, _listening) = Log::listen();
        let mut page = house.get("/profile").await;
        if page.url().as_str().starts_with(ISSUER) {
            page = house.browser.sign_in_as(&page, "alice").await;
        }
        let failed = records(&log).into_iter().find(|record| record.decision != "sent_to_provider");
        let failed = failed.unwrap_or_else(|| panic!("{fault:?}: a record"));
        assert_eq!((failed.decision.as_str(), failed.rule.as_str()), (decision, rule), "{fault:?}");
        assert_eq!(reference_on(&page), failed.reference, "{fault:?}");
        assert_eq!(log.failures().len(), 1, "{fault:?}");
        let again = house.get("/auth/error").await;
        assert_eq!(
            (reference_on(&again), log.failures().len()),
            (failed.reference.as_str(), 1),
            "a reload is no decision"
        );
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_one_record() {
    let mut house = House::new();
    house.provider.set_fault(Some(Fault::Unreachable));
    let (log, _listening) = Log::listen();
    let page = house.get("/profile").await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("provider_unreachable", "ERROR"));
    assert_eq!(reference_on(&page), record.reference);
}

#[tokio::test]
async fn a_callback_that_comes_twice_is_one_record_a_time() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.browser.get(&callback).await;
    let (log, _listening) = Log::listen();
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.rule.as_str()), ("landed_anyway", "RFC 6749 10.12"));
    drop(_listening);

    let (log, _listening) = Log::listen();
    let mut stranger = house.another_browser();
    stranger.get_without_redirects(&callback).await;
    assert_eq!(decisions(&log), ["started_over", "sent_to_provider"]);
    drop(_listening);

    // Where there is nothing to start over it is a failure.
    let (log, _listening) = Log::listen();
    let page = stranger.get(&format!("{APP}/auth/callback/corp?state=x&code=y")).await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), page.status().as_u16()), ("callback_unsolicited", 400));
    assert_eq!(record.reason, "a state that we did not make");
    assert_eq!(reference_on(&page), record.reference);
}

#[tokio::test]
async fn what_begins_no_login_is_one_record() {
    let client = RegisteredClient::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let mut house = House::of(client, corp.initiate_login());
    let (log, _listening) = Log::listen();
    let request = http::Request::get(format!("{APP}/auth/login")).header("sec-fetch-dest", "image");
    let page = house.browser.request(request.body(axum::body::Body::empty()).expect("a request")).await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), page.status().as_u16()), ("login_not_begun", 403));
    assert_eq!(reference_on(&page), record.reference);
    drop(_listening);

    let (log, _listening) = Log::listen();
    let page = house.get("/auth/initiate_login/corp?iss=https%3A%2F%2Fstranger.example").await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.rule.as_str()), ("third_party_login_refused", "Core 4"));
    assert_eq!((reference_on(&page), record.provider.as_deref()), (record.reference.as_str(), Some("corp")));
}

/// V28: a form of the provider's page comes without the session's cookie, so it is the error page that decides, and says so: a login that
/// succeeds after all did not fail.
#[tokio::test]
async fn a_form_that_comes_too_late_is_one_record_of_what_became_of_it() {
    for (is_signed_in, expected) in [(true, vec!["landed_anyway"]), (false, vec!["started_over", "sent_to_provider"])] {
        let (mut house, form, reference) = late_form(|builder| builder).await;
        if is_signed_in {
            assert_eq!(house.get("/profile?tab=2").await.text(), "profile of alice");
        }
        let (log, _listening) = Log::listen();
        let answer = house.browser.submit_without_redirects(&form, "/auth/callback", &[]).await;
        assert_eq!(decisions(&log), Vec::<String>::new(), "nothing is decided yet");
        let record = format!("{APP}{}", answer.header("location").expect("the way to the error page"));
        let answer = house.browser.get_without_redirects(&record).await;
        assert_eq!(decisions(&log), expected);
        assert_eq!(records(&log)[0].reference, reference, "that of the login which it is about");
        assert_eq!(log.failures(), Vec::<String>::new());
        assert!(
            house.browser.cookies().all(|cookie| !cookie.name.ends_with("-error")),
            "{:?}",
            answer.header("location")
        );
    }
}

/// The same where it failed: once, however often the page is loaded.
#[tokio::test]
async fn a_form_that_comes_too_late_and_starts_nothing_over_is_one_failure() {
    let (mut house, form, reference) = late_form(|builder| builder.refuse_cross_site_logins()).await;
    let (log, _listening) = Log::listen();
    let answer = house.browser.submit_without_redirects(&form, "/auth/callback", &[]).await;
    let page = house.browser.get(&format!("{APP}{}", answer.header("location").expect("a way"))).await;
    assert_eq!((page.status().as_u16(), page.url().as_str()), (400, "http://localhost:3000/auth/error"));
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.rule.as_str()), ("callback_unsolicited", "RFC 6749 10.12"));
    assert_eq!((record.reference.as_str(), reference_on(&page)), (reference.as_str(), reference.as_str()));
    assert_eq!(reference_on(&house.get("/auth/error").await), reference);
    assert_eq!(log.failures().len(), 1, "a reload is no decision");
}

/// Whoever is told of a failure and has signed in meanwhile in another tab goes on from its page, which is a decision of its own.
#[tokio::test]
async fn whoever_lands_from_the_error_page_is_one_record_more() {
    let mut house = House::new();
    house.get("/auth/callback/corp?state=x&code=y").await;
    let told = house.browser.clone();
    house.sign_in("/profile", "alice").await;
    for kept in told.cookies().filter(|cookie| cookie.name.ends_with("-error")) {
        assert!(house.browser.set_cookie(APP, &format!("{}={}; Path=/", kept.name, kept.value)));
    }
    let (log, _listening) = Log::listen();
    assert_eq!(house.browser.get_without_redirects(&format!("{APP}/auth/error")).await.header("location"), Some("/"));
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.provider.as_deref()), ("landed_anyway", Some("corp")));
}

/// What stands in the place of a redirect to the provider is a decision as that is, and its own.
#[tokio::test]
async fn what_comes_between_a_stranger_and_the_provider_is_one_record() {
    let lab = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let mut several = House::with(|builder| builder.provider("lab", lab));
    let mut keeping = House::with(Builder::keep_fragments);
    let (log, _listening) = Log::listen();
    let answer = keeping.get("/profile").await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("fragment_asked_for", "DEBUG"));
    assert_eq!((record.provider.as_deref(), answer.status().as_u16()), (Some("corp"), 401));
    drop(_listening);

    let (log, _listening) = Log::listen();
    let answer = several.browser.get_without_redirects(&format!("{APP}/profile")).await;
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("provider_asked_for", "DEBUG"));
    assert_eq!(answer.header("location"), Some("/auth/login?return_to=%2Fprofile"));
}

/// V11: what the address calls it is in no record.
#[tokio::test]
async fn a_provider_that_there_is_not_is_one_record() {
    let mut house = House::new();
    for path in [
        "/auth/login/mallory",
        "/auth/login?provider=mallory",
        "/auth/callback/mallory?code=x&state=y",
        "/auth/frontchannel_logout/mallory?iss=x&sid=y",
        "/auth/initiate_login/mallory?iss=x",
    ] {
        let (log, _listening) = Log::listen();
        let page = house.get(path).await;
        let record = only(&log);
        assert_eq!((record.decision.as_str(), record.level.as_str()), ("provider_unknown", "DEBUG"), "{path}");
        assert_eq!((page.status().as_u16(), record.provider), (404, None), "{path}");
        assert_eq!(reference_on(&page), record.reference, "{path}");
        assert!(!log.lines().iter().any(|line| line.contains("mallory")), "{path}");
    }
}

/// A form of the provider's that comes to a browser whose login is gone, and the reference of that login.
async fn late_form(settings: impl FnOnce(Builder) -> Builder) -> (House, Page, String) {
    let (provider, clock) = (provider(), TestClock::new());
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let builder = bare_builder(&provider, &clock).provider("corp", corp.response_mode(ResponseMode::FormPost));
    let vestibule = settings(builder).build().expect("the settings hold together");
    let mut house = House::around(provider, clock, &vestibule);
    let (log, listening) = Log::listen();
    let sign_in = house.get("/profile?tab=1").await;
    let reference = only(&log).reference;
    drop(listening);
    for name in house.cookie_names() {
        house.browser.remove_cookie(&name);
    }
    let form = house.browser.submit_without_redirects(&sign_in, "/authorize", &[("user", "alice")]).await;
    (house, form, reference)
}

//! Attacks on what a response says and on who said it, and on what leaves by the way out.

mod house;

use axum::body::Body;
use house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, callback_url, provider,
    rejection::{Rejected, and, cookies, parameter, with, without},
    town::Town,
};
use http::Request;
use vestibule::{Client, Clock, Provider};
use vestibule_provider::{DevelopmentProvider, Fault, RegisteredClient, User};

const OTHER: &str = "http://127.0.0.1:3002";

/// R22, V20: simple string comparison.
#[tokio::test]
async fn a_response_of_another_issuer_is_rejected() {
    let mut house = House::new();
    for iss in [
        "",
        "https://evil.example",
        "http://127.0.0.1:3001/",
        "HTTP://127.0.0.1:3001",
        "http://127.0.0.1%3A3001",
        "http://127.0.0.1:3001\0",
        " http://127.0.0.1:3001",
        "https://127.0.0.1:3001",
    ] {
        let callback = house.callback_url("/profile").await;
        house.expect_rejected(&with(&callback, "iss", iss), Rejected::with(502).burning(&callback)).await;
    }
}

/// R23
#[tokio::test]
async fn a_response_without_the_issuer_that_was_promised_is_rejected() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.expect_rejected(&without(&callback, "iss"), Rejected::with(502).burning(&callback)).await;
}

/// R24: "you cancelled" is said only when the provider itself says so.
#[tokio::test]
async fn an_error_of_another_issuer_is_not_the_providers() {
    let mut house = House::new();
    for iss in [Some("https://evil.example"), None] {
        let callback = house.callback_url("/profile").await;
        let denied = and(&without(&callback, "code"), "error", "access_denied");
        let denied = iss.map_or_else(|| without(&denied, "iss"), |iss| with(&denied, "iss", iss));
        let page = house.expect_rejected(&denied, Rejected::with(502).burning(&callback)).await;
        assert!(!page.text().contains("cancelled"), "{}", page.text());
        assert!(page.text().contains("We could not verify the sign-in."), "{}", page.text());
    }
    let callback = house.callback_url("/profile").await;
    let denied = and(&without(&callback, "code"), "error", "access_denied");
    let page = house.expect_rejected(&denied, Rejected::with(403).burning(&callback)).await;
    assert!(page.text().contains("You cancelled the sign-in."), "{}", page.text());
}

/// R29, V32: nothing is left of the login, so the code that was not consumed is worth nothing here.
#[tokio::test]
async fn a_response_with_code_and_error_or_with_neither_is_rejected() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.expect_rejected(&and(&callback, "error", "server_error"), Rejected::with(502).burning(&callback)).await;
    let callback = house.callback_url("/profile").await;
    house.expect_rejected(&without(&callback, "code"), Rejected::with(502).burning(&callback)).await;
    let callback = house.callback_url("/profile").await;
    house.expect_rejected(&with(&callback, "code", ""), Rejected::with(502).burning(&callback)).await;
}

/// R32, V9, V85
#[tokio::test]
async fn no_text_of_a_response_is_on_the_page() {
    let mut house = House::new();
    let long = "canary".repeat(10_000);
    for (error, description, status) in [
        ("server_error", "<script>canary</script>", 502),
        ("server_error", "canary\0canary", 502),
        ("server_error", long.as_str(), 502),
        ("<script>canary</script>", "\"><img src=x onerror=canary>", 502),
        ("canary\0", "", 502),
        ("canary\"\\", "", 502),
        (&long[..65], "", 502),
        ("", "canary", 502),
        ("access_denied", "<b>canary</b>", 403),
    ] {
        let callback = house.callback_url("/profile").await;
        let denied = and(&and(&without(&callback, "code"), "error", error), "error_description", description);
        let page = house.expect_rejected(&denied, Rejected::with(status).burning(&callback)).await;
        assert!(!page.text().contains("canary") && !page.text().contains('\0'), "{}", page.text());
        assert!(!page.text().contains("<script"), "{}", page.text());
        assert!(page.text().len() < 20_000);
    }
}

/// R32: the token endpoint can say a megabyte.
#[tokio::test]
async fn no_text_of_the_token_endpoint_is_on_the_page() {
    let mut house = House::new();
    for description in ["<script>canary</script>".to_owned(), "canary\0".to_owned(), "canary".repeat(200_000)] {
        let (error, error_description) = ("invalid_grant".to_owned(), Some(description));
        house.provider.set_fault(Some(Fault::TokenError { error, error_description }));
        let callback = house.callback_url("/profile").await;
        let page =
            house.expect_rejected(&callback, Rejected::with(502).after_a_token_request().burning(&callback)).await;
        assert!(!page.text().contains("canary") && page.text().len() < 20_000, "{}", page.text());
    }
}

/// V13: for success as for failure.
#[tokio::test]
async fn the_callback_answers_with_a_clean_url_that_learns_nothing_of_this_one() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?tab=1").await;
    let page = house.browser.clone().get(&with(&callback, "iss", "https://evil.example")).await;
    assert_eq!(page.url().as_str(), "http://localhost:3000/auth/error");

    let callback = house.callback_url("/profile?tab=1").await;
    let page = house.browser.get_without_redirects(&callback).await;
    assert_eq!((page.status().as_u16(), page.header("location")), (303, Some("/profile?tab=1")));
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), (Some("no-referrer"), Some("no-store")));
    assert_eq!(page.text(), "");
}

/// R36
#[tokio::test]
async fn nothing_is_at_other_paths_than_the_callback() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    for path in ["corp/..;/x", "corp/", "corp/x", "..;", "corp%2f..", "corp;x", "CORP", "", "%00", "corp%20", "%FF"] {
        let elsewhere = callback.replace("/callback/corp", &format!("/callback/{path}"));
        let page = house.browser.get_without_redirects(&elsewhere).await;
        assert!(matches!(page.status().as_u16(), 400 | 404), "{path}: {}", page.status());
        assert!(page.hops()[0].set_cookies.is_empty() && page.header("location").is_none(), "{path}");
        assert!(!page.text().contains(&parameter(&callback, "code")) && !page.text().contains("..;"), "{path}");
    }
    assert_eq!(house.provider.count("/token"), 0);
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
}

/// V5, R17: where the application lives is configuration.
#[tokio::test]
async fn a_lie_about_the_host_changes_no_address() {
    let mut house = House::new();
    for (header, lie) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-forwarded-proto", "https"),
        ("x-original-host", "evil.example"),
        ("x-forwarded-prefix", "/evil"),
    ] {
        for path in ["/profile", "/auth/login"] {
            let request = Request::get(format!("{APP}{path}")).header("accept", "text/html").header(header, lie);
            let page = house.browser.request(request.body(Body::empty()).expect("a request")).await;
            let location = page.header("location").expect("the way to the provider");
            assert!(location.starts_with(&format!("{ISSUER}/authorize?")), "{header}: {location}");
            assert_eq!(parameter(location, "redirect_uri"), "http://localhost:3000/auth/callback/corp", "{header}");
            assert!(!location.contains("evil") && !location.contains("https"), "{header}: {location}");
        }
        let request = Request::get(format!("{APP}/api/me")).header(header, lie).body(Body::empty()).expect("a request");
        let page = house.browser.request(request).await;
        assert!(page.text().contains("\"http://localhost:3000/auth/login/corp\"") && !page.text().contains("evil"));
        let page = house.browser.request(
            Request::get(format!("{APP}/auth/callback/corp?code=x"))
                .header(header, lie)
                .body(Body::empty())
                .expect("a request"),
        );
        assert_eq!(page.await.header("location"), Some("/auth/error"));
    }
}

/// V24, R15, R3
#[tokio::test]
async fn nothing_of_the_query_gets_into_the_authorization_request() {
    let house = House::new();
    let evil = "scope=admin&prompt=none&redirect_uri=https://evil.example&client_id=evil&state=evil&nonce=evil\
                &response_type=token&response_mode=fragment&acr_values=0&request_uri=https://evil.example\
                &code_challenge=evil&code_challenge_method=plain&login_hint=evil&return_to=/open";
    for path in ["/auth/login", "/auth/login/corp", "/profile"] {
        let page = house.another_browser().get_without_redirects(&format!("{APP}{path}?{evil}")).await;
        let location = page.header("location").expect("the way to the provider").to_owned();
        let url = url::Url::parse(&location).expect("a URL");
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let expected = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ];
        assert_eq!(names, expected, "{path}");
        for (name, value) in [("response_type", "code"), ("client_id", "my-app"), ("scope", "openid profile email")] {
            assert_eq!(parameter(&location, name), value, "{path}");
        }
        assert!(!location.contains("evil"), "{path}: {location}");
    }
}

/// V19, R1, R4, R5
#[tokio::test]
async fn every_login_has_a_challenge_a_nonce_and_a_state_of_its_own() {
    let mut house = House::new();
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let page = house.browser.get_without_redirects(&format!("{APP}/profile")).await;
        let location = page.header("location").expect("the way to the provider");
        assert_eq!(parameter(location, "code_challenge_method"), "S256");
        for name in ["code_challenge", "nonce"] {
            let value = parameter(location, name);
            assert_eq!(value.len(), 43, "{name}");
            assert!(drawn.insert(value), "{name} twice");
        }
        let state = parameter(location, "state");
        assert_eq!(state.find('.'), Some(22));
        assert!(drawn.insert(state[..22].to_owned()) && drawn.insert(state[23..].to_owned()));
    }
}

/// V19: the verifier goes with the code, and it is that of this login: the provider compares it with the challenge.
#[tokio::test]
async fn the_code_of_another_login_does_not_fit_the_verifier() {
    let mut house = House::new();
    let (mine, other) = (house.callback_url("/profile").await, house.callback_url("/profile").await);
    let injected = with(&mine, "code", &parameter(&other, "code"));
    house.expect_rejected(&injected, Rejected::with(502).after_a_token_request().burning(&mine)).await;
    let token = house.provider.requests().pop().expect("the token request");
    let body = String::from_utf8(token.body.to_vec()).expect("a form");
    assert_eq!(parameter(&format!("{ISSUER}/?{body}"), "code_verifier").len(), 43);
}

/// A house with a second sign-in, `staff`: at another issuer, or as another client of the same one.
fn house_of_two(issuer: &str) -> (House, DevelopmentProvider) {
    let client =
        RegisteredClient::confidential("staff-app", CLIENT_SECRET).redirect_uri(format!("{APP}/auth/callback/staff"));
    let (corp, clock) = (provider(), TestClock::new());
    let staff = if issuer == ISSUER { corp.clone() } else { DevelopmentProvider::new(issuer).expect("an issuer") };
    let staff = staff.client(client).user(User::new("alice"));
    staff.set_now(clock.now());
    let discovered =
        |issuer, id| Provider::discovered(issuer, Client::confidential(id, CLIENT_SECRET)).expect("an issuer");
    let vestibule = bare_builder(&corp, &clock)
        .http_client(Town::of([corp.clone(), staff.clone()]))
        .provider("corp", discovered(ISSUER, "my-app"))
        .provider("staff", discovered(issuer, "staff-app"))
        .build()
        .expect("the settings hold together");
    let mut house = House::around(corp, clock, &vestibule);
    house.browser.site(issuer, staff.router());
    (house, staff)
}

async fn callback_of(house: &mut House, name: &str, issuer: &str) -> String {
    let page = house.browser.get_without_redirects(&format!("{APP}/auth/login/{name}?return_to=/profile")).await;
    let authorize = page.header("location").expect("the way to the provider").to_owned();
    assert!(authorize.starts_with(issuer), "{authorize}");
    let mut page = house.browser.get_without_redirects(&authorize).await;
    if page.status() == 200 {
        page = house.browser.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
    }
    page.header("location").expect("the way back").to_owned()
}

/// R20, V20: with two issuers, and with one issuer that cannot be told from itself.
#[tokio::test]
async fn a_code_delivered_to_the_callback_of_another_provider_is_rejected() {
    for issuer in [OTHER, ISSUER] {
        let (mut house, staff) = house_of_two(issuer);
        for (own, other, own_issuer, other_issuer) in
            [("corp", "staff", ISSUER, issuer), ("staff", "corp", issuer, ISSUER)]
        {
            let callback = callback_of(&mut house, own, own_issuer).await;
            assert!(callback.starts_with(&format!("{APP}/auth/callback/{own}?")), "each has a callback of its own");
            let delivered = callback.replace(&format!("/callback/{own}"), &format!("/callback/{other}"));
            house.expect_rejected(&delivered, Rejected::with(400).burning(&callback)).await;
            let callback = callback_of(&mut house, own, own_issuer).await;
            let delivered = with(&callback, "iss", other_issuer)
                .replace(&format!("/callback/{own}"), &format!("/callback/{other}"));
            house.expect_rejected(&delivered, Rejected::with(400).burning(&callback)).await;
        }
        assert_eq!((house.provider.count("/token"), staff.count("/token")), (0, 0));
    }
}

/// R20: both logins finish where they belong.
#[tokio::test]
async fn two_providers_at_once_finish_each_at_its_own_callback() {
    for issuer in [OTHER, ISSUER] {
        let (mut house, _) = house_of_two(issuer);
        let corp = callback_of(&mut house, "corp", ISSUER).await;
        let staff = callback_of(&mut house, "staff", issuer).await;
        for callback in [corp, staff] {
            let page = house.browser.get(&callback).await;
            assert_eq!((page.text(), page.url().path()), ("profile of alice", "/profile"));
        }
    }
}

/// R33: a login cookie belongs to its own name, and so to its own state.
#[tokio::test]
async fn the_cookies_of_two_logins_cannot_be_swapped() {
    for issuer in [OTHER, ISSUER] {
        let (mut house, staff) = house_of_two(issuer);
        let callbacks = [callback_of(&mut house, "corp", ISSUER).await, callback_of(&mut house, "staff", issuer).await];
        let [corp, other] = &cookies(&house.browser, "login")[..] else { panic!("two logins") };
        for (name, value) in [(&corp.name, &other.value), (&other.name, &corp.value)] {
            assert!(house.browser.set_cookie(APP, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")));
        }
        for callback in callbacks {
            house.expect_started_over(&callback, None).await;
        }
        assert_eq!((house.provider.count("/token"), staff.count("/token")), (0, 0));
    }
}

/// V20: the state of a login with one provider, the code and issuer of another.
#[tokio::test]
async fn the_answer_of_one_provider_does_not_finish_a_login_with_another() {
    let (mut house, staff) = house_of_two(OTHER);
    let corp = callback_of(&mut house, "corp", ISSUER).await;
    let evil = callback_of(&mut house, "staff", OTHER).await;
    let mixed = with(&corp, "code", &parameter(&evil, "code"));
    house.expect_rejected(&with(&mixed, "iss", OTHER), Rejected::with(502).burning(&corp)).await;
    assert_eq!(staff.count("/token"), 0);
    let mut fresh = house.another_browser();
    assert!(!callback_url_is_shared(&mut fresh).await);
}

async fn callback_url_is_shared(browser: &mut vestibule_provider::Browser) -> bool {
    let page = browser.get(&format!("{APP}/auth/login")).await;
    assert_eq!(page.status(), 200, "with two providers and no default there is a choice: {}", page.text());
    let callback = callback_url(browser, "/auth/login/corp", "alice").await;
    callback.contains("/callback/staff")
}

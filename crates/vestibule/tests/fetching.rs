//! What is asked of a provider, when, and how often.

mod house;

use std::error::Error;

use house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, builder, callback_url, provider,
    rejection::{and, with, without},
    town::Town,
};
use serde_json::json;
use vestibule::{
    Client, NotReady, Provider, ProviderError, ProviderMetadata, SignatureAlgorithm, TokenEndpointAuthMethod,
    UserInfoMethod,
    core::{Misbehaviour, ProtocolError, error::InvalidMetadata},
};
use vestibule_provider::{Fault, RecordedRequest, RegisteredClient};

const CONFIGURATION: &str = "/.well-known/openid-configuration";

fn confidential() -> Client {
    Client::confidential("my-app", CLIENT_SECRET)
}

fn discovered(client: Client) -> Provider {
    Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email")
}

fn described(client: Client, more: &str) -> Provider {
    let metadata = format!(
        r#"{{"issuer": "{ISSUER}", "authorization_endpoint": "{ISSUER}/authorize", "token_endpoint": "{ISSUER}/token",
            "userinfo_endpoint": "{ISSUER}/userinfo", "jwks_uri": "{ISSUER}/jwks" {more}}}"#
    );
    Provider::described(ProviderMetadata::from_json(metadata.as_bytes()).expect("metadata"), client)
        .scope("openid profile email")
}

fn registered() -> RegisteredClient {
    RegisteredClient::confidential("my-app", CLIENT_SECRET)
}

fn requests_to(house: &House, path: &str) -> Vec<RecordedRequest> {
    house.provider.requests().into_iter().filter(|request| request.path == path).collect()
}

fn body(request: &RecordedRequest) -> String {
    String::from_utf8(request.body.to_vec()).expect("a form")
}

#[tokio::test]
async fn the_network_is_first_touched_when_somebody_signs_in() {
    let mut house = House::new();
    house.get("/").await;
    house.get("/open").await;
    house.me().await;
    house.get("/auth/error").await;
    house.get("/auth/logout").await;
    assert_eq!(house.provider.requests().len(), 0);
    house.get("/profile").await;
    assert_eq!((house.provider.count(CONFIGURATION), house.provider.count("/jwks")), (1, 0), "keys only when needed");
}

#[tokio::test]
async fn metadata_and_keys_are_fetched_once_for_many_logins() {
    let house = House::new();
    for user in ["alice", "bob", "carol", "dave"] {
        let mut browser = house.another_browser();
        let callback = callback_url(&mut browser, "/profile", user).await;
        assert_eq!(browser.get(&callback).await.text(), format!("profile of {user}"));
    }
    assert_eq!((house.provider.count(CONFIGURATION), house.provider.count("/jwks")), (1, 1));
    assert_eq!((house.provider.count("/token"), house.provider.count("/userinfo")), (4, 4));
}

#[tokio::test]
async fn a_hundred_first_logins_at_once_fetch_the_metadata_once() {
    let house = House::new();
    let logins: Vec<_> = (0..100).map(|n| (house.another_browser(), format!("user{n}"))).collect();
    let logins = logins.into_iter().map(|(mut browser, user)| {
        tokio::spawn(async move {
            let callback = callback_url(&mut browser, "/profile", &user).await;
            assert_eq!(browser.get(&callback).await.text(), format!("profile of {user}"));
        })
    });
    for login in logins.collect::<Vec<_>>() {
        login.await.expect("signed in");
    }
    assert_eq!((house.provider.count(CONFIGURATION), house.provider.count("/jwks")), (1, 1));
}

#[tokio::test]
async fn described_metadata_is_never_asked_for() {
    let mut house = House::of(registered(), described(confidential(), ""));
    assert_eq!(house.sign_in("/name", "alice").await.text(), "Alice Liddell");
    assert_eq!((house.provider.count(CONFIGURATION), house.provider.count("/jwks")), (0, 1));
}

/// R25: a provider that promises no `iss` may leave it out; one that it sends counts all the same.
#[tokio::test]
async fn an_iss_that_was_not_promised_may_be_missing_but_not_be_wrong() {
    let mut house = House::of(registered(), described(confidential(), ""));
    let callback = house.callback_url("/profile").await;
    assert_eq!(house.browser.get(&without(&callback, "iss")).await.text(), "profile of alice");

    let mut house = House::of(registered(), described(confidential(), ""));
    let callback = house.callback_url("/profile").await;
    let expected = house::rejection::Rejected::with(502).burning(&callback);
    house.expect_rejected(&with(&callback, "iss", "https://evil.example"), expected).await;
}

/// R54, V87
#[tokio::test]
async fn a_secret_is_shown_by_the_method_that_is_set_and_by_no_other() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let [token] = &requests_to(&house, "/token")[..] else { panic!("one token request") };
    assert!(token.headers.contains_key("authorization") && !body(token).contains("client_secret"));

    let method = TokenEndpointAuthMethod::ClientSecretPost;
    let registered = registered().token_endpoint_auth_method(method);
    let mut house = House::of(registered, discovered(confidential().token_endpoint_auth_method(method)));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    let [token] = &requests_to(&house, "/token")[..] else { panic!("one token request") };
    assert!(!token.headers.contains_key("authorization") && body(token).contains("&client_secret="));
    assert!(token.query.is_none(), "never in a URL");
}

#[tokio::test]
async fn a_public_client_shows_no_secret_and_proves_itself_by_its_verifier() {
    let mut house = House::of(RegisteredClient::public("my-app"), discovered(Client::public("my-app")));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    let [token] = &requests_to(&house, "/token")[..] else { panic!("one token request") };
    assert!(!token.headers.contains_key("authorization") && !body(token).contains("client_secret"));
    assert!(body(token).contains("&code_verifier=") && body(token).contains("&client_id=my-app"));
}

/// R42: what was agreed on, and nothing else.
#[tokio::test]
async fn id_tokens_have_the_algorithm_that_was_agreed_on() {
    let es256 = SignatureAlgorithm::Es256;
    let registered_es256 = registered().id_token_signed_response_alg(es256);
    let mut house = House::of(registered_es256.clone(), discovered(confidential().id_token_signed_response_alg(es256)));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");

    let mut house = House::of(registered_es256, discovered(confidential()));
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!((page.status().as_u16(), house.me().await, house.provider.count("/userinfo")), (502, None, 0));
}

/// R53, R83
#[tokio::test]
async fn userinfo_is_asked_by_get_with_the_token_in_the_header() {
    let mut house = House::new();
    assert_eq!(house.sign_in("/name", "alice").await.text(), "Alice Liddell");
    let [userinfo] = &requests_to(&house, "/userinfo")[..] else { panic!("one userinfo request") };
    assert_eq!((userinfo.method.as_str(), &userinfo.query, userinfo.body.len()), ("GET", &None, 0));
    assert!(userinfo.headers["authorization"].to_str().expect("text").starts_with("Bearer "));
}

/// R53
#[tokio::test]
async fn userinfo_by_post_has_the_token_in_the_body_only() {
    let mut house = House::of(registered(), discovered(confidential()).userinfo(UserInfoMethod::Post));
    assert_eq!(house.sign_in("/name", "alice").await.text(), "Alice Liddell");
    let [userinfo] = &requests_to(&house, "/userinfo")[..] else { panic!("one userinfo request") };
    assert_eq!((userinfo.method.as_str(), &userinfo.query), ("POST", &None));
    assert!(!userinfo.headers.contains_key("authorization"));
    assert!(body(userinfo).starts_with("access_token="));
}

#[tokio::test]
async fn userinfo_that_is_off_is_not_asked() {
    let mut house = House::of(registered(), discovered(confidential()).userinfo(UserInfoMethod::Off));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    assert_eq!(house.provider.count("/userinfo"), 0);
    assert_eq!(house.get("/name").await.status(), 403, "a page that needs a claim which nobody gave");
}

/// R77: two fetches are a second apart, which a stopped clock passes by itself.
#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_looked_for_once_and_the_login_waits_for_it() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let callback = house.callback_url("/auth/login?return_to=/profile").await;
    house.provider.rotate_keys();
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
    assert_eq!(house.provider.count("/jwks"), 2);
    house.get("/auth/login?return_to=/profile").await;
    assert_eq!(house.provider.count("/jwks"), 2, "the new keys stay");
}

/// R77, V52
#[tokio::test(start_paused = true)]
async fn a_hundred_logins_at_once_after_a_rotation_fetch_the_keys_once() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let mut logins = Vec::new();
    for n in 0..100 {
        let mut browser = house.another_browser();
        let callback = callback_url(&mut browser, "/profile", &format!("user{n}")).await;
        logins.push((browser, callback, format!("profile of user{n}")));
    }
    house.provider.rotate_keys();
    let logins = logins.into_iter().map(|(mut browser, callback, expected)| {
        tokio::spawn(async move { assert_eq!(browser.get(&callback).await.text(), expected) })
    });
    for login in logins.collect::<Vec<_>>() {
        login.await.expect("signed in");
    }
    assert_eq!(house.provider.count("/jwks"), 2);
}

/// V52: the good keys stay when the provider shows bad ones.
#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_shows_is_looked_for_once_a_login() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.provider.set_fault(Some(Fault::UnknownKid));
    for logins in 1..=3 {
        let page = house.get("/auth/login").await;
        assert_eq!((page.status().as_u16(), house.provider.count("/jwks")), (502, 1 + logins));
    }
    house.provider.set_fault(None);
    assert_eq!(house.get("/auth/login?return_to=/profile").await.text(), "profile of alice");
    assert_eq!(house.provider.count("/jwks"), 4);
}

#[tokio::test]
async fn ready_fetches_metadata_and_keys_so_that_the_first_login_need_not() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    vestibule.ready().await.expect("ready");
    assert_eq!((provider.count(CONFIGURATION), provider.count("/jwks"), provider.requests().len()), (1, 1, 2));
    let mut house = House::around(provider, clock, &vestibule);
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    assert_eq!((house.provider.count(CONFIGURATION), house.provider.count("/jwks")), (1, 1));
}

fn reason(not_ready: &NotReady) -> &ProviderError {
    not_ready.source().and_then(<dyn Error>::downcast_ref).expect("the reason")
}

/// R93
#[tokio::test]
async fn ready_says_exactly_what_is_wrong() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");

    provider.set_fault(Some(Fault::MetadataIssuerMismatch));
    let not_ready = vestibule.ready().await.expect_err("another issuer");
    assert_eq!(not_ready.provider(), Some("corp"));
    let ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::Metadata(metadata))) = reason(&not_ready)
    else {
        panic!("{not_ready:?}")
    };
    assert!(matches!(metadata, InvalidMetadata::IssuerMismatch { expected, .. } if expected == ISSUER), "{metadata}");

    provider.set_fault(Some(Fault::Unreachable));
    let not_ready = vestibule.ready().await.expect_err("nobody there");
    assert!(matches!(reason(&not_ready), ProviderError::Unreachable(_)), "{not_ready:?}");
    assert_eq!(provider.count("/jwks"), 0);

    provider.set_fault(None);
    vestibule.ready().await.expect("ready, now");
}

#[tokio::test]
async fn ready_says_what_the_provider_cannot_do() {
    let client = confidential().token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
    let unsupported = described(
        client.id_token_signed_response_alg(SignatureAlgorithm::Es256),
        r#", "id_token_signing_alg_values_supported": ["RS256"]"#,
    );
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule =
        house::bare_builder(&provider, &clock).provider("corp", unsupported).build().expect("not known yet");
    let not_ready = vestibule.ready().await.expect_err("ES256 is not offered");
    let ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::Metadata(metadata))) = reason(&not_ready)
    else {
        panic!("{not_ready:?}")
    };
    assert!(matches!(metadata, InvalidMetadata::Unsupported { wanted: "ES256", .. }), "{metadata}");
    assert_eq!(provider.requests().len(), 0, "no keys of a provider that does not fit");

    let mut house = House::around(provider, clock, &vestibule);
    let page = house.get("/profile").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"), "a login says so too");
}

/// R62, V79: whoever followed would send the client's secret and the code there.
#[tokio::test]
async fn a_token_endpoint_that_redirects_is_not_followed() {
    for target in ["https://evil.example/token", "http://127.0.0.1:3001/stolen", "//evil.example/", "/stolen"] {
        let (provider, clock) = (provider(), TestClock::new());
        let town = Town::of([provider.clone()]);
        let vestibule =
            builder(&provider, &clock).http_client(town.clone()).build().expect("the settings hold together");
        let mut house = House::around(provider, clock, &vestibule);
        house.provider.set_fault(Some(Fault::TokenRedirect(target.to_owned())));
        let page = house.sign_in("/profile", "alice").await;
        assert_eq!((page.status().as_u16(), house.me().await), (502, None), "{target}");
        let asked: Vec<_> = town.seen().into_iter().map(|exchanged| exchanged.uri.to_string()).collect();
        assert_eq!(asked, [format!("{ISSUER}{CONFIGURATION}"), format!("{ISSUER}/token")], "{target}");
    }
}

/// R27
#[tokio::test]
async fn parameters_that_nobody_knows_are_ignored() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?tab=3").await;
    let callback = with(&and(&callback, "foo", "1"), "session_state", &json!({"a": 1}).to_string());
    let page = house.browser.get(&and(&callback, "foo", "2")).await;
    assert_eq!((page.text(), page.url().as_str()), ("profile of alice", format!("{APP}/profile?tab=3").as_str()));
}

//! Logins that are asked for by request objects (Core 6).

use serde_json::Value;
use vestibule::{
    Client, OwnKeys, Provider, RequestObjects, ResponseType,
    SignatureAlgorithm::{self, Es256, Hs256, Rs256},
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::{
    bench::{corp, header, op, run, signs_in},
    house::{APP, House, TestClock, log::Log},
};

const SECRET: &str = "a secret that is long enough for an HMAC";

fn client() -> Client {
    Client::confidential("my-app", SECRET)
}

/// The provider knows our keys, and takes objects with this algorithm only.
fn registered(algorithm: SignatureAlgorithm) -> RegisteredClient {
    RegisteredClient::confidential("my-app", SECRET)
        .redirect_uri(format!("{APP}/auth/callback/corp"))
        .jwks_uri(format!("{APP}/auth/jwks/corp"))
        .request_object_signing_alg(algorithm)
}

fn house(op: &DevelopmentProvider, corp: Provider) -> House {
    run(op, &TestClock::new(), corp, |builder| builder).1
}

/// The parameters of the newest authorization request as the browser carried them.
fn carried(op: &DevelopmentProvider) -> Vec<(String, String)> {
    let request =
        op.requests().into_iter().find(|request| request.path == "/authorize").expect("an authorization request");
    url::form_urlencoded::parse(request.query.expect("a query").as_bytes()).into_owned().collect()
}

fn parameter(carried: &[(String, String)], name: &str) -> Option<String> {
    carried.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
}

#[tokio::test]
async fn a_login_is_asked_for_by_value() {
    for (algorithm, keys) in [(Es256, true), (Hs256, false)] {
        let op = op(registered(algorithm));
        let mut corp = corp(client().request_object_signing_alg(algorithm)).request_objects(RequestObjects::ByValue);
        if keys {
            corp = corp.keys(OwnKeys::made());
        }
        let mut house = house(&op, corp.acr_values(["phr"]));
        assert!(signs_in(&mut house).await, "{algorithm:?}");
        let carried = carried(&op);
        let object = parameter(&carried, "request").expect("an object");
        assert_eq!(header(&object)["alg"], algorithm.name());
        assert_eq!(parameter(&carried, "acr_values"), None, "what is in the object is not beside it");
    }
}

/// V81
#[tokio::test]
async fn a_login_is_asked_for_by_reference_and_the_provider_fetches_it() {
    let op = op(registered(Es256));
    let corp = corp(client().request_object_signing_alg(Es256)).keys(OwnKeys::made());
    let mut house = house(&op, corp.request_objects(RequestObjects::ByReference));
    assert!(signs_in(&mut house).await);
    let carried = carried(&op);
    let place = parameter(&carried, "request_uri").expect("a place");
    assert!(place.starts_with(&format!("{APP}/auth/request_objects/corp/")) && place.len() <= 512, "{place}");
    assert_eq!(parameter(&carried, "request"), None);
    let fetched: Vec<_> = op.fetches().into_iter().map(|fetch| fetch.url).collect();
    assert!(fetched.contains(&place) && fetched.contains(&format!("{APP}/auth/jwks/corp")), "{fetched:?}");
}

#[tokio::test]
async fn a_request_object_can_be_fetched_for_two_minutes() {
    let op = op(registered(Hs256));
    let corp = corp(client().request_object_signing_alg(Hs256));
    let mut house = house(&op, corp.request_objects(RequestObjects::ByReference));
    house.get("/profile").await;
    let place = parameter(&carried(&op), "request_uri").expect("a place");
    house.pass(119);
    let page = house.browser.get(&place).await;
    assert_eq!((page.status().as_u16(), page.header("content-type")), (200, Some("application/oauth-authz-req+jwt")));
    house.pass(1);
    assert_eq!(house.browser.get(&place).await.status(), 404);
}

#[tokio::test]
async fn unsigned_ones_are_sent_where_that_was_said_aloud() {
    let registered = registered(Rs256).unsigned_request_objects();
    for way in [RequestObjects::ByValue, RequestObjects::ByReference] {
        let op = op(registered.clone());
        let corp = corp(client()).request_objects(way).insecure_unsigned_request_objects();
        assert!(signs_in(&mut house(&op, corp)).await, "{way:?}");
    }
}

#[tokio::test]
async fn who_agreed_on_an_algorithm_sends_them_as_the_provider_takes_them() {
    for (by_value, name) in [(true, "request"), (false, "request_uri")] {
        let op = op(registered(Hs256)).advertises("request_parameter_supported", by_value);
        let mut house = house(&op, corp(client().request_object_signing_alg(Hs256)));
        assert!(signs_in(&mut house).await);
        assert!(parameter(&carried(&op), name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_provider_that_takes_none_is_not_asked_by_plain_parameters_instead() {
    let op = op(registered(Hs256))
        .advertises("request_parameter_supported", false)
        .advertises("request_uri_parameter_supported", false);
    let mut house = house(&op, corp(client().request_object_signing_alg(Hs256)));
    let (log, _listening) = Log::listen();
    assert_eq!(house.get("/profile").await.status(), 502);
    assert_eq!((op.count("/authorize"), log.failures().len()), (0, 1), "{:?}", log.failures());
}

/// Registration 2: what is compared byte for byte with what was registered is never one of ours, and nobody is sent away in vain.
#[tokio::test]
async fn a_provider_that_wants_each_place_registered_is_not_asked_by_reference() {
    let op = op(registered(Hs256)).require_request_uri_registration();
    let corp = || corp(client().request_object_signing_alg(Hs256));
    let mut by_reference = house(&op, corp().request_objects(RequestObjects::ByReference));
    let (log, _listening) = Log::listen();
    assert_eq!(by_reference.get("/profile").await.status(), 502);
    assert_eq!(op.count("/authorize"), 0);
    assert!(
        log.failures().iter().all(|line| line.contains("require_request_uri_registration")),
        "{:?}",
        log.failures()
    );
    assert!(signs_in(&mut house(&op, corp().request_objects(RequestObjects::ByValue))).await);
}

/// RFC 9101 10.5
#[tokio::test]
async fn a_provider_that_demands_them_is_not_asked_without() {
    let op = op(registered(Rs256)).advertises("require_signed_request_object", Value::Bool(true));
    let mut house = house(&op, corp(client()));
    assert_eq!(house.get("/profile").await.status(), 502);
    assert_eq!(op.count("/authorize"), 0);
}

/// What the settings have for all logins, and what comes through the browser, is in the object as it would be beside it.
#[tokio::test]
async fn a_hybrid_login_is_asked_for_in_the_same_way() {
    let op = op(registered(Hs256).response_types([ResponseType::CodeIdToken]));
    let corp = corp(client().request_object_signing_alg(Hs256)).response_type(ResponseType::CodeIdToken);
    let mut house = house(&op, corp.response_mode(vestibule::ResponseMode::FormPost));
    assert!(signs_in(&mut house).await);
}

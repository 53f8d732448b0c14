//! A client that registers itself: what it tells the provider of its keys and addresses.

use serde_json::Value;
use vestibule::{
    ClientMetadata, OwnKeys, Provider, RequestObjects, ResponseMode, ResponseType,
    SignatureAlgorithm::{Es256, Rs256},
    TokenEndpointAuthMethod::PrivateKeyJwt,
    core::registration::SubjectType,
};
use vestibule_provider::DevelopmentProvider;

use crate::{
    bench::{kids, run, signed_by, signs_in},
    house::{APP, House, ISSUER, TestClock, provider},
};

fn asked() -> ClientMetadata {
    ClientMetadata::new("Photo Album").id_token_signed_response_alg(Es256)
}

fn lab(metadata: ClientMetadata) -> Provider {
    Provider::discovered(ISSUER, metadata).expect("an issuer").scope("openid profile")
}

fn house(op: &DevelopmentProvider, lab: Provider) -> House {
    run(op, &TestClock::new(), lab, |builder| builder).1
}

/// What the one registration asked for.
fn told(op: &DevelopmentProvider) -> Value {
    let requests: Vec<_> = op.requests().into_iter().filter(|request| request.path == "/register").collect();
    let [request] = &requests[..] else { panic!("one request") };
    serde_json::from_slice(&request.body).expect("JSON")
}

#[tokio::test]
async fn who_needs_no_keys_says_nothing_of_any() {
    let op = provider();
    let mut house = house(&op, lab(asked()));
    assert!(signs_in(&mut house).await);
    let told = told(&op);
    for member in ["jwks_uri", "jwks", "request_uris", "initiate_login_uri", "sector_identifier_uri"] {
        assert_eq!(told.get(member), None, "{member}");
    }
    assert_eq!(told["response_types"], serde_json::json!(["code"]));
    assert_eq!(house.get("/auth/jwks/corp").await.status(), 404);
}

#[tokio::test]
async fn request_objects_are_registered_with_where_they_are_and_what_checks_them() {
    let op = provider();
    let lab = lab(asked()).request_objects(RequestObjects::ByReference);
    let mut house = house(&op, lab);
    assert!(signs_in(&mut house).await);
    let told = told(&op);
    assert_eq!(told["jwks_uri"], format!("{APP}/auth/jwks/corp"));
    assert_eq!(told["request_uris"], serde_json::json!([format!("{APP}/auth/request_objects/corp")]));
    assert_eq!(told["request_object_signing_alg"], Rs256.name());
    assert!(op.fetches().iter().any(|fetch| fetch.url == told["jwks_uri"]), "{:?}", op.fetches());
}

#[tokio::test]
async fn an_algorithm_that_was_asked_for_has_its_key_before_the_provider_can_look() {
    let op = provider();
    let mut house = house(&op, lab(asked().request_object_signing_alg(Es256)).keys(OwnKeys::made()));
    assert_eq!(house.get("/auth/jwks/corp").await.status(), 404, "nothing is made before it is needed");
    let hold = op.hold("/register");
    let mut browser = house.another_browser();
    let login = tokio::spawn(async move { browser.get(&format!("{APP}/profile")).await });
    while hold.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    let page = house.get("/auth/jwks/corp").await;
    let jwks: Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!((kids(&jwks).len(), &jwks["keys"][0]["alg"]), (1, &"ES256".into()));
    hold.release();
    login.await.expect("no panic");
    assert!(signs_in(&mut house).await);
}

#[tokio::test]
async fn what_the_settings_say_of_logins_is_what_is_registered() {
    let op = provider();
    let lab =
        lab(asked()).response_type(ResponseType::CodeIdToken).response_mode(ResponseMode::FormPost).initiate_login();
    assert!(signs_in(&mut house(&op, lab)).await);
    let told = told(&op);
    assert_eq!(told["response_types"], serde_json::json!(["code id_token"]));
    assert_eq!(told["initiate_login_uri"], format!("{APP}/auth/initiate_login/corp"));
}

/// R103
#[tokio::test]
async fn the_sector_identifier_document_has_every_redirect_uri_that_is_registered() {
    let op = provider();
    let elsewhere = "https://other.example/callback";
    let metadata = asked().redirect_uri(elsewhere).subject_type(SubjectType::Pairwise);
    let mut house = house(&op, lab(metadata));
    house.get("/profile").await;
    let told = told(&op);
    let place = told["sector_identifier_uri"].as_str().expect("a place").to_owned();
    assert_eq!(place, format!("{APP}/auth/sector_identifier/corp"));
    let page = house.browser.get(&place).await;
    assert_eq!((page.status().as_u16(), page.header("content-type")), (200, Some("application/json")));
    let listed: Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!(listed, told["redirect_uris"]);
    assert_eq!(house.get("/auth/sector_identifier/nobody").await.status(), 404);
}

#[tokio::test]
async fn who_registers_to_prove_itself_by_key_is_known_by_the_key_that_was_made() {
    let op = provider();
    let metadata = asked().token_endpoint_auth_method(PrivateKeyJwt).token_endpoint_auth_signing_alg(Es256);
    let mut house = house(&op, lab(metadata));
    assert!(signs_in(&mut house).await);
    let page = house.get("/auth/jwks/corp").await;
    let jwks: Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!(kids(&jwks), [signed_by(&op)]);
}

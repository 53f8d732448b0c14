//! A house whose provider reaches the application for keys and request objects.

use serde_json::Value;
use vestibule::{Builder, Client, OwnKeys, Provider, SignatureAlgorithm, TokenEndpointAuthMethod, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::house::{APP, House, ISSUER, TestClock, bare_builder, provider};

pub(crate) const JWKS: &str = "/auth/jwks/corp";
pub(crate) const DAY: i64 = 24 * 3600;

/// A client that proves by ES256 who it is.
pub(crate) fn by_key() -> Client {
    Client::public("my-app")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .token_endpoint_auth_signing_alg(SignatureAlgorithm::Es256)
}

pub(crate) fn corp(client: Client) -> Provider {
    Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email")
}

/// The same client as the provider knows it, with our keys at the address that we publish.
pub(crate) fn registered() -> RegisteredClient {
    RegisteredClient::public("my-app")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .jwks_uri(format!("{APP}{JWKS}"))
        .redirect_uri(format!("{APP}/auth/callback/corp"))
}

pub(crate) fn op(registered: RegisteredClient) -> DevelopmentProvider {
    provider().client(registered)
}

/// One run of the program at this provider, which finds it.
pub(crate) fn run(
    op: &DevelopmentProvider,
    clock: &TestClock,
    corp: Provider,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Vestibule, House) {
    let builder = settings(bare_builder(op, clock).provider("corp", corp));
    let vestibule = builder.build().expect("the settings hold together");
    let house = House::around(op.clone(), clock.clone(), &vestibule);
    op.site(APP, house.app.clone());
    (vestibule, house)
}

/// A house in which our keys are made.
pub(crate) fn house() -> House {
    run(&op(registered()), &TestClock::new(), corp(by_key()).keys(OwnKeys::made()), |builder| builder).1
}

pub(crate) async fn signs_in(house: &mut House) -> bool {
    let page = house.sign_in("/profile", "alice").await;
    (page.status().as_u16(), page.text()) == (200, "profile of alice")
}

/// The key set as everybody can fetch it.
pub(crate) async fn jwks(house: &mut House) -> Value {
    let page = house.get(JWKS).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    serde_json::from_str(page.text()).expect("JSON")
}

pub(crate) fn kids(jwks: &Value) -> Vec<String> {
    let keys = jwks.get("keys").and_then(Value::as_array).expect("keys").iter();
    keys.map(|key| key.get("kid").and_then(Value::as_str).expect("a kid").to_owned()).collect()
}

/// The kid of the assertion by which the newest token request proved who we are.
pub(crate) fn signed_by(op: &DevelopmentProvider) -> String {
    let token = op.requests().into_iter().rfind(|request| request.path == "/token").expect("a token request");
    let assertion = url::form_urlencoded::parse(&token.body)
        .find_map(|(name, value)| (name == "client_assertion").then(|| value.into_owned()))
        .expect("an assertion");
    header(&assertion).get("kid").and_then(Value::as_str).expect("a kid").to_owned()
}

/// The header of a token.
pub(crate) fn header(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

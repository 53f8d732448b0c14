//! Modules about how the relying party finds the provider, and how it introduces itself.

use conformance::{
    Bench, CLIENT_ID, ISSUER, JWKS_URI, POST_LOGOUT_REDIRECT_URI, REDIRECT_URI, Setup, Variant, parameters_of,
};
use serde_json::{Value, json};
use vestibule_provider::Fault;

use super::login::expect_complete;

const WEBFINGER: &str = "/.well-known/webfinger";

/// Discovery 4.1: below the issuer, less its slash at the end. That it comes first, every module expects.
pub(crate) async fn oidcc_client_test_discovery_openid_config(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    let request = bench.the_one_at("discovery");
    assert_eq!(request.path, "/test/a/vestibule/.well-known/openid-configuration");
    assert_eq!(request.query, None);
}

/// The keys are where the metadata says and nowhere else, and an ID Token is verified before userinfo is asked.
pub(crate) async fn oidcc_client_test_discovery_jwks_uri_keys(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    let request = bench.the_one_at("jwks");
    assert!(request.path.starts_with("/test/a/vestibule/jwks") && request.path.len() == 32, "{}", request.path);
    let arrived = bench.arrived();
    let at = |endpoint: &str| arrived.iter().position(|one| one.at == endpoint);
    assert!(at("userinfo").is_none_or(|userinfo| at("jwks").is_some_and(|jwks| jwks < userinfo)));
}

/// Nothing of the metadata is used: neither is a client registered nor a person sent anywhere.
pub(crate) async fn oidcc_client_test_discovery_issuer_mismatch(variant: Variant) {
    let mut bench = Setup::of(variant).op(|op| op.advertises("issuer", format!("{ISSUER}INVALID"))).start();
    let page = bench.sign_in().await;
    let reason = format!("provider metadata names issuer '{ISSUER}INVALID', expected '{ISSUER}' (Discovery 4.3)");
    bench.expect_refused(&page, &reason).await;
    bench.expect_arrived(&["discovery"]);
}

/// Finds the provider by an identifier (Discovery 2.1) and signs in there.
async fn expect_found(variant: Variant, identifier: &str) {
    let setup = Setup::of(variant).unset("issuer").set("webfinger", identifier);
    let mut bench = setup.op(|op| op.discovered_by(identifier, ISSUER)).start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench.expect_arrived(&[vec![WEBFINGER], variant.complete()].concat());
    let request = bench.the_one_at(WEBFINGER);
    let relation = "http://openid.net/specs/connect/1.0/issuer";
    let expected =
        [("resource", identifier), ("rel", relation)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(parameters_of(&request), expected);
}

pub(crate) async fn oidcc_client_test_discovery_webfinger_acct(variant: Variant) {
    expect_found(variant, "acct:vestibule.oidcc-client-test-discovery-webfinger-acct@op.example").await;
}

pub(crate) async fn oidcc_client_test_discovery_webfinger_url(variant: Variant) {
    expect_found(variant, "https://op.example/vestibule/oidcc-client-test-discovery-webfinger-url").await;
}

/// What the relying party asked to be registered as.
pub(super) fn asked(bench: &Bench) -> Value {
    let request = bench.the_one_at("register");
    assert_eq!(request.headers.get("content-type").map(|value| value.as_bytes()), Some(&b"application/json"[..]));
    serde_json::from_slice(&request.body).expect("JSON")
}

/// The suite ends once the request is there, and judges what it says; here the new client signs Alice in besides.
pub(crate) async fn oidcc_client_test_dynamic_registration(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    let asked = asked(&bench);
    for (member, expected) in [
        ("client_name", json!("Photo Album")),
        ("contacts", json!(["ops@rp.example"])),
        ("redirect_uris", json!([REDIRECT_URI])),
        ("post_logout_redirect_uris", json!([POST_LOGOUT_REDIRECT_URI])),
        ("backchannel_logout_uri", json!("https://rp.example/auth/backchannel_logout/op")),
        ("frontchannel_logout_uri", json!("https://rp.example/auth/frontchannel_logout/op")),
        ("response_types", json!([variant.response_type])),
        ("token_endpoint_auth_method", json!(variant.client_auth_type)),
        ("id_token_signed_response_alg", json!("RS256")),
    ] {
        assert_eq!(asked.get(member), Some(&expected), "{member}: {asked}");
    }
    // One of the two, for who has keys at all.
    let jwks_uri = variant.signs().then(|| json!(JWKS_URI));
    assert_eq!((asked.get("jwks"), asked.get("jwks_uri")), (None, jwks_uri.as_ref()));
    let grant_types = asked.get("grant_types").and_then(Value::as_array).expect("a list");
    assert_eq!(grant_types.contains(&json!("authorization_code")), variant.response_type.has_code());
    let is_implicit = variant.response_type.has_id_token() || variant.response_type.has_token();
    assert_eq!(grant_types.contains(&json!("implicit")), is_implicit);
    let client_id = parameters_of(&bench.the_one_at("authorize")).into_iter().find(|(name, _)| name == "client_id");
    assert!(client_id.is_some_and(|(_, id)| id.starts_with("client_") && id.len() == 32 && id != CLIENT_ID));
}

/// Userinfo is signed whatever the relying party asked for, where it registers itself.
pub(crate) async fn oidcc_client_test_userinfo_signed(variant: Variant) {
    let algorithm = vestibule::SignatureAlgorithm::Rs256;
    let setup = Setup::of(variant).op(|op| op.substitutes_at_registration("userinfo_signed_response_alg", "RS256"));
    let setup = setup.client(|client| client.userinfo_signed_response_alg(algorithm));
    let setup = if variant.registers() { setup } else { setup.set("userinfo_signed_response_alg", "RS256") };
    let mut bench = expect_complete(setup.start()).await;
    assert_eq!(bench.claims().await.get("name"), Some(&json!("Alice Liddell")), "from userinfo");

    // And an answer that does not verify is used no more than any other.
    bench.op.set_fault(Some(Fault::UserInfoBadSignature));
    bench.change_browser();
    let page = bench.sign_in().await;
    let reason = "the userinfo response is not a usable JWS: a signature that does not verify (RFC 7515 5.2)";
    bench.expect_refused(&page, reason).await;
}

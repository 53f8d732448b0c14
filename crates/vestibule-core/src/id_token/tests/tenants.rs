//! Tokens of a provider with many tenants.

use bytes::Bytes;
use http::{Response, header};

use super::*;
use crate::{
    authorization::{AuthorizationResponse, ExpectedResponse, PendingLogin},
    discovery::DiscoveryRequest,
    error::{InvalidMetadata, Misbehaviour, ProtocolError},
    exchange::{Exchange, Step},
    issuer::Issuer,
    secret::Entropy,
    tenants::Tenants,
};

const ASKED: &str = "https://login.example.com/organizations/v2.0";
const TEMPLATE: &str = "https://login.example.com/{tenantid}/v2.0";
const ISSUER_1: &str = "https://login.example.com/t-1/v2.0";

/// What we make of metadata that names this issuer.
fn discovered(issuer: &str, tenants: Option<&[&str]>) -> Result<ProviderMetadata, ProtocolError> {
    let json = json!({
        "issuer": issuer,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    let response = response.body(Bytes::from(json.to_string())).expect("a response");
    let mut request = DiscoveryRequest::new(Issuer::parse(ASKED).expect("an issuer"));
    if let Some(tenants) = tenants {
        request = request.tenants(Tenants::new(tenants.iter().copied()).expect("tenants"));
    }
    match request.accept(NOW, response)? {
        Step::Done(metadata) => Ok(metadata),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

fn entra() -> ProviderMetadata {
    discovered(TEMPLATE, Some(&["t-1", "t-2"])).expect("metadata")
}

fn of_tenant(iss: &str, tid: &str) -> Value {
    with(with(good(), "iss", iss), "tid", tid)
}

fn verify_by(keys: &[Value], claims: &Value) -> Result<IdToken, InvalidIdToken> {
    sign(claims).verify(&set(keys), &client().expected_id_token(&entra()), NOW)
}

/// V100
#[test]
fn a_template_is_taken_where_tenants_are_listed_and_nowhere_else() {
    let many = |got: &str| InvalidMetadata::ManyTenants { asked: ASKED.to_owned(), got: Excerpt::new(got) };
    let refused = |reason: InvalidMetadata| Some(ProtocolError::Misbehaved(Misbehaviour::from(reason)));
    assert_eq!(discovered(TEMPLATE, None).err(), refused(many(TEMPLATE)));
    assert_eq!(entra().issuer().as_str(), ASKED);
    for other in ["https://evil.example/{tenantid}/v2.0", "https://login.example.com/{tenantid}"] {
        assert_eq!(discovered(other, Some(&["t-1"])).err(), refused(many(other)), "{other}");
    }
    for other in [ISSUER_1, "https://login.example.com/{tenant}/v2.0"] {
        let reason = InvalidMetadata::IssuerMismatch { expected: ASKED.to_owned(), got: Excerpt::new(other) };
        assert_eq!(discovered(other, Some(&["t-1"])).err(), refused(reason), "{other}");
    }
    let described = json!({"issuer": TEMPLATE}).to_string();
    let refused = ProviderMetadata::from_json(described.as_bytes()).err();
    assert!(matches!(refused, Some(InvalidMetadata::ManyTenants { .. })), "{refused:?}");
}

/// V100
#[test]
fn a_token_is_of_a_listed_tenant_and_says_twice_of_which() {
    let keys = [es256().public_jwk()];
    let token = verify_by(&keys, &of_tenant(ISSUER_1, "t-1")).expect("of a listed tenant");
    assert_eq!(token.issuer().as_str(), ISSUER_1);
    let refusal = |claims: &Value| verify_by(&keys, claims).err();
    let issuer = |got: &str| Some(InvalidIdToken::Issuer { expected: TEMPLATE.to_owned(), got: Excerpt::new(got) });
    for other in ["https://login.example.com/t-3/v2.0", ASKED, TEMPLATE, "https://login.example.com/t-1/v2.0/"] {
        assert_eq!(refusal(&of_tenant(other, "t-1")), issuer(other));
        assert_eq!(refusal(&of_tenant(other, "t-3")), issuer(other));
    }
    for other in ["t-2", "t-3", "T-1", ""] {
        let reason = InvalidIdToken::Tenant { expected: Excerpt::new("t-1"), got: Excerpt::new(other) };
        assert_eq!(refusal(&of_tenant(ISSUER_1, other)), Some(reason), "{other}");
    }
    assert_eq!(refusal(&with(good(), "iss", ISSUER_1)), Some(JsonFault::Missing { member: "tid" }.into()));
    assert_eq!(refusal(&with(of_tenant(ISSUER_1, "t-1"), "tid", json!(["t-1"]))), wrong_type("tid"));
}

/// V100: where no tenants are listed, `tid` is a claim like any other.
#[test]
fn of_another_provider_tid_has_no_meaning() {
    assert_eq!(refusal(&with(good(), "tid", "t-9")), None);
    assert_eq!(refusal(&with(good(), "tid", 9)), None);
}

/// V100: what the key of one tenant signs is of that tenant.
#[test]
fn a_key_that_names_an_issuer_signs_for_that_one() {
    let key = |issuer: Value| with(es256().public_jwk(), "issuer", issuer);
    let verified = |issuer: Value| verify_by(&[key(issuer)], &of_tenant(ISSUER_1, "t-1")).map(drop);
    for right in [json!(ISSUER_1), json!(TEMPLATE), json!(null), json!(1)] {
        assert_eq!(verified(right.clone()), Ok(()), "{right}");
    }
    for other in [json!("https://login.example.com/t-2/v2.0"), json!(ASKED), json!("")] {
        let refused = verified(other.clone());
        assert!(matches!(refused, Err(InvalidIdToken::Jws(InvalidJws::NoMatchingKey { .. }))), "{other}: {refused:?}");
    }
    // Of any other provider the member has no meaning.
    let keys = set(&[key(json!("https://evil.example"))]);
    assert!(sign(&good()).verify(&keys, &client().expected_id_token(&metadata_of(ISSUER)), NOW).is_ok());
}

/// V100, R22: a response that says who answers says a listed tenant.
#[test]
fn a_response_names_a_listed_tenant_if_it_names_anybody() {
    let metadata = entra();
    let accepted = |iss: &str| {
        let pending = PendingLogin::begin(Entropy::from_bytes([7; 32]), NOW);
        let query = format!("code=abc&state={}.&iss={iss}", pending.attempt());
        let response = AuthorizationResponse::from_query(&query).expect("a response");
        pending.accept(response, &ExpectedResponse::of(&metadata), NOW).map(drop)
    };
    assert_eq!(accepted(ISSUER_1), Ok(()));
    for other in [ASKED, "https://login.example.com/t-3/v2.0", "https://login.example.com/t-1/v2.0/"] {
        let reason = Misbehaviour::ResponseIssuer { expected: TEMPLATE.to_owned(), got: Excerpt::new(other) };
        assert_eq!(accepted(other), Err(reason.into()), "{other}");
    }
}

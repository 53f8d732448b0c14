use http::{Request, StatusCode};
use serde_json::{Value, json};
use vestibule_core::JwkSet;
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::party::{self, NOW, Party, browser, provider, send};

async fn keys(provider: &DevelopmentProvider) -> Vec<Value> {
    let request = Request::get(format!("http://127.0.0.1:3001{}", provider.jwks_path()));
    let answer = send(provider, request, "").await;
    party::json(&answer).get("keys").and_then(Value::as_array).expect("a key set").clone()
}

/// How many keys are of this type, curve and use.
fn count(keys: &[Value], kty: &str, crv: Option<&str>, usage: &str) -> usize {
    let is_meant = |key: &&Value| (&key["kty"], key["crv"].as_str(), &key["use"]) == (&json!(kty), crv, &json!(usage));
    keys.iter().filter(is_meant).count()
}

async fn signs_in(provider: &DevelopmentProvider) -> bool {
    let party = Party::rp(provider).await.expect("discovery");
    party.sign_in(&mut browser(provider)).await.expect("tokens").is_ok()
}

#[tokio::test]
async fn a_full_set_is_the_suites_and_a_relying_party_finds_its_key_in_it() {
    let provider = provider().with_suite_keys();
    let keys = keys(&provider).await;
    for (kty, crv, usage, expected) in [
        ("RSA", None, "sig", 2),
        ("EC", Some("P-256"), "sig", 2),
        ("EC", Some("secp256k1"), "sig", 1),
        ("OKP", Some("Ed25519"), "sig", 1),
        ("RSA", None, "enc", 1),
        ("EC", Some("P-256"), "enc", 1),
    ] {
        assert_eq!(count(&keys, kty, crv, usage), expected, "{kty} {crv:?} {usage}");
    }
    assert_eq!(keys.len(), 8);
    let algs: Vec<&str> = keys.iter().filter_map(|key| key["alg"].as_str()).collect();
    assert_eq!(algs, ["RSA-OAEP", "ECDH-ES"], "a signing key names none");
    assert!(signs_in(&provider).await);
}

/// R76
#[tokio::test]
async fn a_full_set_without_kids_has_one_key_of_each_type() {
    let provider = provider().with_suite_keys();
    provider.set_fault(Some(Fault::NoKid));
    let keys = keys(&provider).await;
    assert_eq!(
        ["RSA", "OKP"].map(|kty| keys.iter().filter(|key| key["kty"] == kty && key["use"] == "sig").count()),
        [1, 1]
    );
    assert_eq!((keys.len(), count(&keys, "EC", Some("P-256"), "sig")), (6, 1));
    assert!(keys.iter().all(|key| key.get("kid").is_some() == (key["use"] == "enc")));
    assert!(signs_in(&provider).await);
}

/// R76
#[tokio::test]
async fn a_full_set_of_many_keys_without_kids_says_no_more_of_them_than_their_type() {
    let provider = provider().with_suite_keys();
    provider.set_fault(Some(Fault::NoKidManyKeys));
    let keys = keys(&provider).await;
    assert_eq!((count(&keys, "EC", Some("P-256"), "sig"), count(&keys, "RSA", None, "enc")), (3, 1));
    let signing = keys.iter().filter(|key| key["use"] == "sig");
    assert!(signing.into_iter().all(|key| key.get("kid").is_none() && key.get("alg").is_none()));
}

/// R79
#[tokio::test]
async fn a_decoy_has_the_kid_of_another_key_and_its_type_and_algorithm_not() {
    let provider = provider().with_decoy_keys();
    let [decoy, key] = &keys(&provider).await[..] else { panic!("a key and its decoy") };
    assert_eq!(decoy["kid"], key["kid"]);
    assert!(decoy["kty"] != key["kty"] && decoy["alg"] != key["alg"]);
    let set = JwkSet::from_json(json!({"keys": [decoy, key]}).to_string().as_bytes()).expect("a key set");
    assert_eq!((set.len(), set.skipped().len()), (2, 0));
    assert!(signs_in(&provider).await);
}

#[tokio::test]
async fn an_unguessable_key_set_is_found_by_its_metadata_alone() {
    let (provider, other) = (provider().with_unguessable_jwks_uri(), provider().with_unguessable_jwks_uri());
    let path = provider.jwks_path();
    assert!(path.len() == 15 && path.starts_with("/jwks") && path != other.jwks_path(), "{path}");
    let guessed = send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
    assert_eq!(guessed.status(), StatusCode::NOT_FOUND);
    assert!(signs_in(&provider).await);
    assert_eq!(provider.count(&path), 1);
}

/// R77
#[tokio::test]
async fn keys_that_rotate_at_an_endpoint_are_never_the_ones_that_were_seen() {
    let provider = provider().rotates_keys_at("/token");
    let party = Party::rp(&provider).await.expect("discovery");
    let expected = party.client.expected_id_token(&party.metadata);
    let mut seen = party.keys;
    for _ in 0..2 {
        let party = Party::rp(&provider).await.expect("discovery");
        let tokens = party.tokens("openid").await.expect("tokens");
        assert!(tokens.id_token().verify(&seen, &expected, NOW).is_err());
        seen = Party::rp(&provider).await.expect("discovery").keys;
        let tokens = party.tokens("openid").await.expect("tokens");
        assert!(tokens.id_token().verify(&seen, &expected, NOW).is_err(), "not even a moment ago");
        seen = Party::rp(&provider).await.expect("discovery").keys;
        assert!(tokens.id_token().verify(&seen, &expected, NOW).is_ok());
    }
}

use serde_json::{Value, json as value};
use vestibule_core::{
    JwkSet, SignatureAlgorithm,
    jose::{CompactJws, InvalidJws},
};
use vestibule_provider::{DevelopmentProvider, LogoutTokenDraft, LogoutTokenFault};

use crate::{
    party::{NOW, claims, part, send},
    town::{logout_token, provider},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn draft(provider: &DevelopmentProvider) -> LogoutTokenDraft {
    provider.logout_token("rp").sub("alice").sid("s-1").jti("j-1")
}

async fn verified(provider: &DevelopmentProvider, token: &str) -> Result<(), InvalidJws> {
    let keys = send(provider, http::Request::get("http://127.0.0.1:3001/jwks"), "").await;
    let keys = JwkSet::from_json(keys.body()).expect("a key set");
    CompactJws::parse(token).expect("a token").verify(SignatureAlgorithm::Es256, &keys)
}

/// What is said by a token without a fault.
fn right() -> Value {
    value!({
        "iss": "http://127.0.0.1:3001", "aud": "rp", "iat": NOW, "exp": NOW.plus(120), "jti": "j-1",
        "events": {EVENT: {}}, "sub": "alice", "sid": "s-1",
    })
}

/// Back-Channel Logout 2.6
#[tokio::test]
async fn each_fault_breaks_its_one_rule_and_no_other() {
    let provider = provider();
    assert_eq!(claims(&draft(&provider).sign()), right());
    for (fault, changes) in [
        (LogoutTokenFault::WrongIssuer, vec![("iss", Some(value!("https://stranger.example")))]),
        (LogoutTokenFault::WrongAudience, vec![("aud", Some(value!("another-client")))]),
        (LogoutTokenFault::MissingIssuedAt, vec![("iat", None)]),
        (LogoutTokenFault::OldIssuedAt, vec![("iat", Some(value!(NOW.minus(3600))))]),
        (
            LogoutTokenFault::FutureIssuedAt,
            vec![("iat", Some(value!(NOW.plus(3600)))), ("exp", Some(value!(NOW.plus(3720))))],
        ),
        (LogoutTokenFault::MissingExpiry, vec![("exp", None)]),
        (LogoutTokenFault::Expired, vec![("iat", Some(value!(NOW.minus(100)))), ("exp", Some(value!(NOW.minus(90))))]),
        (LogoutTokenFault::MissingJti, vec![("jti", None)]),
        (LogoutTokenFault::MissingEvents, vec![("events", None)]),
        (LogoutTokenFault::EventsNotAnObject, vec![("events", Some(value!([EVENT])))]),
        (
            LogoutTokenFault::WrongEvent,
            vec![("events", Some(value!({"http://schemas.openid.net/event/something-else": {}})))],
        ),
        (LogoutTokenFault::EventNotAnObject, vec![("events", Some(value!({EVENT: "yes"})))]),
        (LogoutTokenFault::Nonce, vec![("nonce", Some(value!("n-1")))]),
        (LogoutTokenFault::NullNonce, vec![("nonce", Some(Value::Null))]),
        (LogoutTokenFault::NeitherSubNorSid, vec![("sub", None), ("sid", None)]),
    ] {
        let mut expected = right();
        let members = expected.as_object_mut().expect("an object");
        for (name, value) in changes {
            match value {
                Some(value) => drop(members.insert(name.to_owned(), value)),
                None => drop(members.remove(name)),
            }
        }
        let token = draft(&provider).fault(fault).sign();
        assert_eq!((claims(&token), part(&token, 0)["typ"].as_str()), (expected, Some("logout+jwt")), "{fault:?}");
        assert_eq!(verified(&provider, &token).await, Ok(()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_of_the_signature_leaves_the_claims_alone() {
    let provider = provider();
    for (fault, alg) in [
        (LogoutTokenFault::AlgNone, "none"),
        (LogoutTokenFault::WrongAlgorithm, "RS256"),
        (LogoutTokenFault::UnknownKid, "ES256"),
        (LogoutTokenFault::BadSignature, "ES256"),
    ] {
        let token = draft(&provider).fault(fault).sign();
        assert_eq!((claims(&token), part(&token, 0)["alg"].as_str()), (right(), Some(alg)), "{fault:?}");
        let reason = verified(&provider, &token).await.expect_err("it is not to be trusted");
        let expected = match fault {
            LogoutTokenFault::UnknownKid => matches!(reason, InvalidJws::NoMatchingKey { .. }),
            LogoutTokenFault::BadSignature => reason == InvalidJws::Signature,
            _ => matches!(reason, InvalidJws::Algorithm { .. }),
        };
        assert!(expected, "{fault:?}: {reason}");
    }
    assert_eq!(part(&draft(&provider).fault(LogoutTokenFault::WrongTyp).sign(), 0)["typ"], value!("at+jwt"));
    let of_shop = provider.logout_token("shop").sub("alice").fault(LogoutTokenFault::WrongAlgorithm).sign();
    assert_eq!(part(&of_shop, 0)["alg"], value!("ES256"));
}

#[tokio::test]
async fn a_test_may_say_whatever_it_likes() {
    let provider = provider();
    let token =
        draft(&provider).claim("extra", 1).claim("aud", value!(["rp", "other"])).without("sid").typ("JWT").sign();
    let said = claims(&token);
    assert_eq!((&said["extra"], &said["aud"], said.get("sid")), (&value!(1), &value!(["rp", "other"]), None));
    assert_eq!(part(&token, 0)["typ"], value!("JWT"));
    assert!(part(&draft(&provider).without_typ().sign(), 0).get("typ").is_none());
    // Else no two have the same.
    let jti = || claims(&provider.logout_token("rp").sign())["jti"].clone();
    assert_ne!(jti(), jti());
    let request = draft(&provider).request();
    assert_eq!((claims(&logout_token(&request)), request.uri().path()), (right(), "/back"));
}

#[tokio::test]
#[should_panic(expected = "no client is registered as nobody")]
async fn a_token_is_for_a_client_that_is_there() {
    drop(provider().logout_token("nobody"));
}

#[tokio::test]
async fn debug_prints_no_claim() {
    let printed = format!("{:?}", draft(&provider()).sub("canary").claim("canary_claim", "canary2"));
    assert!(
        !printed.contains("canary\"") && !printed.contains("canary2") && printed.contains("canary_claim"),
        "{printed}"
    );
}

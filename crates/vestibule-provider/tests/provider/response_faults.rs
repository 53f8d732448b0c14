use serde_json::{Value, json};
use vestibule_core::{JwkSet, ResponseMode, SignatureAlgorithm, jose::CompactJws};
use vestibule_provider::{Fault, User};

use crate::{
    front::{Response, browser, half_hash, provider, response},
    party::{NOW, authorize_url, claims, json as document, part, send, text},
};

const HYBRID: [(&str, &str); 1] = [("response_type", "code id_token token")];

/// What is wrong in an ID Token: the claim, and its value, or `null` where it is missing.
fn of_claims() -> Vec<(Fault, &'static str, Value)> {
    vec![
        (Fault::WrongNonce, "nonce", json!("the-nonce-of-another-login")),
        (Fault::LongerNonce, "nonce", json!("n-11")),
        (Fault::MissingNonce, "nonce", Value::Null),
        (Fault::WrongIssuer, "iss", json!("https://stranger.example")),
        (Fault::MissingIssuer, "iss", Value::Null),
        (Fault::WrongSubject, "sub", json!("somebody-else")),
        (Fault::MissingSubject, "sub", Value::Null),
        (Fault::WrongAudience, "aud", json!("another-client")),
        (Fault::SecondAudience, "aud", json!(["rp", "another-client"])),
        (Fault::AudienceAsList, "aud", json!(["rp"])),
        (Fault::MissingAudience, "aud", Value::Null),
        (Fault::Expired, "exp", json!(NOW.plus(300 - 3900))),
        (Fault::MissingExpiry, "exp", Value::Null),
        (Fault::OldIssuedAt, "iat", json!(NOW.minus(7 * 24 * 60 * 60))),
        (Fault::MissingIssuedAt, "iat", Value::Null),
        (Fault::WrongAccessTokenHash, "at_hash", json!(half_hash("another token"))),
        (Fault::MissingAccessTokenHash, "at_hash", Value::Null),
        (Fault::StaleAuthTime, "auth_time", json!(NOW.minus(24 * 60 * 60))),
        (Fault::MissingAuthTime, "auth_time", Value::Null),
        (Fault::MissingSessionId, "sid", Value::Null),
        (Fault::NamelessSignIn, "auth_time", Value::Null),
        (Fault::NamelessSignIn, "sid", Value::Null),
        (Fault::WrongAcr, "acr", json!("something-else")),
        (Fault::MissingAcr, "acr", Value::Null),
    ]
}

/// The ID Tokens of the authorization endpoint and of the token endpoint.
async fn id_tokens(fault: Fault) -> [Value; 2] {
    let provider = provider().user(User::new("alice").acr("pwd"));
    provider.set_fault(Some(fault));
    let response = response(&provider, &HYBRID).await;
    [response.id_token(), claims(text(&response.redeem(&provider).await, "id_token"))]
}

#[tokio::test]
async fn what_is_wrong_in_an_id_token_is_so_in_the_first_or_in_the_second() {
    for (fault, claim, value) in of_claims() {
        let [front, back] = id_tokens(fault.clone()).await;
        assert_eq!(front[claim], value, "{fault:?}");
        assert_ne!(back[claim], value, "{fault:?}");
        let [front, back] = id_tokens(Fault::AtTokenEndpoint(Box::new(fault.clone()))).await;
        assert_ne!(front[claim], value, "{fault:?}");
        assert_eq!(back[claim], value, "{fault:?}");
    }
    for (fault, value) in
        [(Fault::WrongCodeHash, json!(half_hash("another code"))), (Fault::MissingCodeHash, json!(null))]
    {
        let [front, _] = id_tokens(fault).await;
        assert_eq!(front["c_hash"], value);
    }
}

#[tokio::test]
async fn where_one_id_token_comes_it_is_the_one_that_is_wrong() {
    let provider = provider();
    for (fault, claim, value) in of_claims() {
        provider.set_fault(Some(fault.clone()));
        for response_type in ["code", "code token"] {
            let response = response(&provider, &[("response_type", response_type)]).await;
            let tokens = response.redeem(&provider).await;
            assert_eq!(claims(text(&tokens, "id_token"))[claim], value, "{fault:?} {response_type}");
        }
    }
    provider.set_fault(Some(Fault::LongerNonce));
    let response = response(&provider, &[("nonce", "")]).await;
    let tokens = response.redeem(&provider).await;
    assert_eq!(claims(text(&tokens, "id_token"))["nonce"], "null1");
}

/// Whatever the client's algorithm is.
#[tokio::test]
async fn a_signature_is_broken_or_of_another_kind() {
    for (algorithm, other) in [
        (SignatureAlgorithm::Es256, "RS256"),
        (SignatureAlgorithm::EdDsa, "ES256"),
        (SignatureAlgorithm::Rs256, "ES256"),
    ] {
        let provider = provider().client(crate::front::rp().id_token_signed_response_alg(algorithm));
        let jwks = document(&send(&provider, http::Request::get("http://127.0.0.1:3001/jwks"), "").await);
        let keys = JwkSet::from_json(jwks.to_string().as_bytes()).expect("keys");
        for (fault, alg, is_good) in [
            (None, algorithm.name(), true),
            (Some(Fault::BadSignature), algorithm.name(), false),
            (Some(Fault::WrongAlgorithm), other, false),
            (Some(Fault::HmacUnderPublicKey), "HS256", false),
            (Some(Fault::AlgNone), "none", false),
        ] {
            provider.set_fault(fault.clone());
            let response = response(&provider, &[("response_type", "id_token")]).await;
            let token = response.piece("id_token");
            assert_eq!(part(token, 0)["alg"], alg, "{fault:?}");
            let verified = CompactJws::parse(token).expect("a token").verify(algorithm, &keys);
            assert_eq!(verified.is_ok(), is_good, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_kid_is_missing_in_both() {
    let provider = provider();
    provider.set_fault(Some(Fault::NoKid));
    let response = response(&provider, &HYBRID).await;
    let tokens = response.redeem(&provider).await;
    for token in [response.piece("id_token"), text(&tokens, "id_token")] {
        assert!(part(token, 0).get("kid").is_none());
    }
}

#[tokio::test]
async fn a_piece_of_a_response_is_missing() {
    let provider = provider();
    for (fault, name) in [
        (Fault::MissingCode, "code"),
        (Fault::MissingFrontChannelIdToken, "id_token"),
        (Fault::MissingFrontChannelAccessToken, "access_token"),
        (Fault::MissingTokenType, "token_type"),
        (Fault::MissingState, "state"),
        (Fault::MissingResponseIssuer, "iss"),
    ] {
        provider.set_fault(None);
        let good = response(&provider, &HYBRID).await;
        provider.set_fault(Some(fault));
        let response = response(&provider, &HYBRID).await;
        let missing: Vec<_> = good.pieces.keys().filter(|name| response.get(name).is_none()).collect();
        assert_eq!(missing, [name]);
    }
}

#[tokio::test]
async fn a_piece_of_a_response_is_wrong_or_too_much() {
    let provider = provider();
    for (fault, response_type, name, value) in [
        (Fault::WrongState, "code", "state", Some("the-state-of-another-login")),
        (Fault::WrongTokenType, "code token", "token_type", Some("mac")),
        (Fault::ExtraCode, "id_token", "code", None),
        (Fault::ExtraIdToken, "code", "id_token", None),
        (Fault::ExtraAccessToken, "code id_token", "access_token", None),
    ] {
        provider.set_fault(Some(fault));
        let response = response(&provider, &[("response_type", response_type)]).await;
        assert_eq!(Some(response.piece(name)), value.or_else(|| response.get(name)));
    }
}

#[tokio::test]
async fn a_response_goes_another_way_than_was_asked_for() {
    let provider = provider();
    for mode in [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost] {
        provider.set_fault(Some(Fault::OtherResponseMode(mode)));
        for response_type in ["code", "id_token"] {
            let response = response(&provider, &[("response_type", response_type)]).await;
            assert_eq!(response.way, mode.name());
        }
        let page = browser(&provider).get(&authorize_url(&[("prompt", "none")])).await;
        assert_eq!((Response::of(&page).way, Response::of(&page).get("error")), (mode.name(), Some("login_required")));
    }
}

/// The module of the error in a form.
#[tokio::test]
async fn an_error_goes_by_a_form_where_a_form_is_asked_for() {
    let provider = provider();
    provider.set_fault(Some(Fault::AuthorizeError { error: "login_required".to_owned(), error_description: None }));
    let page = browser(&provider)
        .get(&authorize_url(&[("response_mode", "form_post"), ("max_age", "0"), ("prompt", "none")]))
        .await;
    let response = Response::of(&page);
    assert_eq!(
        (response.way, response.piece("error"), response.piece("state")),
        ("form_post", "login_required", "s 1")
    );
}

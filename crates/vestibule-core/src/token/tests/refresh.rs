//! New tokens for a refresh token.

use super::*;

fn refresh_request(client: &Client, metadata: &ProviderMetadata) -> RefreshRequest {
    client.refresh(metadata, "canary-refresh/+ %").expect("a request")
}

fn refresh(response: Response<Bytes>) -> Result<RefreshResponse, ProtocolError> {
    match refresh_request(&Client::public("rp"), &metadata()).accept(NOW, response)? {
        Step::Done(tokens) => Ok(tokens),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

fn renewed(body: &Value) -> RefreshResponse {
    refresh(answer(200, &body.to_string())).expect("tokens")
}

fn refused(body: &Value) -> Option<ProtocolError> {
    refresh(answer(200, &body.to_string())).err()
}

/// Core 12.1, RFC 6749 6, R53
#[test]
fn the_request_has_the_refresh_token_in_its_body_and_nowhere_else() {
    let mut exchange = refresh_request(&Client::confidential("rp", "secret"), &metadata());
    let request = exchange.request(NOW, entropy());
    assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::POST, TOKEN_ENDPOINT));
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
    let expected: HashMap<_, _> = [("grant_type", "refresh_token"), ("refresh_token", "canary-refresh/+ %")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(form(&request), expected);
}

/// RFC 6749 6: "the client MUST authenticate with the authorization server", as with a code (V87).
#[test]
fn we_authenticate_as_with_a_code() {
    let sent = |client: &Client, metadata: &ProviderMetadata| refresh_request(client, metadata).request(NOW, entropy());
    let confidential = Client::confidential("rp", "s");
    assert!(sent(&confidential, &metadata()).headers().contains_key(header::AUTHORIZATION));
    let posted = form(&sent(&confidential, &offering(&["client_secret_post"])));
    assert_eq!((posted["client_id"].as_str(), posted["client_secret"].as_str()), ("rp", "s"));
    let public = sent(&Client::public("rp"), &metadata());
    assert_eq!(form(&public)["client_id"], "rp");
    assert!(!public.headers().contains_key(header::AUTHORIZATION));
    let refused = confidential.refresh(&offering(&["private_key_jwt"]), "r").err();
    assert!(matches!(refused, Some(InvalidMetadata::Unsupported { .. })), "{refused:?}");
}

/// R89: RFC 6749 6: "The requested scope MUST NOT include any scope not originally granted".
#[test]
fn a_scope_is_asked_for_only_within_what_was_granted() {
    let narrowed = |scope, granted| refresh_request(&Client::public("rp"), &metadata()).narrowed_to(scope, granted);
    for (scope, granted) in [("openid", "openid email"), ("email openid", "openid email"), ("openid", "openid")] {
        let mut exchange = narrowed(scope, granted).expect("a request");
        assert_eq!(form(&exchange.request(NOW, entropy()))["scope"], scope);
    }
    for (scope, granted, stranger) in [
        ("openid admin", "openid email", "admin"),
        ("Email", "openid email", "Email"),
        ("openid", "", "openid"),
        ("mail", "openid email", "mail"),
    ] {
        let refused = narrowed(scope, granted).expect_err("not granted").to_string();
        assert!(refused.starts_with(&format!("the scope '{stranger}' was not granted")), "{refused}");
    }
}

/// R86: Core 12.2: "it might not contain an id_token"; RFC 6749 6: "MAY issue a new refresh token".
#[test]
fn an_answer_with_nothing_but_an_access_token_is_accepted() {
    let tokens = renewed(&without(good(), "id_token"));
    assert_eq!(tokens.access_token().expose(), "canary-access");
    assert!(tokens.id_token().is_none());
    assert_eq!((tokens.expires_in(), tokens.refresh_token(), tokens.scope()), (None, None, None));
}

#[test]
fn a_whole_answer_is_read_whole() {
    let body = with(with(with(good(), "expires_in", 3600), "refresh_token", "r"), "scope", "openid");
    let tokens = renewed(&with(body, "unknown", json!([1])));
    assert_eq!(tokens.expires_in(), Some(3600));
    assert_eq!(tokens.refresh_token().map(|token| token.expose().as_str()), Some("r"));
    assert_eq!(tokens.scope(), Some("openid"));
    assert!(tokens.id_token().is_some());
}

/// R87: RFC 6749 A.17: an empty token must not take the place of the one that we have.
#[test]
fn an_empty_refresh_token_is_none() {
    let body = with(good(), "refresh_token", "");
    assert_eq!(renewed(&body).refresh_token(), None);
    assert_eq!(read(answer(200, &body.to_string())).expect("tokens").refresh_token(), None);
}

/// R89: what the answer says is kept for the record, and what the application may rely on is never more than was granted.
#[test]
fn a_scope_that_grew_is_recorded_and_not_granted() {
    let granted = "openid email profile";
    for (said, within) in [
        (Some("openid email profile admin"), "openid email profile"),
        (Some("admin openid"), "openid"),
        (Some("profile openid"), "openid profile"),
        (Some("OPENID mail"), ""),
        (Some(""), ""),
        (None, granted),
    ] {
        let body = said.map_or_else(good, |said| with(good(), "scope", said));
        let tokens = renewed(&body);
        assert_eq!(tokens.scope(), said);
        assert_eq!(tokens.scope_within(granted), within, "{said:?}");
    }
}

/// R48, V43: the ID Token that comes along vouches for the access token that it came with.
#[test]
fn the_id_token_is_held_to_the_access_token_beside_it() {
    use crate::{
        error::InvalidIdToken,
        id_token::FirstIdToken,
        jose::{JwkSet, SignatureAlgorithm, SigningKey, access_token_hash},
    };
    let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let keys = JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("a key set");
    let (client, metadata) = (Client::public("rp").id_token_signed_response_alg(SignatureAlgorithm::Es256), metadata());
    for (hashed, reason) in [("canary-access", None), ("another", Some(InvalidIdToken::AccessTokenHash))] {
        let claims = json!({
            "iss": "https://login.example.com", "sub": "alice", "aud": "rp", "iat": NOW, "exp": NOW.plus(60),
            "at_hash": access_token_hash(SignatureAlgorithm::Es256, hashed),
        });
        let id_token = Secret::from(key.sign("JWT", claims.to_string().as_bytes()).expect("signed"));
        let tokens = renewed(&with(good(), "id_token", id_token.expose().as_str()));
        let first = FirstIdToken::from_raw(&id_token).expect("an ID Token");
        let verified = tokens.id_token().map(|t| t.verify(&keys, &client.expected_id_token(&metadata), &first, NOW));
        assert_eq!(verified.expect("an ID Token").err(), reason);
    }
}

/// R90: what ends the tokens, and what does not.
#[test]
fn a_refusal_is_told_apart_from_a_failure() {
    for status in [400, 401, 200] {
        match refresh(answer(status, r#"{"error":"invalid_grant"}"#)) {
            Err(ProtocolError::Denied(error)) => assert!(error.is_invalid_grant(), "{status}"),
            other => panic!("{status}: {other:?}"),
        }
    }
    // Whatever the body says: a server that fails speaks for nobody.
    for status in [429, 500, 502, 503] {
        for body in [r#"{"error":"invalid_grant"}"#, "<html>"] {
            let error = refresh(answer(status, body)).expect_err("refused");
            assert_eq!(Some(error.clone()), unexpected_status(status));
            assert!(error.is_transient(), "{status}");
        }
    }
}

/// R50, R65, V10: as with a code.
#[test]
fn what_is_refused_of_a_code_is_refused_of_a_refresh() {
    let plain = without(good(), "id_token");
    let mac = Misbehaviour::TokenType { got: Excerpt::new("mac") };
    assert_eq!(refused(&with(plain.clone(), "token_type", "mac")), misbehaved(mac));
    assert_eq!(refused(&without(plain.clone(), "token_type")), json_fault(JsonFault::Missing { member: "token_type" }));
    let no_token = json_fault(JsonFault::Missing { member: "access_token" });
    assert_eq!(refused(&without(plain.clone(), "access_token")), no_token);
    assert_eq!(refused(&with(plain.clone(), "access_token", "a\r\nb")), misbehaved(Misbehaviour::AccessToken));
    for name in ["id_token", "refresh_token", "scope", "expires_in", "error"] {
        let reason = json_fault(JsonFault::WrongType { member: name });
        assert_eq!(refused(&with(plain.clone(), name, json!(null))), reason, "{name}");
    }
    assert_eq!(refresh(answer(302, &plain.to_string())).err(), unexpected_status(302));
    let limit = RefreshRequest::LIMITS.body_bytes;
    let large = with(plain, "padding", "x".repeat(limit)).to_string();
    assert_eq!(refresh(answer(200, &large)).err(), misbehaved(Misbehaviour::BodyTooLarge { limit }));
}

/// V69
#[test]
fn debug_texts_hold_no_token() {
    let request = refresh_request(&Client::confidential("rp", "canary-secret"), &metadata());
    let response = renewed(&with(good(), "refresh_token", "canary-refresh"));
    let shown = format!("{request:?} {response:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

//! Responses with an ID Token: nothing that came along is to be had before it is verified, nor by one that does not fit.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Response, header};

use super::*;
use crate::{
    SignatureAlgorithm::Es256,
    error::{Difference, InvalidIdToken},
    exchange::{Exchange, Step},
    jose::{JwkSet, SigningKey, digest},
    token::TokenResponse,
};

const CODE: &str = "canary-code";
const ACCESS_TOKEN: &str = "canary-access";

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Es256).expect("a key"))
}

fn keys() -> JwkSet {
    JwkSet::from_json(json!({"keys": [key().public_jwk()]}).to_string().as_bytes()).expect("a key set")
}

fn client() -> Client {
    Client::public("rp").id_token_signed_response_alg(Es256)
}

/// The claims of an ID Token for login 7, and these.
fn claims(more: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": "rp", "exp": NOW.plus(600), "iat": NOW, "nonce": pending(7).nonce(),
    });
    for (name, value) in more.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

fn sign(claims: &Value) -> String {
    key().sign("JWT", claims.to_string().as_bytes()).expect("signed")
}

fn hashes() -> Value {
    json!({"c_hash": digest::code_hash(Es256, CODE), "at_hash": digest::access_token_hash(Es256, ACCESS_TOKEN)})
}

/// What a response to this request brings, with these claims in its ID Token.
fn verify(request: &AuthorizationRequest, claims: &Value) -> Result<FrontChannel, InvalidIdToken> {
    verify_by(&client(), request, claims)
}

fn verify_by(client: &Client, request: &AuthorizationRequest, claims: &Value) -> Result<FrontChannel, InvalidIdToken> {
    let login = pending(7).asking(request);
    let (state, id_token) = (login.state(""), sign(claims));
    let mut form = vec![("state", state.as_str()), ("id_token", &id_token)];
    if login.response_type().has_code() {
        form.push(("code", CODE));
    }
    if login.response_type().has_token() {
        form.extend([("access_token", ACCESS_TOKEN), ("token_type", "Bearer"), ("expires_in", "60")]);
    }
    let response = AuthorizationResponse::from_fragment(&query(&form)).expect("a response");
    let metadata = metadata();
    let Accepted::FrontChannel(response) =
        login.accept(response, &ExpectedResponse::of(&metadata), NOW).expect("accepted")
    else {
        panic!("an ID Token came along");
    };
    response.verify(&keys(), &client.expected_id_token(&metadata), NOW)
}

fn of(response_type: ResponseType) -> AuthorizationRequest {
    request().response_type(response_type)
}

/// The answer of the token endpoint to this code, with these claims in its ID Token.
fn redeem(code: AuthorizationCode, claims: &Value) -> TokenResponse {
    let exchange = client().redeem(&metadata(), REDIRECT_URI, code).expect("a request");
    let body = json!({"access_token": "another", "token_type": "Bearer", "id_token": sign(claims)}).to_string();
    let answer = Response::builder().header(header::CONTENT_TYPE, "application/json").body(Bytes::from(body));
    match exchange.accept(NOW, answer.expect("valid")).expect("tokens") {
        Step::Done(tokens) => tokens,
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

#[test]
fn a_verified_id_token_brings_what_came_along() {
    for response_type in ResponseType::ALL.into_iter().filter(|known| known.has_id_token()) {
        let FrontChannel { id_token, granted, code } =
            verify(&of(response_type), &claims(&hashes())).expect("verified");
        assert_eq!(id_token.subject().as_str(), "alice");
        let granted = granted.map(|granted| (granted.access_token().expose().clone(), granted.expires_in()));
        assert_eq!(granted, response_type.has_token().then(|| (ACCESS_TOKEN.to_owned(), Some(60))));
        let code = code.map(|code| code.code.expose().clone());
        assert_eq!(code, response_type.has_code().then(|| CODE.to_owned()));
    }
}

/// R35, V43: Core 3.2.2.10 and 3.3.2.11
#[test]
fn the_hash_of_what_came_along_is_there_and_fits() {
    use InvalidIdToken::{AccessTokenHash, AccessTokenHashMissing, CodeHash, CodeHashMissing};
    for response_type in ResponseType::ALL.into_iter().filter(|known| known.has_id_token()) {
        for (hash, is_needed, missing, wrong) in [
            ("c_hash", response_type.has_code(), CodeHashMissing, CodeHash),
            ("at_hash", response_type.has_token(), AccessTokenHashMissing, AccessTokenHash),
        ] {
            let mut lacking = claims(&hashes());
            lacking.as_object_mut().expect("an object").remove(hash);
            let refused = verify(&of(response_type), &lacking).err();
            assert_eq!(refused, is_needed.then_some(missing), "{response_type}");
            for another in [digest::code_hash(Es256, "another"), String::new()] {
                lacking[hash] = another.into();
                let refused = verify(&of(response_type), &lacking).err();
                assert_eq!(refused, is_needed.then(|| wrong.clone()), "{response_type}");
            }
        }
    }
}

/// R45, V18: both ID Tokens of a hybrid flow are of this login.
#[test]
fn both_id_tokens_have_the_nonce() {
    let hybrid = of(ResponseType::CodeIdToken);
    for (nonce, reason) in
        [(json!("another"), InvalidIdToken::Nonce), (json!(pending(8).nonce()), InvalidIdToken::Nonce)]
    {
        let mut other = claims(&hashes());
        other["nonce"] = nonce;
        assert_eq!(verify(&hybrid, &other).err(), Some(reason.clone()));
        let code = verify(&hybrid, &claims(&hashes())).expect("verified").code.expect("a code");
        let tokens = redeem(code, &other);
        let metadata = metadata();
        let refused = tokens.id_token().verify(&keys(), &client().expected_id_token(&metadata), NOW);
        assert_eq!(refused.err(), Some(reason));
    }
}

/// R35: Core 3.3.3.6
#[test]
fn both_id_tokens_are_about_one_person_at_one_provider() {
    let front = claims(&hashes());
    let code = || verify(&of(ResponseType::CodeIdToken), &front).expect("verified").code.expect("a code");
    let there = "https://other.example";
    for (claim, value, issuer, refused) in [
        ("sub", "alice", ISSUER, None),
        (
            "sub",
            "mallory",
            ISSUER,
            Some(Difference::Subject { first: Excerpt::new("alice"), got: Excerpt::new("mallory") }),
        ),
        ("iss", there, there, Some(Difference::Issuer { first: Excerpt::new(ISSUER), got: Excerpt::new(there) })),
    ] {
        let metadata = metadata_with("issuer", issuer);
        // The token endpoint need not repeat the hashes.
        let tokens = redeem(code(), &claims(&json!({claim: value})));
        let verified = tokens.id_token().verify(&keys(), &client().expected_id_token(&metadata), NOW);
        assert_eq!(verified.err(), refused.map(InvalidIdToken::NotOfThisResponse), "{claim}");
    }
}

/// R46, R47: Core 3.3.3.6: of two ID Tokens, the one of the token endpoint shows how the person signed in.
#[test]
fn what_was_demanded_is_shown_by_the_id_token_of_the_session() {
    let demanding = |response_type| of(response_type).max_age(60).essential_acr(["phr"]).expect("a value");
    let shown = claims(&json!({"acr": "phr", "auth_time": NOW}));
    let metadata = metadata();
    let expected_by = client();
    let expected = expected_by.expected_id_token(&metadata);

    let code = verify(&demanding(ResponseType::CodeIdToken), &claims(&hashes())).expect("verified").code;
    let tokens = |claims: &Value| {
        let again = verify(&demanding(ResponseType::CodeIdToken), &self::claims(&hashes())).expect("verified").code;
        redeem(again.expect("a code"), claims)
    };
    assert!(code.is_some());
    assert_eq!(tokens(&shown).id_token().verify(&keys(), &expected, NOW).err(), None);
    let refused = tokens(&claims(&json!({}))).id_token().verify(&keys(), &expected, NOW).err();
    assert_eq!(refused, Some(InvalidIdToken::AcrMissing));
    let refused = tokens(&claims(&json!({"acr": "phr"}))).id_token().verify(&keys(), &expected, NOW).err();
    assert_eq!(refused, Some(InvalidIdToken::AuthTimeMissing));

    let implicit = demanding(ResponseType::IdToken);
    assert_eq!(verify(&implicit, &shown).err(), None);
    assert_eq!(verify(&implicit, &claims(&json!({"auth_time": NOW}))).err(), Some(InvalidIdToken::AcrMissing));
    assert_eq!(verify(&implicit, &claims(&json!({"acr": "phr"}))).err(), Some(InvalidIdToken::AuthTimeMissing));
}

/// R47: Registration 2, Core 3.3.3.6: what was registered is shown by the same one.
#[test]
fn a_registered_max_age_is_shown_by_the_id_token_of_the_session() {
    let registered = client().default_max_age(60).require_auth_time();
    let metadata = metadata();
    let expected = registered.expected_id_token(&metadata);
    let verify = |response_type, claims: &Value| verify_by(&registered, &of(response_type), claims);
    let hybrid = verify(ResponseType::CodeIdToken, &claims(&hashes())).expect("verified");
    let tokens = redeem(hybrid.code.expect("a code"), &claims(&json!({})));
    let refused = tokens.id_token().verify(&keys(), &expected, NOW).err();
    assert_eq!(refused, Some(InvalidIdToken::AuthTimeMissing));
    let implicit = verify(ResponseType::IdToken, &claims(&json!({})));
    assert_eq!(implicit.err(), Some(InvalidIdToken::AuthTimeMissing));
    assert_eq!(verify(ResponseType::IdToken, &claims(&json!({"auth_time": NOW}))).err(), None);
}

/// R47: and after the pending login was in a cookie.
#[test]
fn demands_survive_the_cookie() {
    let login = pending(7).asking(&request().max_age(0));
    let login = PendingLogin::from_bytes(&login.to_bytes()).expect("what was written");
    let answer = query(&[("code", CODE), ("state", login.state("").as_str())]);
    let metadata = metadata();
    let response = AuthorizationResponse::from_query(&answer).expect("a response");
    let code = code_alone(login.accept(response, &ExpectedResponse::of(&metadata), NOW).expect("a code"));
    let tokens = redeem(code, &claims(&json!({})));
    let refused = tokens.id_token().verify(&keys(), &client().expected_id_token(&metadata), NOW);
    assert_eq!(refused.err(), Some(InvalidIdToken::AuthTimeMissing));
}

/// V69
#[test]
fn debug_prints_nothing_of_what_came_along() {
    let front = verify(&of(ResponseType::CodeIdTokenToken), &claims(&hashes())).expect("verified");
    let shown = format!("{front:?}");
    assert!(!shown.contains("canary") && !shown.contains(front.id_token.raw().expose()), "{shown}");
}

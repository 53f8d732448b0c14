//! The claims of an ID Token, behind a signature that holds.

use serde_json::Value;
use vestibule_core::UnverifiedIdToken;

use crate::{
    Verdict, canary,
    logout_token::EVENT,
    oracle::{self, Members},
    stage::{self, ACCESS_TOKEN, CODE, NOW},
};

pub(crate) const WORDS: &[&str] = &[
    "\"iss\":\"https://login.example.com\"",
    "\"aud\":\"rp\"",
    "\"aud\":[\"rp\",\"api\"]",
    "\"azp\":\"rp\"",
    "\"exp\":1700000000",
    "\"exp\":1699999940",
    "\"iat\":1700000061",
    "\"iat\":1e300",
    "\"nbf\":1700000060.9",
    "\"nonce\":\"",
    "\"sub\":\"\"",
    "null",
    "\\u0000",
    "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
    "{\"alg\":\"none\"}",
    "\"crit\":[\"exp\"]",
    "-9007199254740993",
    "\"events\":{}",
    "\"at_hash\":\"\"",
    "\"session_expiry\":0",
];

/// Claims that no message may quote.
const SECRET: &[&str] = &["nonce", "at_hash", "c_hash", "sid", "email", "jti", "acr", "sub"];

/// Whatever was verified, a naive reading finds our issuer, us, this login, and a time that is now.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (header, payload) = oracle::header_and_payload(data);
    let raw = stage::hmac_jws(header, payload);
    let token =
        UnverifiedIdToken::new(raw.as_str(), stage::nonce()).beside(ACCESS_TOKEN.into()).in_exchange_for(CODE.into());
    let expected = stage::client().expected_id_token(stage::metadata());
    let id_token = match token.verify(stage::public_keys(), &expected, NOW) {
        Ok(id_token) => id_token,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            canary::assert_silent(&format!("{reason} {reason:?}"), payload, SECRET);
            return Verdict::Refused;
        }
    };
    oracle::assert_header(header, &["jwt"]);
    let claims = Members::of(payload).expect("claims that are no object");
    oracle::assert_is_for_us(&claims);
    oracle::assert_issued_within(&claims, 600.0);
    assert!(claims.seconds("exp").is_some(), "it never ends");
    assert_eq!(claims.text("nonce"), Some(stage::nonce()), "of another login");
    assert!(claims.get("azp").is_none_or(|azp| azp == stage::CLIENT_ID), "given to another");
    let has_several = claims.get("aud").and_then(Value::as_array).is_some_and(|audiences| audiences.len() > 1);
    assert!(!has_several || claims.get("azp").is_some(), "for several, and given to nobody");
    for (name, of) in [("at_hash", ACCESS_TOKEN), ("c_hash", CODE)] {
        assert!(claims.get(name).is_none_or(|hash| *hash == stage::half_hash(of)), "{name} of another");
    }
    let subject = claims.text("sub").expect("a subject");
    assert!((1..=255).contains(&subject.len()) && subject.is_ascii(), "a subject that is none");
    assert!(claims.get("events").is_none_or(|events| events.get(EVENT).is_none()), "a logout token");
    assert_eq!(id_token.subject().as_str(), subject, "another subject");
    assert_eq!((id_token.sid(), id_token.acr()), (claims.text("sid"), claims.text("acr")), "another session, or acr");
    assert_eq!(id_token.raw().expose(), &raw, "another token");
    assert_eq!(id_token.claims().iter().count(), claims.iter().count(), "a claim more or less");
    assert!(claims.iter().all(|(name, value)| id_token.claims().claim(name) == Some(value)), "another claim");
    Verdict::Accepted
}

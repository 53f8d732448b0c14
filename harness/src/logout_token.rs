//! Logout tokens: their claims, behind a signature that holds; and logouts by frame, which have none.

use url::form_urlencoded;
use vestibule_core::{FrontChannelLogout, Issuer, UnverifiedLogoutToken};

use crate::{
    Verdict, canary,
    oracle::{self, Members},
    stage::{self, ISSUER, NOW},
};

pub(crate) const WORDS: &[&str] = &[
    "\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}",
    "\"sid\":\"\"",
    "\"sub\":\"alice\"",
    "\"jti\":\"1\"",
    "\"nonce\":null",
    "\"iat\":1699999820",
    "\"exp\":1699999940",
    "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}",
    "null",
    "?iss=https%3A%2F%2Flogin.example.com&sid=",
    "&sid=",
    "%00",
];

pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Whatever was verified, a naive reading finds our issuer, us, the event, a name, and whose sessions end.
pub(crate) fn run(data: &[u8]) -> Verdict {
    match data.split_first() {
        Some((b'?', query)) => by_frame(query),
        _ => by_token(data),
    }
}

fn by_token(data: &[u8]) -> Verdict {
    let (header, payload) = oracle::header_and_payload(data);
    let token = UnverifiedLogoutToken::new(stage::hmac_jws(header, payload));
    let expected = stage::client().expected_logout_token(stage::metadata());
    let strict = token.verify(stage::public_keys(), &expected.require_type(), NOW);
    let token = match token.verify(stage::public_keys(), &expected, NOW) {
        Ok(token) => token,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            canary::assert_silent(&format!("{reason} {reason:?}"), payload, &["jti", "sid", "sub", "nonce"]);
            assert!(strict.is_err(), "taken by who wants more");
            return Verdict::Refused;
        }
    };
    oracle::assert_header(header, &["jwt", "logout+jwt", "application/logout+jwt"]);
    assert_eq!(token.is_explicitly_typed(), strict.is_ok(), "whether it says what it is");
    let claims = Members::of(payload).expect("claims that are no object");
    oracle::assert_is_for_us(&claims);
    oracle::assert_issued_within(&claims, 120.0);
    assert!(
        claims.get("events").is_some_and(|events| events.get(EVENT).is_some_and(|event| event.is_object())),
        "no event"
    );
    assert!(claims.get("nonce").is_none(), "a nonce");
    assert!(!token.jti().is_empty() && claims.text("jti") == Some(token.jti()), "another name");
    assert_eq!(
        (token.subject().map(|subject| subject.as_str()), token.sid()),
        (claims.text("sub"), claims.text("sid"))
    );
    assert!(token.subject().is_some() || token.sid().is_some_and(|sid| !sid.is_empty()), "of nobody");
    // R114: remembered for as long as it would pass again.
    assert!(token.acceptable_until() >= NOW, "over, and taken");
    let later = UnverifiedLogoutToken::new(stage::hmac_jws(header, payload));
    let later = later.verify(stage::public_keys(), &expected, token.acceptable_until().plus(1));
    assert!(later.is_err(), "taken after it was forgotten");
    Verdict::Accepted
}

fn by_frame(query: &[u8]) -> Verdict {
    let Ok(query) = str::from_utf8(query) else { return Verdict::Refused };
    let Ok(request) = FrontChannelLogout::from_query(query) else { return Verdict::Refused };
    let all = |wanted: &str| -> Vec<String> {
        form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
            .collect()
    };
    let (iss, sid) = (all("iss"), all("sid"));
    assert_eq!((iss.len(), sid.as_slice()), (1, [request.sid().to_owned()].as_slice()), "not once");
    assert!(!request.sid().is_empty(), "of no session");
    let issuer = Issuer::parse(ISSUER).expect("an issuer");
    assert_eq!(request.is_from(&issuer), iss == [ISSUER], "of another issuer");
    Verdict::Accepted
}

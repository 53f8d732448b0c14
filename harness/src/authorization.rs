//! What comes back through the browser: as a query, as a fragment, as a form.

use url::form_urlencoded;
use vestibule_core::{
    Accepted, AuthorizationResponse, FrontChannel, ProtocolError, ResponseMode, ResponseType,
    authorization::ExpectedResponse,
};

use crate::{
    Verdict, canary,
    stage::{self, CODE, ISSUER, NOW},
};

pub(crate) const WORDS: &[&str] = &[
    "q",
    "f",
    "p",
    "&code=",
    "&state=",
    "&iss=https%3A%2F%2Flogin.example.com",
    "&iss=",
    "&id_token=",
    "&access_token=SlAV32hkKG",
    "&token_type=Bearer",
    "&expires_in=9999999999999999999",
    "&error=access_denied",
    "&error_description=",
    "&session_state=",
    "%00",
    "%0d%0a",
    "&scope=",
    "+",
    "%zz",
    ";",
];

/// One attempt a type of response that is asked for; each has the same state and nonce.
const TYPES: [ResponseType; 3] = [ResponseType::Code, ResponseType::CodeIdToken, ResponseType::IdTokenToken];

/// Nothing is of use that is not for this attempt, from this issuer and complete; the three ways are read alike.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (mode, text) = match data.split_first() {
        Some((b'f', rest)) => (ResponseMode::Fragment, rest),
        Some((b'p', rest)) => (ResponseMode::FormPost, rest),
        Some((_, rest)) => (ResponseMode::Query, rest),
        None => (ResponseMode::Query, data),
    };
    let parameters = Parameters(text);
    let mut verdict = Verdict::Refused;
    for response_type in TYPES {
        let Some(response) = read(mode, text) else { return Verdict::Refused };
        let state = parameters.only("state").expect("no state, or two");
        assert_eq!(response.state().as_str(), state, "another state");
        assert_eq!(format!("{}.{}", response.state().attempt(), response.state().carried()), state, "a state in two");
        let pending = stage::pending(response_type);
        let (attempt, asked) = (pending.attempt(), pending.response_mode());
        match pending.accept(response, &ExpectedResponse::of(stage::metadata()), NOW) {
            Ok(accepted) => {
                assert!(state.starts_with(&attempt), "of another attempt");
                assert_eq!(mode, asked, "by another way");
                assert!(parameters.all("error").is_empty(), "an error");
                assert!(parameters.only("iss").is_none_or(|iss| iss == ISSUER), "of another issuer");
                if use_of(accepted, &parameters, response_type) {
                    verdict = Verdict::Accepted;
                }
            }
            Err(error) => assert_is_quiet(&error, text),
        }
    }
    verdict
}

/// Whether it leads anywhere.
fn use_of(accepted: Accepted, parameters: &Parameters<'_>, response_type: ResponseType) -> bool {
    let code = parameters.only("code").filter(|code| !code.is_empty());
    match accepted {
        Accepted::Code(_) => {
            assert!(response_type == ResponseType::Code && code.is_some(), "no code");
            true
        }
        Accepted::FrontChannel(unverified) => {
            let expected = stage::client().expected_id_token(stage::metadata());
            let Ok(FrontChannel { granted, code: redeemable, .. }) =
                unverified.verify(stage::public_keys(), &expected, NOW)
            else {
                return false;
            };
            // R35: the seeds' ID Token has the hashes of these two.
            assert!(redeemable.is_none() || code.as_deref() == Some(CODE), "a code that nobody vouches for");
            let access_token = granted.as_ref().map(|granted| granted.access_token().expose().as_str());
            assert!(access_token.is_none_or(|token| token == stage::ACCESS_TOKEN), "a token that nobody vouches for");
            true
        }
    }
}

fn read(mode: ResponseMode, text: &[u8]) -> Option<AuthorizationResponse> {
    let form = AuthorizationResponse::from_form(text);
    let Ok(text) = str::from_utf8(text) else { return form.ok().filter(|_| mode == ResponseMode::FormPost) };
    let (query, fragment) = (AuthorizationResponse::from_query(text), AuthorizationResponse::from_fragment(text));
    let reason = |read: &Result<AuthorizationResponse, ProtocolError>| read.as_ref().err().cloned();
    assert!(reason(&form) == reason(&query) && reason(&query) == reason(&fragment), "three ways, two readings");
    if let Err(error) = &form {
        assert_is_quiet(error, text.as_bytes());
    }
    match mode {
        ResponseMode::Fragment => fragment.ok(),
        ResponseMode::FormPost => form.ok(),
        _ => query.ok(),
    }
}

/// Codes, tokens and states are never quoted; an issuer, an error, and what a token is or is good for are.
fn assert_is_quiet(error: &ProtocolError, text: &[u8]) {
    let said = error.to_string();
    canary::assert_short(&said);
    let said = format!("{said} {error:?}");
    let quotable: String = ["iss", "error", "error_description", "token_type", "expires_in"]
        .map(|name| Parameters(text).all(name).concat())
        .concat();
    assert!(canary::sings(&quotable) || !canary::sings(&said), "a secret was said aloud: {said}");
}

/// The parameters as `form_urlencoded` has them.
struct Parameters<'a>(&'a [u8]);

impl Parameters<'_> {
    fn all(&self, wanted: &str) -> Vec<String> {
        form_urlencoded::parse(self.0).filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
    }

    fn only(&self, name: &str) -> Option<String> {
        let mut all = self.all(name);
        assert!(all.len() <= 1, "{name} twice, and read");
        all.pop()
    }
}

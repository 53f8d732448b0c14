//! The token endpoint's answer, to a code and to a refresh token.

use vestibule_core::Exchange;

use crate::{
    Verdict,
    answer::{accept, status_and_body},
    canary,
    oracle::Members,
    stage::{self, NOW, REDIRECT_URI},
};

pub(crate) const WORDS: &[&str] = &[
    "\"access_token\":\"CANARY\"",
    "\"refresh_token\":\"CANARY\"",
    "\"id_token\":\"CANARY\"",
    "\"token_type\":\"Bearer\"",
    "\"token_type\":\"bEARER\"",
    "\"expires_in\":",
    "9223372036854775807",
    "-1",
    "1e99",
    "\"300\"",
    "\"scope\":\"openid\"",
    "\"error\":\"invalid_grant\"",
    "\"error_description\":\"",
    "null",
    "\\u0000",
    "\\n",
];

const SECRET: &[&str] = &["access_token", "refresh_token", "id_token"];

/// What is taken is what a naive reading finds, of type Bearer and without an error beside it.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (status, body) = status_and_body(data);
    let mut redeem = stage::client().redeem(stage::metadata(), REDIRECT_URI, stage::code()).expect("a method");
    let mut refresh = stage::client().refresh(stage::metadata(), "8xLOxBtZp8").expect("a method");
    let _ = (redeem.request(NOW, stage::entropy()), refresh.request(NOW, stage::entropy()));
    let refreshed = accept(refresh, status, body, SECRET);
    let redeemed = accept(redeem, status, body, SECRET);
    let Some(members) = Members::of(body) else {
        assert!(refreshed.is_none() && redeemed.is_none(), "an answer that is no object");
        return Verdict::Refused;
    };
    if let Some(refreshed) = &refreshed {
        canary::assert_silent(&format!("{refreshed:?}"), body, SECRET);
        assert_is_an_answer(status, &members);
    }
    let Some(tokens) = redeemed else { return Verdict::Refused };
    assert!(refreshed.is_some(), "a code brings what a refresh token does not");
    canary::assert_silent(&format!("{tokens:?}"), body, SECRET);
    assert!(members.text("id_token").is_some(), "no ID Token");
    assert_eq!(members.text("access_token"), Some(tokens.access_token().expose().as_str()), "another access token");
    let refresh_token = members.text("refresh_token").filter(|token| !token.is_empty());
    assert_eq!(tokens.refresh_token().map(|token| token.expose().as_str()), refresh_token, "another refresh token");
    assert_eq!(tokens.scope(), members.text("scope"), "another scope");
    // Whatever it holds, it is for nobody who has no key.
    let verified =
        tokens.id_token().verify(stage::public_keys(), &stage::client().expected_id_token(stage::metadata()), NOW);
    let error = verified.err().map(|reason| reason.to_string()).unwrap_or_default();
    canary::assert_short(&error);
    Verdict::Accepted
}

fn assert_is_an_answer(status: u16, members: &Members) {
    assert_eq!(status, 200, "no answer");
    assert!(!members.has_duplicates(), "a member twice");
    assert!(members.get("error").is_none(), "an error");
    assert!(members.text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")), "no Bearer");
    let access_token = members.text("access_token").expect("an access token");
    assert!(
        !access_token.is_empty() && access_token.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
        "no header has it"
    );
}

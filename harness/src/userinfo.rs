//! What the userinfo endpoint says, plain and signed.

use vestibule_core::{
    ClaimsSet, Client, Exchange, Issuer, Step, Subject, UserInfoMethod,
    userinfo::{ClaimSources, UserInfoRequest, UserInfoResponse},
};

use crate::{
    Verdict,
    answer::{self, assert_says_little},
    canary,
    oracle::{self, Members},
    stage::{self, NOW},
};

pub(crate) const WORDS: &[&str] = &[
    "j",
    "s",
    "t",
    "\"sub\":\"alice\"",
    "\"sub\":\"bob\"",
    "\"email\":\"CANARY\"",
    "\"iss\":\"https://login.example.com\"",
    "\"aud\":\"rp\"",
    "\"exp\":1699999940",
    "\"iat\":1699913540",
    "\"nonce\":\"\"",
    "\"events\":{}",
    "\"_claim_names\":{\"a\":\"s\"}",
    "\"_claim_sources\":{\"s\":{\"JWT\":\"a.b.c\"}}",
    "\"endpoint\":\"https://a/\"",
    "null",
];

const SUBJECT: &str = "alice";
/// Claims that no message may quote: the subject is, to say that it is another's.
const SECRET: &[&str] = &["email", "name", "nonce", "jti"];

/// Nothing is taken that is not about the subject of the login.
pub(crate) fn run(data: &[u8]) -> Verdict {
    match data.split_first() {
        Some((b's', rest)) => signed(rest),
        Some((b't', rest)) => token(rest),
        Some((_, body)) => plain(body),
        None => plain(data),
    }
}

/// A JSON answer, to a client that asks for one.
fn plain(body: &[u8]) -> Verdict {
    let Some(UserInfoResponse::Plain(claims)) = asked(stage::plain_client(), "application/json", body, body) else {
        return Verdict::Refused;
    };
    let members = Members::of(body).expect("an answer that is no object");
    assert_is_about_alice(&claims, &members, body);
    Verdict::Accepted
}

/// Claims behind a signature that holds.
fn signed(data: &[u8]) -> Verdict {
    let (header, payload) = oracle::header_and_payload(data);
    let Some(claims) = verified(stage::hmac_jws(header, payload).as_bytes(), payload) else { return Verdict::Refused };
    oracle::assert_header(header, &["jwt"]);
    let members = Members::of(payload).expect("claims that are no object");
    assert_is_about_alice(&claims, &members, payload);
    for of_another_kind in ["nonce", "at_hash", "c_hash", "s_hash", "events"] {
        assert!(members.get(of_another_kind).is_none(), "a token of another kind: {of_another_kind}");
    }
    assert!(members.get("iss").is_none_or(|iss| iss == stage::ISSUER), "another issuer");
    assert!(members.seconds("exp").is_none_or(|exp| exp + stage::SKEW > oracle::now()), "expired");
    Verdict::Accepted
}

/// A token that somebody without the key made.
fn token(body: &[u8]) -> Verdict {
    assert!(verified(body, &[]).is_none(), "a signature that nobody made");
    Verdict::Refused
}

fn verified(body: &[u8], payload: &[u8]) -> Option<ClaimsSet> {
    let UserInfoResponse::Signed(signed) = asked(stage::client(), "application/jwt", body, payload)? else {
        panic!("a token was agreed on")
    };
    match signed.verify(stage::public_keys(), &stage::client().expected_userinfo(stage::metadata()), NOW) {
        Ok(claims) => Some(claims),
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            canary::assert_silent(&format!("{reason} {reason:?}"), payload, SECRET);
            None
        }
    }
}

fn asked(client: &Client, media_type: &str, body: &[u8], claims: &[u8]) -> Option<UserInfoResponse> {
    let alice = Subject::parse(SUBJECT).expect("a subject");
    let question =
        UserInfoRequest::new(client, stage::metadata(), UserInfoMethod::Get, "t".into(), alice).expect("an endpoint");
    match question.accept(NOW, answer::answer(200, media_type, body)) {
        Ok(Step::Done(response)) => Some(response),
        Ok(Step::Again(_)) => panic!("no exchange of ours takes two rounds"),
        Err(error) => {
            assert_says_little(&error, claims, SECRET);
            None
        }
    }
}

fn assert_is_about_alice(claims: &ClaimsSet, members: &Members, input: &[u8]) {
    assert!(!members.has_duplicates(), "a claim twice");
    assert_eq!(members.text("sub"), Some(SUBJECT), "about somebody else");
    assert!(members.iter().all(|(name, value)| claims.claim(name) == Some(value)), "another claim");
    let again = ClaimsSet::from_json(&claims.to_json()).expect("what we wrote");
    assert!(again == *claims, "written and read again, they are others");
    canary::assert_silent(&format!("{claims:?}"), input, SECRET);
    // Claims that are elsewhere (Core 5.6.2), of whoever says so.
    let issuer = Issuer::parse(stage::ISSUER).expect("an issuer");
    if let Ok(sources) = ClaimSources::read(claims, &issuer) {
        for mut distributed in sources.into_distributed() {
            let uri = distributed.request(NOW, stage::entropy()).uri().to_string();
            assert!(uri.starts_with("https://"), "claims were asked for without TLS: {uri}");
        }
    }
}

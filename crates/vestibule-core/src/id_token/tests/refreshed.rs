//! The ID Token that comes with a refresh, an hour after the first one.

use super::*;
use crate::{claims::Subject, error::Difference, issuer::Issuer};

const LATER: NumericDate = NOW.plus(3600);
const SIGNED_IN: i64 = 1_699_999_970;

/// The first ID Token of the login.
fn first_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": ["rp", "api"], "azp": "rp", "exp": at(600), "iat": NOW, "nonce": NONCE,
        "auth_time": SIGNED_IN, "sid": "s-1",
    })
}

/// What a good provider makes of it: nothing changes but the times, and there is no nonce.
fn renewed() -> Value {
    let claims = with(with(first_claims(), "exp", LATER.plus(600).seconds()), "iat", LATER.seconds());
    without(claims, "nonce")
}

fn first_of(claims: &Value) -> FirstIdToken {
    FirstIdToken::from_raw(&sign(claims).raw).expect("an ID Token")
}

fn first() -> FirstIdToken {
    first_of(&first_claims())
}

fn signed(claims: &Value) -> String {
    es256().sign("JWT", claims.to_string().as_bytes()).expect("signed")
}

fn unverified(claims: &Value) -> UnverifiedRefreshedIdToken {
    UnverifiedRefreshedIdToken::new(signed(claims))
}

fn continues(first: &FirstIdToken, token: &UnverifiedRefreshedIdToken) -> Result<IdToken, InvalidIdToken> {
    let client = client().trusted_audience("api").trusted_audience("archive");
    token.verify(&set(&[es256().public_jwk()]), &client.expected_id_token(&metadata_of(ISSUER)), first, LATER)
}

/// Why these claims, well signed, do not continue the login; `None` when they do.
fn refusal(claims: &Value) -> Option<InvalidIdToken> {
    continues(&first(), &unverified(claims)).err()
}

fn differs(difference: Difference) -> Option<InvalidIdToken> {
    Some(InvalidIdToken::NotOfThisLogin(difference))
}

#[test]
fn a_token_that_continues_the_login_is_read_whole() {
    let received = signed(&renewed());
    let token = UnverifiedRefreshedIdToken::new(received.as_str());
    let id_token = continues(&first(), &token).expect("verified");
    assert_eq!(id_token.raw().expose(), &received);
    assert_eq!((id_token.subject().as_str(), id_token.sid()), ("alice", Some("s-1")));
    assert_eq!((id_token.issued_at(), id_token.auth_time()), (LATER, Some(NumericDate::from_seconds(SIGNED_IN))));
}

/// R85, V49: Core 12.2: "its iss Claim Value MUST be the same".
#[test]
fn the_issuer_is_that_of_the_first_token() {
    let elsewhere = with(renewed(), "iss", "https://evil.example");
    let reason = InvalidIdToken::Issuer { expected: ISSUER.to_owned(), got: Excerpt::new("https://evil.example") };
    assert_eq!(refusal(&elsewhere), Some(reason));
    // A session of another provider is not continued by a good token of this one.
    let of_another = first_of(&with(first_claims(), "iss", "https://other.example"));
    let difference = Difference::Issuer { first: Excerpt::new("https://other.example"), got: Excerpt::new(ISSUER) };
    assert_eq!(continues(&of_another, &unverified(&renewed())).err(), differs(difference));
}

/// R85, V49: Core 12.2: "its sub Claim Value MUST be the same".
#[test]
fn the_subject_is_that_of_the_first_token() {
    for other in ["bob", "Alice", "alice ", ""] {
        let difference = Difference::Subject { first: Excerpt::new("alice"), got: Excerpt::new(other) };
        assert_eq!(refusal(&with(renewed(), "sub", other)), differs(difference), "{other}");
    }
    assert_eq!(refusal(&without(renewed(), "sub")), missing("sub"));
    assert_eq!(refusal(&with(renewed(), "sub", 7)), wrong_type("sub"));
}

/// R85, V49: Core 12.2: "its iat Claim MUST represent the time that the new ID Token is issued".
#[test]
fn the_token_is_new() {
    let issued_at = |seconds: i64| refusal(&with(renewed(), "iat", LATER.plus(seconds).seconds()));
    let long_ago = |seconds| Some(InvalidIdToken::IssuedTooLongAgo { iat: LATER.plus(seconds), now: LATER });
    for seconds in [-600 - SKEW - 1, -3600] {
        assert_eq!(issued_at(seconds), long_ago(seconds), "{seconds}");
    }
    let in_future = InvalidIdToken::IssuedInFuture { iat: LATER.plus(SKEW + 1), now: LATER };
    assert_eq!(issued_at(SKEW + 1), Some(in_future));
    for seconds in [SKEW, 0, -600 - SKEW] {
        assert_eq!(issued_at(seconds), None, "{seconds}");
    }
    // However fast one refresh follows the other: never older than the first.
    let just_now = first_of(&with(first_claims(), "iat", LATER.minus(5).seconds()));
    let follows =
        |seconds: i64| continues(&just_now, &unverified(&with(renewed(), "iat", LATER.plus(seconds).seconds()))).err();
    let older = Difference::IssuedAt { first: LATER.minus(5), got: LATER.minus(6) };
    assert_eq!(follows(-6), differs(older));
    assert_eq!(follows(-5), None);
    assert_eq!(refusal(&without(renewed(), "iat")), missing("iat"));
}

/// R85, V49: Core 12.2: "its aud Claim Value MUST be the same".
#[test]
fn the_audience_is_that_of_the_first_token() {
    for other in [json!(["rp"]), json!("rp"), json!(["rp", "api", "archive"]), json!(["rp", "archive"])] {
        assert_eq!(refusal(&with(renewed(), "aud", other.clone())), differs(Difference::Audience), "{other}");
    }
    // In whatever order and form: RFC 7519 4.1.3 knows none.
    assert_eq!(refusal(&with(renewed(), "aud", json!(["api", "rp"]))), None);
    let alone = first_of(&with(first_claims(), "aud", "rp"));
    assert_eq!(continues(&alone, &unverified(&with(renewed(), "aud", json!(["rp"])))).err(), None);
    // Whom we do not trust is not trusted here either.
    let stranger = InvalidIdToken::UntrustedAudience { got: Excerpt::new("evil") };
    assert_eq!(refusal(&with(renewed(), "aud", json!(["rp", "api", "evil"]))), Some(stranger));
}

/// R85, V49: Core 12.2: "its value MUST represent the time of the original authentication".
#[test]
fn the_time_of_authentication_is_that_of_the_first_token() {
    for other in [SIGNED_IN + 1, SIGNED_IN - 1, LATER.seconds()] {
        let (first, got) = (NumericDate::from_seconds(SIGNED_IN), NumericDate::from_seconds(other));
        let refused = refusal(&with(renewed(), "auth_time", other));
        assert_eq!(refused, differs(Difference::AuthTime { first, got }), "{other}");
    }
    assert_eq!(refusal(&without(renewed(), "auth_time")), None, "only one that is there is compared");
    let untold = first_of(&without(first_claims(), "auth_time"));
    assert_eq!(continues(&untold, &unverified(&renewed())).err(), None);
    assert_eq!(refusal(&with(renewed(), "auth_time", "1699999970")), wrong_type("auth_time"));
}

/// R85, V49: Core 12.2: "it SHOULD NOT have a nonce Claim [..] if it is present, its value MUST be the same".
#[test]
fn a_nonce_that_is_there_is_that_of_the_first_token() {
    assert_eq!(refusal(&with(renewed(), "nonce", NONCE)), None);
    for other in ["another", "", "N-0S6_WzA2Mj"] {
        assert_eq!(refusal(&with(renewed(), "nonce", other)), differs(Difference::Nonce), "{other}");
    }
    assert_eq!(refusal(&with(renewed(), "nonce", json!(null))), wrong_type("nonce"));
    // Who kept no nonce has none to compare with.
    let unknown = first_of(&without(first_claims(), "nonce"));
    assert_eq!(continues(&unknown, &unverified(&with(renewed(), "nonce", "any"))).err(), None);
}

/// V48, V49
#[test]
fn an_authorized_party_is_that_of_the_first_token() {
    let of_another = first_of(&with(first_claims(), "azp", "other"));
    let difference = Difference::AuthorizedParty { first: Excerpt::new("other"), got: Excerpt::new("rp") };
    assert_eq!(continues(&of_another, &unverified(&renewed())).err(), differs(difference));
    let untold = first_of(&without(first_claims(), "azp"));
    assert_eq!(continues(&untold, &unverified(&renewed())).err(), None);
    let reason = InvalidIdToken::AuthorizedParty { expected: "rp".to_owned(), got: Excerpt::new("other") };
    assert_eq!(refusal(&with(renewed(), "azp", "other")), Some(reason));
}

/// V49: "otherwise, the same rules apply": form, kind, signature, audience, times.
#[test]
fn what_is_refused_of_a_login_is_refused_of_a_refresh() {
    let (expired, not_yet) = (LATER.minus(SKEW), LATER.plus(SKEW + 1));
    for (claims, reason) in [
        (with(renewed(), "aud", "other"), InvalidIdToken::Audience { client_id: "rp".to_owned() }),
        (without(renewed(), "azp"), InvalidIdToken::AuthorizedPartyMissing),
        (with(renewed(), "exp", expired.seconds()), InvalidIdToken::Expired { exp: expired, now: LATER }),
        (without(renewed(), "exp"), InvalidIdToken::Claims(JsonFault::Missing { member: "exp" })),
        (with(renewed(), "nbf", not_yet.seconds()), InvalidIdToken::NotYetValid { nbf: not_yet, now: LATER }),
    ] {
        assert_eq!(refusal(&claims), Some(reason), "{claims}");
    }
    let raw = |raw: String| continues(&first(), &UnverifiedRefreshedIdToken::new(raw)).err();
    assert_eq!(raw("{}".to_owned()), Some(InvalidJws::NotCompact.into()));
    let payload = renewed().to_string();
    let access_token = es256().sign("at+jwt", payload.as_bytes()).expect("signed");
    assert_eq!(raw(access_token), Some(InvalidIdToken::Type { got: Excerpt::new("at+jwt") }));
    let attacker = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let forged = attacker.sign("JWT", payload.as_bytes()).expect("signed");
    let kid = Some(Excerpt::new(attacker.kid()));
    assert_eq!(raw(forged), Some(InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid }.into()));
    let forged = attacker.with_kid(es256().kid()).sign("JWT", payload.as_bytes()).expect("signed");
    assert_eq!(raw(forged), Some(InvalidJws::Signature.into()));
}

/// R49: of the first token only the bytes are compared, so what is no subject is refused here too.
#[test]
fn a_subject_that_is_none_is_refused() {
    for sub in [String::new(), "x".repeat(256), "zo\u{eb}".to_owned()] {
        let first = first_of(&with(first_claims(), "sub", sub.as_str()));
        let refused = continues(&first, &unverified(&with(renewed(), "sub", sub.as_str()))).err();
        assert_eq!(refused, Some(InvalidIdToken::Subject), "{sub}");
    }
}

/// R48, V43
#[test]
fn an_at_hash_fits_the_new_access_token() {
    let beside = |at_hash: &str| {
        let token = unverified(&with(renewed(), "at_hash", at_hash)).beside(ACCESS_TOKEN.into());
        continues(&first(), &token).err()
    };
    assert_eq!(beside(&digest::access_token_hash(SignatureAlgorithm::Es256, ACCESS_TOKEN)), None);
    let of_the_old_one = digest::access_token_hash(SignatureAlgorithm::Es256, "the old access token");
    assert_eq!(beside(&of_the_old_one), Some(InvalidIdToken::AccessTokenHash));
}

/// R85: a session that kept parts instead of the token.
#[test]
fn the_first_token_is_known_from_its_parts_too() {
    let (issuer, alice) = (Issuer::parse(ISSUER).expect("an issuer"), Subject::parse("alice").expect("a subject"));
    let parts = || FirstIdToken::new(&issuer, &alice, ["rp", "api"], NOW);
    let verdict = |first: FirstIdToken, claims: &Value| continues(&first, &unverified(claims)).err();
    let told = with(renewed(), "nonce", NONCE);
    let signed_in = NumericDate::from_seconds(SIGNED_IN);
    assert_eq!(verdict(parts().auth_time(signed_in).azp("rp").nonce(NONCE), &told), None);
    assert_eq!(verdict(parts(), &told), None);
    let (first, got) = (NOW, signed_in);
    assert_eq!(verdict(parts().auth_time(NOW), &told), differs(Difference::AuthTime { first, got }));
    let (first, got) = (Excerpt::new("other"), Excerpt::new("rp"));
    assert_eq!(verdict(parts().azp("other"), &told), differs(Difference::AuthorizedParty { first, got }));
    assert_eq!(verdict(parts().nonce("another"), &told), differs(Difference::Nonce));
    assert_eq!(verdict(FirstIdToken::new(&issuer, &alice, ["rp"], NOW), &told), differs(Difference::Audience));
    let bob = Subject::parse("bob").expect("a subject");
    let (first, got) = (Excerpt::new("bob"), Excerpt::new("alice"));
    let of_bob = FirstIdToken::new(&issuer, &bob, ["rp", "api"], NOW);
    assert_eq!(verdict(of_bob, &told), differs(Difference::Subject { first, got }));
}

#[test]
fn what_does_not_read_as_an_id_token_was_no_first_one() {
    let refused = |raw: &str| FirstIdToken::from_raw(&raw.into()).err();
    assert_eq!(refused("no token"), Some(InvalidJws::NotCompact.into()));
    for member in ["iss", "sub", "iat", "aud"] {
        assert_eq!(refused(sign(&without(first_claims(), member)).raw.expose()), missing(member));
    }
}

/// V69
#[test]
fn debug_texts_hold_no_token_and_no_nonce() {
    let received = signed(&with(renewed(), "nonce", "canary-nonce"));
    let token = UnverifiedRefreshedIdToken::new(received.as_str()).beside("canary-token".into());
    let first = first_of(&with(first_claims(), "nonce", "canary-nonce-too"));
    let refused = continues(&first, &token).expect_err("another nonce");
    for shown in [format!("{token:?}"), format!("{first:?}"), format!("{refused:?}"), refused.to_string()] {
        assert!(!shown.contains("canary") && !shown.contains(&received), "{shown}");
    }
}

//! When a logout token is good, and for how long.

use super::*;

fn at(seconds: i64) -> NumericDate {
    NOW.plus(seconds)
}

fn set_to(claim: &str, seconds: i64) -> Value {
    with(good(), claim, at(seconds).seconds())
}

/// R110, V70: at most 120 seconds old, and not from the future.
#[test]
fn a_token_is_refused_when_it_was_issued_in_the_future_or_more_than_two_minutes_ago() {
    for seconds in [SKEW + 1, 3600] {
        let reason = InvalidLogoutToken::IssuedInFuture { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&set_to("iat", seconds)), Some(reason), "{seconds}");
    }
    for seconds in [-120 - SKEW - 1, -3600, -NOW.seconds()] {
        let reason = InvalidLogoutToken::IssuedTooLongAgo { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&set_to("iat", seconds)), Some(reason), "{seconds}");
    }
    for seconds in [SKEW, 0, -120, -120 - SKEW] {
        assert_eq!(refusal(&set_to("iat", seconds)), None, "{seconds}");
    }
    assert_eq!(refusal(&without(good(), "iat")), missing("iat"));
    for wrong in [json!(null), json!("1700000000"), json!(1e300)] {
        assert_eq!(refusal(&with(good(), "iat", wrong.clone())), wrong_type("iat"), "{wrong}");
    }
}

/// V70
#[test]
fn how_old_a_token_may_be_is_for_the_caller_to_say() {
    let (client, metadata) = (client().clock_skew(0), metadata());
    for oldest in [0, 30, 600] {
        let expected = client.expected_logout_token(&metadata).issued_within(oldest);
        let verify = |seconds: i64| sign(&set_to("iat", seconds)).verify(&keys(), &expected, NOW).err();
        let reason = InvalidLogoutToken::IssuedTooLongAgo { iat: at(-oldest - 1), now: NOW };
        assert_eq!(verify(-oldest - 1), Some(reason));
        assert_eq!(verify(-oldest), None);
    }
}

/// R110: Back-Channel Logout 2.6 (4)
#[test]
fn an_exp_that_is_there_is_honoured() {
    for seconds in [-SKEW, -SKEW - 1, -3600] {
        let reason = InvalidLogoutToken::Expired { exp: at(seconds), now: NOW };
        assert_eq!(refusal(&set_to("exp", seconds)), Some(reason), "{seconds}");
    }
    assert_eq!(refusal(&set_to("exp", 1 - SKEW)), None);
    // Back-Channel Logout 1.0 as it was before 2023 has no exp, and providers of that time send none.
    assert_eq!(verify(&without(good(), "exp")).expect("verified").expires_at(), None);
    for wrong in [json!(null), json!("1700000120"), json!(1e300)] {
        assert_eq!(refusal(&with(good(), "exp", wrong.clone())), wrong_type("exp"), "{wrong}");
    }
}

/// V55
#[test]
fn an_nbf_that_is_there_is_honoured() {
    let reason = InvalidLogoutToken::NotYetValid { nbf: at(SKEW + 1), now: NOW };
    assert_eq!(refusal(&set_to("nbf", SKEW + 1)), Some(reason));
    assert_eq!(refusal(&set_to("nbf", SKEW)), None);
}

/// R114, V70: whoever remembers a jti to that second has met every replay.
#[test]
fn a_token_is_acceptable_until_the_second_that_it_says() {
    let (client, metadata) = (client(), metadata());
    let expected = client.expected_logout_token(&metadata);
    let without_exp = without(good(), "exp");
    for claims in [good(), set_to("exp", 30), set_to("exp", 3600), set_to("iat", -100), set_to("iat", 50), without_exp]
    {
        let token = sign(&claims);
        let last = token.verify(&keys(), &expected, NOW).expect("verified").acceptable_until();
        assert!(token.verify(&keys(), &expected, last).is_ok(), "{claims}");
        assert!(token.verify(&keys(), &expected, last.plus(1)).is_err(), "{claims}");
    }
}

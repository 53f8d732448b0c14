//! When a token is good.

use super::*;

/// R43, V55: RFC 7519 4.1.4, "on or after which" the token is refused.
#[test]
fn a_token_is_refused_from_the_second_at_which_it_expires() {
    for seconds in [-SKEW, -SKEW - 1, -SKEW - 3600, -NOW.seconds()] {
        let reason = InvalidIdToken::Expired { exp: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "exp", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [-SKEW + 1, 0, 1, 3600] {
        assert_eq!(refusal(&with(good(), "exp", at(seconds).seconds())), None, "{seconds}");
    }
}

/// R43, V41
#[test]
fn an_exp_that_is_no_time_is_refused() {
    assert_eq!(refusal(&without(good(), "exp")), missing("exp"));
    let reason = InvalidIdToken::Expired { exp: NumericDate::from_seconds(-1), now: NOW };
    assert_eq!(refusal(&with(good(), "exp", -1)), Some(reason));
    for exp in [json!("1900000000"), json!(1e300), json!(null), json!(true), json!([1_900_000_000]), json!(u64::MAX)] {
        assert_eq!(refusal(&with(good(), "exp", exp.clone())), wrong_type("exp"), "{exp}");
    }
    // A fraction is a time (RFC 7519 2).
    assert_eq!(refusal(&with(good(), "exp", 1_700_000_001.5)), None);
}

/// V55
#[test]
fn a_token_is_refused_before_its_nbf() {
    for seconds in [SKEW + 1, 3600] {
        let reason = InvalidIdToken::NotYetValid { nbf: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "nbf", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [SKEW, 0, -3600] {
        assert_eq!(refusal(&with(good(), "nbf", at(seconds).seconds())), None, "{seconds}");
    }
    assert_eq!(refusal(&with(good(), "nbf", "1700000000")), wrong_type("nbf"));
}

/// R44, V55
#[test]
fn a_token_is_refused_when_it_was_issued_in_the_future_or_long_ago() {
    for seconds in [SKEW + 1, 3600] {
        let reason = InvalidIdToken::IssuedInFuture { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [-600 - SKEW - 1, -86_400, -NOW.seconds() - 1] {
        let reason = InvalidIdToken::IssuedTooLongAgo { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [SKEW, 0, -600, -600 - SKEW] {
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), None, "{seconds}");
    }
    assert_eq!(refusal(&without(good(), "iat")), missing("iat"));
    assert_eq!(refusal(&with(good(), "iat", "1700000000")), wrong_type("iat"));
}

/// V55: no skew means none, and more skew means exactly so much more.
#[test]
fn the_skew_is_the_one_of_the_client() {
    for skew in [0, 300] {
        let client = client().clock_skew(skew);
        let verify = |name: &str, seconds: i64| {
            verify_as(&client, &sign(&with(good(), name, at(seconds).seconds()))).map(drop).err()
        };
        assert_eq!(verify("exp", 1 - skew), None);
        assert_eq!(verify("exp", -skew), Some(InvalidIdToken::Expired { exp: at(-skew), now: NOW }));
        assert_eq!(verify("nbf", skew), None);
        assert_eq!(verify("nbf", skew + 1), Some(InvalidIdToken::NotYetValid { nbf: at(skew + 1), now: NOW }));
        assert_eq!(verify("iat", skew), None);
        assert_eq!(verify("iat", skew + 1), Some(InvalidIdToken::IssuedInFuture { iat: at(skew + 1), now: NOW }));
        assert_eq!(verify("iat", -600 - skew), None);
        let long_ago = at(-601 - skew);
        assert_eq!(verify("iat", -601 - skew), Some(InvalidIdToken::IssuedTooLongAgo { iat: long_ago, now: NOW }));
    }
}

/// V41, V55: what overflows neither panics nor passes, whatever the clock of the machine says.
#[test]
fn times_at_the_ends_of_what_a_number_can_say_are_judged_and_not_wrapped() {
    const ENDS: [i64; 6] = [i64::MIN, i64::MIN + 1, -(1 << 53), 1 << 53, i64::MAX - 1, i64::MAX];
    let passes =
        |name: &str, end: i64| matches!((name, end), ("exp", 9_007_199_254_740_992) | ("nbf", -9_007_199_254_740_992));
    for name in ["exp", "nbf", "iat"] {
        for end in ENDS {
            assert_eq!(refusal(&with(good(), name, end)).is_none(), passes(name, end), "{name} {end}");
        }
    }
    let client = client().clock_skew(300);
    let metadata = metadata_of(ISSUER);
    for now in ENDS.map(NumericDate::from_seconds) {
        for end in [-(1_i64 << 53), 0, 1 << 53] {
            let claims = with(with(with(good(), "exp", end), "iat", end), "nbf", end);
            let verified =
                sign(&claims).verify(&set(&[es256().public_jwk()]), &client.expected_id_token(&metadata), now);
            // Only where the two are the same moment, give or take the skew.
            assert_eq!(verified.is_ok(), now.seconds() == end, "{now} {end}");
        }
    }
}

//! What the request demanded to know of the sign-in.

use super::*;

fn refused(demands: &Demands, claims: &Value) -> Option<InvalidIdToken> {
    verify_as(&client(), &sign(claims).answering(demands.clone())).err()
}

/// R47: Core 3.1.3.7 (13), 3.1.2.1
#[test]
fn a_max_age_wants_an_auth_time_that_is_no_older() {
    for max_age in [0, 300, u32::MAX] {
        let demands = Demands { max_age: Some(max_age), ..Demands::default() };
        let signed_in = |seconds: i64| refused(&demands, &with(good(), "auth_time", at(seconds).seconds()));
        assert_eq!(refused(&demands, &good()), Some(InvalidIdToken::AuthTimeMissing));
        let oldest = -i64::from(max_age) - SKEW;
        for seconds in [0, oldest, SKEW] {
            assert_eq!(signed_in(seconds), None, "{max_age}: {seconds}");
        }
        let reason = InvalidIdToken::AuthTimeTooLongAgo { auth_time: at(oldest - 1), max_age, now: NOW };
        assert_eq!(signed_in(oldest - 1), Some(reason));
        let reason = InvalidIdToken::AuthTimeInFuture { auth_time: at(SKEW + 1), now: NOW };
        assert_eq!(signed_in(SKEW + 1), Some(reason));
        for wrong in [json!("1700000000"), json!(null), json!(true)] {
            assert_eq!(refused(&demands, &with(good(), "auth_time", wrong)), wrong_type("auth_time"));
        }
    }
    // Nobody asked.
    assert_eq!(refusal(&with(good(), "auth_time", 0)), None);
}

/// R46: Core 3.1.3.7 (12), 5.5.1.1
#[test]
fn an_essential_acr_is_one_of_those_asked_for() {
    let demands = Demands { essential_acr: vec!["phr".to_owned(), "phrh".to_owned()], ..Demands::default() };
    assert_eq!(refused(&demands, &good()), Some(InvalidIdToken::AcrMissing));
    for other in ["0", "", "PHR", "phr ", "phr phrh"] {
        let reason = InvalidIdToken::Acr { got: Excerpt::new(other) };
        assert_eq!(refused(&demands, &with(good(), "acr", other)), Some(reason), "{other:?}");
    }
    for right in ["phr", "phrh"] {
        assert_eq!(refused(&demands, &with(good(), "acr", right)), None);
    }
    for wrong in [json!(["phr"]), json!(null), json!(1)] {
        assert_eq!(refused(&demands, &with(good(), "acr", wrong)), wrong_type("acr"));
    }
    // Nobody asked.
    assert_eq!(refusal(&with(good(), "acr", "0")), None);
}

fn refused_by(client: &Client, demands: Option<&Demands>, claims: &Value) -> Option<InvalidIdToken> {
    let token = sign(claims);
    let token = demands.map_or(token.answering_nothing(), |demands| sign(claims).answering(demands.clone()));
    verify_as(client, &token).err()
}

/// R47: Registration 2, `default_max_age`
#[test]
fn a_registered_max_age_holds_where_a_request_says_none() {
    let client = client().default_max_age(300);
    let signed_in = |seconds: i64| with(good(), "auth_time", at(seconds).seconds());
    let too_old =
        |max_age, seconds| Some(InvalidIdToken::AuthTimeTooLongAgo { auth_time: at(seconds), max_age, now: NOW });
    let silent = Demands::default();
    assert_eq!(refused_by(&client, Some(&silent), &good()), Some(InvalidIdToken::AuthTimeMissing));
    assert_eq!(refused_by(&client, Some(&silent), &signed_in(-300 - SKEW)), None);
    assert_eq!(refused_by(&client, Some(&silent), &signed_in(-301 - SKEW)), too_old(300, -301 - SKEW));
    // "The max_age request parameter overrides this default value", to both sides.
    let asking = |max_age| Demands { max_age: Some(max_age), ..Demands::default() };
    assert_eq!(refused_by(&client, Some(&asking(600)), &signed_in(-600)), None);
    assert_eq!(refused_by(&client, Some(&asking(0)), &signed_in(-1 - SKEW)), too_old(0, -1 - SKEW));
    // Core 3.3.3.6: the ID Token that came beside a code is not the one to answer.
    assert_eq!(refused_by(&client, None, &good()), None);
}

/// Registration 2, `require_auth_time`
#[test]
fn an_auth_time_that_was_registered_to_be_there_is_there() {
    let client = client().require_auth_time();
    let silent = Demands::default();
    assert_eq!(refused_by(&client, Some(&silent), &good()), Some(InvalidIdToken::AuthTimeMissing));
    assert_eq!(refused_by(&client, Some(&silent), &with(good(), "auth_time", 0)), None, "of whatever age");
    assert_eq!(refused_by(&client, Some(&silent), &with(good(), "auth_time", "0")), wrong_type("auth_time"));
    assert_eq!(refused_by(&client, None, &good()), None);
}

/// R12: Core 3.1.2.2
#[test]
fn a_sub_that_was_asked_for_is_the_one_that_the_answer_is_about() {
    let asking = |sub: &str| Demands { sub: Subject::parse(sub), ..Demands::default() };
    let subject = good()["sub"].as_str().expect("a subject").to_owned();
    assert_eq!(refused(&asking(&subject), &good()), None);
    for other in ["mallory", &subject.to_uppercase(), &format!("{subject} ")] {
        let reason = InvalidIdToken::SubjectNotAskedFor { expected: Excerpt::new(other), got: Excerpt::new(&subject) };
        assert_eq!(refused(&asking(other), &good()), Some(reason), "{other:?}");
    }
}

/// R12: Core 2, 5.5.1
#[test]
fn an_auth_time_that_was_asked_for_as_essential_is_there() {
    let demands = Demands { auth_time: AuthTime::Required, ..Demands::default() };
    assert_eq!(refused(&demands, &good()), Some(InvalidIdToken::AuthTimeMissing));
    assert_eq!(refused(&demands, &with(good(), "auth_time", 0)), None, "of whatever age");
}

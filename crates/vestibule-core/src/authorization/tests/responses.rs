//! What a login takes for the answer to its request.

use super::*;

/// R13, R21
#[test]
fn a_state_with_one_changed_character_is_refused() {
    let attempt = pending(7).attempt();
    for at in 0..attempt.len() {
        let flipped = if attempt.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = attempt.clone();
        changed.replace_range(at..=at, flipped);
        let response = AuthorizationResponse::from_query(&query(&[("code", "c"), ("state", &format!("{changed}."))]));
        let refused = pending(7).accept(response.expect("of the right form"), &ExpectedResponse::of(&metadata()), NOW);
        assert_eq!(refused.err(), unsolicited(Unsolicited::UnknownAttempt), "{changed}");
    }
}

/// R2, R21, V17: the state of a login that another browser started, be the rest of the response as good as it may.
#[test]
fn a_response_to_another_login_is_refused() {
    let expected_of = metadata();
    for others in
        [&[("code", "c")][..], &[("error", "access_denied")], &[("code", "c"), ("iss", "https://evil.example")]]
    {
        let other = pending(8).state("");
        let answer = query(&[&[("state", other.as_str())], others].concat());
        let response = AuthorizationResponse::from_query(&answer).expect("a response");
        let refused = pending(7).accept(response, &ExpectedResponse::of(&expected_of), NOW);
        assert_eq!(refused.err(), unsolicited(Unsolicited::UnknownAttempt));
    }
}

/// R21
#[test]
fn a_response_without_state_is_refused() {
    for answer in ["", "code=c", "error=access_denied", "code=c&State=x", "code=c&iss=https://login.example.com"] {
        let refused = AuthorizationResponse::from_query(answer).err();
        assert_eq!(refused, unsolicited(Unsolicited::NoState), "{answer}");
    }
}

/// R21
#[test]
fn a_login_expires_after_half_an_hour() {
    let accept_after = |seconds: i64| {
        let (login, expected_of) = (pending(7), metadata());
        let answer = query(&[("code", "c"), ("state", login.state("").as_str())]);
        let response = AuthorizationResponse::from_query(&answer).expect("a response");
        login.accept(response, &ExpectedResponse::of(&expected_of), NOW.plus(seconds)).map(drop).err()
    };
    assert_eq!(PendingLogin::LIFETIME, 1800);
    for seconds in [0, 1, 1799, 1800] {
        assert_eq!(accept_after(seconds), None, "{seconds}");
    }
    for seconds in [1801, 86_400, i64::MAX] {
        assert_eq!(accept_after(seconds), unsolicited(Unsolicited::Expired { begun_at: NOW }), "{seconds}");
    }
    // A clock that steps back a little is a clock that was set; one that steps back further is not believed.
    for seconds in [-1, -60] {
        assert_eq!(accept_after(seconds), None, "{seconds}");
    }
    for seconds in [-61, -86_400, i64::MIN] {
        assert_eq!(accept_after(seconds), unsolicited(Unsolicited::Expired { begun_at: NOW }), "{seconds}");
    }
}

/// V41: what overflows neither panics nor makes an attempt young again.
#[test]
fn a_login_from_the_ends_of_what_a_number_can_say_has_expired() {
    const ENDS: [i64; 4] = [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX];
    let expected_of = metadata();
    for (begun_at, now) in ENDS.into_iter().flat_map(|begun_at| ENDS.map(|now| (begun_at, now))) {
        let login = PendingLogin::begin(entropy(7), NumericDate::from_seconds(begun_at));
        let answer = query(&[("code", "c"), ("state", login.state("").as_str())]);
        let response = AuthorizationResponse::from_query(&answer).expect("a response");
        let accepted = login.accept(response, &ExpectedResponse::of(&expected_of), NumericDate::from_seconds(now));
        let age = i128::from(now) - i128::from(begun_at);
        assert_eq!(accepted.is_ok(), (-60..=1800).contains(&age), "{begun_at} {now}");
    }
}

#[test]
fn a_pending_login_is_kept_as_bytes_and_as_nothing_else() {
    let login = PendingLogin::begin(entropy(7), NumericDate::from_seconds(-7));
    let kept = login.to_bytes();
    let read = PendingLogin::from_bytes(&kept).expect("what was written");
    assert_eq!((read.attempt(), read.nonce(), read.begun_at()), (login.attempt(), login.nonce(), login.begun_at()));
    assert_eq!(read.code_challenge(), login.code_challenge());
    for length in (0..kept.expose().len()).chain([kept.expose().len() + 1]) {
        let mut bytes = kept.expose().clone();
        bytes.resize(length, 0);
        assert!(PendingLogin::from_bytes(&Secret::new(bytes)).is_none(), "{length}");
    }
}

/// R22, R25, V20: whether the provider announced it or not.
#[test]
fn the_issuer_of_a_response_is_compared_as_a_string() {
    for metadata in [promising(), metadata()] {
        for other in [
            "https://other.example",
            "https://login.example.com/",
            "https://LOGIN.example.com",
            "HTTPS://login.example.com",
            "http://login.example.com",
            "https://login.example.com:443",
            "https://login%2Eexample.com",
            "https%3A%2F%2Flogin.example.com",
            "https://login.example.com.evil.example",
            " https://login.example.com",
            "",
        ] {
            let reason = Misbehaviour::ResponseIssuer { expected: ISSUER.to_owned(), got: Excerpt::new(other) };
            assert_eq!(refusal(&metadata, &[("code", "c"), ("iss", other)]), misbehaved(reason), "{other}");
        }
        assert_eq!(refusal(&metadata, &[("code", "c"), ("iss", ISSUER)]), None);
    }
}

/// R23
#[test]
fn an_issuer_that_was_promised_is_required() {
    assert_eq!(refusal(&promising(), &[("code", "c")]), misbehaved(Misbehaviour::ResponseIssuerMissing));
    assert_eq!(refusal(&metadata(), &[("code", "c")]), None);
}

/// R24: an error is not the provider's word either, unless the issuer is.
#[test]
fn an_error_of_another_issuer_is_not_attributed_to_the_provider() {
    let denied = ("error", "access_denied");
    let reason =
        Misbehaviour::ResponseIssuer { expected: ISSUER.to_owned(), got: Excerpt::new("https://evil.example") };
    for metadata in [promising(), metadata()] {
        assert_eq!(refusal(&metadata, &[denied, ("iss", "https://evil.example")]), misbehaved(reason.clone()));
        let response = ErrorResponse::new("access_denied", None).expect("a code");
        assert_eq!(refusal(&metadata, &[denied, ("iss", ISSUER)]), Some(ProtocolError::Denied(response)));
    }
    assert_eq!(refusal(&promising(), &[denied]), misbehaved(Misbehaviour::ResponseIssuerMissing));
}

/// R26, V23
#[test]
fn a_parameter_twice_is_refused_even_with_the_same_value() {
    let attempt = pending(7).attempt();
    let good = [
        ("state", format!("{attempt}.")),
        ("iss", ISSUER.to_owned()),
        ("code", "c".to_owned()),
        ("error", "access_denied".to_owned()),
        ("error_description", "no".to_owned()),
    ];
    for (name, value) in &good {
        for second in [value.as_str(), "", "other"] {
            let all: Vec<_> =
                good.iter().map(|(name, value)| (*name, value.as_str())).chain([(*name, second)]).collect();
            let refused = AuthorizationResponse::from_query(&query(&all)).err();
            assert_eq!(refused, unsolicited(Unsolicited::DuplicateParameter { name }), "{name}={second}");
        }
    }
    // However the name is written.
    let refused = AuthorizationResponse::from_query(&format!("state={attempt}.&%73tate={attempt}.&code=c")).err();
    assert_eq!(refused, unsolicited(Unsolicited::DuplicateParameter { name: "state" }));
}

/// R27
#[test]
fn unknown_parameters_are_ignored() {
    let code = accept(
        &metadata(),
        &[("foo", "1"), ("code", "c"), ("foo", "2"), ("session_state", "x"), ("Code", "d"), ("Access_token", "t")],
    );
    assert_eq!(code.expect("accepted").code.expose(), "c");
}

/// R29
#[test]
fn a_response_has_either_a_code_or_an_error() {
    for both in
        [[("code", "c"), ("error", "access_denied")], [("code", ""), ("error", "x")], [("code", "c"), ("error", "")]]
    {
        assert_eq!(refusal(&metadata(), &both), misbehaved(Misbehaviour::CodeAndError), "{both:?}");
    }
    for neither in [&[][..], &[("code", "")], &[("error_description", "text")], &[("access_token", "t")]] {
        assert_eq!(refusal(&metadata(), neither), misbehaved(Misbehaviour::NeitherCodeNorError), "{neither:?}");
    }
}

/// R32, V85
#[test]
fn an_error_reaches_the_caller_as_code_and_short_description() {
    let denied = |error: &str, text: &str| match refusal(&metadata(), &[("error", error), ("error_description", text)])
    {
        Some(ProtocolError::Denied(response)) => response,
        other => panic!("{other:?}"),
    };
    let cancelled = denied("access_denied", "The user said no");
    assert!(cancelled.is_access_denied());
    assert_eq!(cancelled.error_description(), Some("The user said no"));
    assert!(!denied("server_error", "").is_access_denied());
    for text in ["<script>alert(1)</script>\0\r\nSet-Cookie: a=b\u{1b}[2J", &"x".repeat(1_000_000)] {
        let response = denied("server_error", text);
        let description = response.error_description().expect("a description");
        assert!(description.chars().count() <= 256 && !description.contains(char::is_control), "{description:?}");
        let line = ProtocolError::Denied(response).to_string();
        assert!(line.len() < 256 && line.bytes().all(|b| matches!(b, b' '..=b'~')), "{line}");
    }
    for error in ["", "a\"b", "a\\b", "a\0", "a\r\nb", "é", &"x".repeat(65)] {
        assert_eq!(refusal(&metadata(), &[("error", error)]), misbehaved(Misbehaviour::MalformedError), "{error}");
    }
}

#[test]
fn a_code_arrives_as_it_was_sent() {
    for sent in ["c", "a/b+c=d e&f", "zoë", &"x".repeat(4096)] {
        let code = accept(&metadata(), &[("code", sent)]).expect("a code");
        assert_eq!((code.code.expose().as_str(), code.nonce.expose()), (sent, &pending(7).nonce()));
    }
}

//! Responses of other types than `code`, and by other ways than the query.

use super::*;

const TOKEN: [(&str, &str); 4] =
    [("access_token", "canary-access"), ("token_type", "bearer"), ("expires_in", "300"), ("scope", "openid")];

/// What login 7, which asked for this, makes of a response with its state and these parameters.
fn answer(
    (response_type, response_mode): (ResponseType, ResponseMode),
    came_by: ResponseMode,
    others: &[(&str, &str)],
) -> Result<Accepted, ProtocolError> {
    let request = request().response_type(response_type).response_mode(response_mode).expect("allowed");
    let login = pending(7).asking(&request);
    let state = login.state("");
    let form = query(&[&[("state", state.as_str())], others].concat());
    let response = match came_by {
        ResponseMode::Query => AuthorizationResponse::from_query(&form),
        ResponseMode::Fragment => AuthorizationResponse::from_fragment(&form),
        ResponseMode::FormPost => AuthorizationResponse::from_form(form.as_bytes()),
    }?;
    login.accept(response, &ExpectedResponse::of(&metadata()), NOW)
}

fn refusal(response_type: ResponseType, others: &[(&str, &str)]) -> Option<ProtocolError> {
    answer((response_type, response_type.default_mode()), response_type.default_mode(), others).err()
}

/// Everything that a response of this type has, but for one.
fn without(response_type: ResponseType, lacking: &str) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    if response_type.has_code() {
        all.push(("code", "c"));
    }
    if response_type.has_id_token() {
        all.push(("id_token", "i"));
    }
    if response_type.has_token() {
        all.extend(TOKEN);
    }
    all.retain(|(name, _)| *name != lacking);
    all
}

/// R23, RFC 9207 4: what was promised may be left out where the response has an ID Token, whose own iss says who answers. Without
/// one, of another type, or with an error it may not.
#[test]
fn a_promised_issuer_may_be_left_out_beside_an_id_token_and_nowhere_else() {
    let promising = promising();
    let refused = |response_type: ResponseType, others: &[(&str, &str)]| {
        let login = pending(7).asking(&request().response_type(response_type));
        let state = login.state("");
        let form = query(&[&[("state", state.as_str())], others].concat());
        let response = match response_type.default_mode() {
            ResponseMode::Query => AuthorizationResponse::from_query(&form),
            _ => AuthorizationResponse::from_fragment(&form),
        };
        login.accept(response.expect("a response"), &ExpectedResponse::of(&promising), NOW).err()
    };
    for response_type in ResponseType::ALL {
        let reason = misbehaved(Misbehaviour::ResponseIssuerMissing);
        let expected = if response_type.has_id_token() { None } else { reason.clone() };
        assert_eq!(refused(response_type, &without(response_type, "")), expected, "{response_type}");
        assert_eq!(refused(response_type, &[("error", "access_denied")]), reason, "{response_type}");
    }
    let smuggled = [("code", "c"), ("id_token", "i")];
    assert_eq!(refused(ResponseType::Code, &smuggled), misbehaved(Misbehaviour::ResponseIssuerMissing));
}

/// R30: Form Post 1.0 2, Multiple Response Types 2.1
#[test]
fn a_response_comes_by_the_way_that_was_asked_for() {
    for response_type in ResponseType::ALL {
        for asked in ResponseMode::ALL.into_iter().filter(|mode| response_type.may_come_by(*mode)) {
            for came_by in ResponseMode::ALL {
                let refused = answer((response_type, asked), came_by, &without(response_type, "")).err();
                let reason = Misbehaviour::ResponseMode { expected: asked, got: came_by };
                let expected = if asked == came_by { None } else { misbehaved(reason) };
                assert_eq!(refused, expected, "{response_type}: {asked} by {came_by}");
            }
        }
    }
}

/// R30, R32: an error can only end the attempt, and some providers answer what they do not understand in the query.
#[test]
fn an_error_is_an_error_whichever_way_it_comes() {
    let denied = ErrorResponse::new("login_required", None).map(ProtocolError::Denied);
    for asked in [ResponseMode::Fragment, ResponseMode::FormPost] {
        for came_by in ResponseMode::ALL {
            let refused = answer((ResponseType::CodeIdToken, asked), came_by, &[("error", "login_required")]).err();
            assert_eq!(refused, denied, "{asked} by {came_by}");
            // R24: of this provider only.
            let others = [("error", "login_required"), ("iss", "https://evil.example")];
            let refused = answer((ResponseType::CodeIdToken, asked), came_by, &others).err();
            assert!(matches!(refused, Some(ProtocolError::Misbehaved(Misbehaviour::ResponseIssuer { .. }))));
        }
    }
}

/// Core 3.1.2.5, 3.2.2.5, 3.3.2.5
#[test]
fn a_response_has_all_that_was_asked_for() {
    for response_type in ResponseType::ALL {
        assert_eq!(refusal(response_type, &without(response_type, "")), None, "{response_type}");
        for (parameter, is_asked) in [
            ("code", response_type.has_code()),
            ("id_token", response_type.has_id_token()),
            ("access_token", response_type.has_token()),
            ("token_type", response_type.has_token()),
        ] {
            let reason = match response_type {
                ResponseType::Code => Misbehaviour::NeitherCodeNorError,
                _ => Misbehaviour::MissingInResponse { response_type, parameter },
            };
            let expected = is_asked.then(|| ProtocolError::from(reason));
            assert_eq!(refusal(response_type, &without(response_type, parameter)), expected, "{response_type}");
            if parameter != "token_type" {
                let empty = [without(response_type, parameter), vec![(parameter, "")]].concat();
                assert_eq!(refusal(response_type, &empty), expected, "{response_type}");
            }
        }
    }
}

/// V30: a token that nobody asked for is nobody's.
#[test]
fn a_response_has_nothing_that_was_not_asked_for() {
    for response_type in ResponseType::ALL {
        for (parameter, is_asked) in [
            ("code", response_type.has_code()),
            ("id_token", response_type.has_id_token()),
            ("access_token", response_type.has_token()),
        ] {
            if !is_asked {
                let more = [without(response_type, ""), vec![(parameter, "x")]].concat();
                let reason = Misbehaviour::UnaskedInResponse { response_type, parameter };
                assert_eq!(refusal(response_type, &more), misbehaved(reason), "{response_type}");
            }
        }
    }
}

/// R29
#[test]
fn an_error_comes_alone() {
    for (beside, reason) in [
        ("code", Misbehaviour::CodeAndError),
        ("id_token", Misbehaviour::TokensAndError),
        ("access_token", Misbehaviour::TokensAndError),
    ] {
        let refused = refusal(ResponseType::CodeIdTokenToken, &[("error", "access_denied"), (beside, "x")]);
        assert_eq!(refused, misbehaved(reason), "{beside}");
    }
}

/// Core 3.2.2.5, RFC 6749 4.2.2
#[test]
fn an_access_token_from_the_browser_is_a_bearer_token_in_good_form() {
    let with = |name: &str, value: &str| {
        let mut all = without(ResponseType::IdTokenToken, name);
        all.retain(|(known, _)| *known != name);
        let all: Vec<_> = all.into_iter().chain([(name, value)]).collect();
        refusal(ResponseType::IdTokenToken, &all)
    };
    for wrong in ["", "mac", "DPoP", "bearer "] {
        let reason = Misbehaviour::ResponseTokenType { got: Excerpt::new(wrong) };
        assert_eq!(with("token_type", wrong), misbehaved(reason), "{wrong}");
    }
    for wrong in ["", "-1", "+1", "1.5", "0x1", "1 ", "9223372036854775808"] {
        let reason = Misbehaviour::ResponseExpiresIn { got: Excerpt::new(wrong) };
        assert_eq!(with("expires_in", wrong), misbehaved(reason), "{wrong}");
    }
    for wrong in ["a\r\nb", "é", "\u{7f}"] {
        assert_eq!(with("access_token", wrong), misbehaved(Misbehaviour::AccessToken), "V10: {wrong:?}");
    }
    assert_eq!(with("token_type", "BEARER"), None);
    assert_eq!(with("expires_in", "9223372036854775807"), None);
    assert_eq!(refusal(ResponseType::IdTokenToken, &without(ResponseType::IdTokenToken, "expires_in")), None);
}

/// R26, V23
#[test]
fn a_parameter_twice_is_refused_by_every_way() {
    let attempt = pending(7).attempt();
    for name in ["id_token", "access_token", "token_type", "expires_in", "scope", "session_state"] {
        let twice = format!("state={attempt}.&{name}=x&{name}=x");
        let refused = unsolicited(Unsolicited::DuplicateParameter { name });
        assert_eq!(AuthorizationResponse::from_query(&twice).err(), refused, "{name}");
        assert_eq!(AuthorizationResponse::from_fragment(&twice).err(), refused, "{name}");
        assert_eq!(AuthorizationResponse::from_form(twice.as_bytes()).err(), refused, "{name}");
    }
}

/// Of `code token` the code may be redeemed at once; the access token beside it, for which nobody vouches, is not there at all.
#[test]
fn an_access_token_that_no_id_token_vouches_for_is_left_behind() {
    let asked = (ResponseType::CodeToken, ResponseMode::Fragment);
    let accepted = answer(asked, ResponseMode::Fragment, &without(ResponseType::CodeToken, "")).expect("accepted");
    assert_eq!(code_alone(accepted).code.expose(), "c");
}

/// V69
#[test]
fn debug_prints_no_token_of_the_browser() {
    let state = pending(7).state("");
    let others = [("code", "canary-code"), ("id_token", "canary-id")];
    let form = query(&[&[("state", state.as_str())], &others[..], &TOKEN].concat());
    let response = AuthorizationResponse::from_fragment(&form).expect("a response");
    let asked = (ResponseType::CodeIdTokenToken, ResponseMode::Fragment);
    let accepted = answer(asked, ResponseMode::Fragment, &[&others[..], &TOKEN].concat()).expect("accepted");
    let shown = format!("{response:?} {accepted:?}");
    assert!(!shown.contains("canary") && !shown.contains(&pending(7).nonce()), "{shown}");
}

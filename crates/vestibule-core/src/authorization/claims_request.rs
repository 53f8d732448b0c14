//! The `claims` parameter: single claims asked for (Core 5.5).

use serde_json::{Map, Value, json};

use super::{InvalidAuthorizationRequest, ResponseType};
use crate::{claims::Subject, error::Excerpt, id_token::AuthTime};

/// The object, if Core 5.5 allows it and its answer need not be checked by us.
pub(super) fn check(
    claims: Value,
    response_type: ResponseType,
) -> Result<Map<String, Value>, InvalidAuthorizationRequest> {
    let Value::Object(claims) = claims else { return Err(InvalidAuthorizationRequest::Claims) };
    if !claims.contains_key("id_token") && !claims.contains_key("userinfo") {
        return Err(InvalidAuthorizationRequest::Claims);
    }
    for member in ["id_token", "userinfo"] {
        let Some(asked) = claims.get(member) else { continue };
        // Core 5.5: a JSON object that lists claims.
        let asked = asked.as_object().ok_or(InvalidAuthorizationRequest::ClaimsMember { member })?;
        if let Some((claim, _)) = asked.iter().find(|(_, request)| !is_claim_request(request)) {
            return Err(InvalidAuthorizationRequest::ClaimRequest { claim: Excerpt::new(claim) });
        }
    }
    // Core 5.5.1.1: whoever asks for an essential acr must check it, and only a pending login does.
    if asked_of_id_token(&claims, "acr").is_some_and(is_essential) {
        return Err(InvalidAuthorizationRequest::EssentialAcrInClaims);
    }
    // Core 5.5: with userinfo "the request MUST also use a response_type value that results in an Access Token being issued".
    if claims.contains_key("userinfo") && response_type == ResponseType::IdToken {
        return Err(InvalidAuthorizationRequest::UserInfoWithoutAccessToken { response_type });
    }
    Ok(claims)
}

/// Core 5.5.1: null, or an object with these members and others that we need not understand.
fn is_claim_request(request: &Value) -> bool {
    match request {
        Value::Null => true,
        Value::Object(request) => {
            request.get("essential").is_none_or(Value::is_boolean) && request.get("values").is_none_or(Value::is_array)
        }
        _ => false,
    }
}

fn is_essential(request: &Value) -> bool {
    request.get("essential").and_then(Value::as_bool) == Some(true)
}

/// Core 2: auth_time "is REQUIRED" where it is asked for as an essential claim.
pub(super) fn auth_time(claims: &Map<String, Value>) -> AuthTime {
    if asked_of_id_token(claims, "auth_time").is_some_and(is_essential) {
        AuthTime::Required
    } else {
        AuthTime::Optional
    }
}

/// Core 3.1.2.2: the sub that is asked for "with a specific value for the ID Token". One of several is not asked for: nothing says
/// which of them the answer is about.
pub(super) fn sub(claims: &Map<String, Value>) -> Result<Option<Subject>, InvalidAuthorizationRequest> {
    let Some(Value::Object(asked)) = asked_of_id_token(claims, "sub") else { return Ok(None) };
    let sub = match (asked.get("value"), asked.get("values")) {
        (None, None) => return Ok(None),
        (Some(Value::String(sub)), None) => Subject::parse(sub.as_str()),
        _ => None,
    };
    sub.map(Some).ok_or(InvalidAuthorizationRequest::SubjectInClaims)
}

fn asked_of_id_token<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    claims.get("id_token").and_then(|asked| asked.get(claim))
}

/// The same claims, with an acr that is one of these (Core 5.5.1.1), if there are any.
pub(super) fn with_essential_acr(claims: &Map<String, Value>, values: &[String]) -> Map<String, Value> {
    let mut claims = claims.clone();
    if !values.is_empty() {
        let id_token = claims.entry("id_token").or_insert_with(|| json!({}));
        if let Value::Object(id_token) = id_token {
            id_token.insert("acr".to_owned(), json!({"essential": true, "values": values}));
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(claims: Value) -> Option<InvalidAuthorizationRequest> {
        check(claims, ResponseType::Code).err()
    }

    /// R12: Core 5.5
    #[test]
    fn only_the_object_of_the_specification_is_sent() {
        use InvalidAuthorizationRequest::{ClaimRequest, Claims, ClaimsMember, EssentialAcrInClaims};
        for wrong in [json!(null), json!("{}"), json!([]), json!({}), json!({"email": null}), json!({"idtoken": {}})] {
            assert_eq!(refusal(wrong.clone()), Some(Claims), "{wrong}");
        }
        for member in ["id_token", "userinfo"] {
            for wrong in [json!(null), json!("email"), json!(["email"])] {
                assert_eq!(refusal(json!({member: wrong})), Some(ClaimsMember { member }), "{wrong}");
            }
            for wrong in [json!(true), json!("x"), json!({"essential": "true"}), json!({"values": "x"})] {
                let reason = ClaimRequest { claim: Excerpt::new("email") };
                assert_eq!(refusal(json!({member: {"email": wrong}})), Some(reason), "{wrong}");
            }
            let good = json!({"email": null, "name": {"essential": true, "values": ["a"], "purpose": "x"}, "sub": {"value": "a"}});
            assert_eq!(refusal(json!({member: good})), None);
        }
        assert_eq!(refusal(json!({"id_token": {"acr": {"essential": true}}})), Some(EssentialAcrInClaims));
        assert_eq!(refusal(json!({"id_token": {"acr": {"essential": false, "values": ["1"]}}})), None);
        assert_eq!(refusal(json!({"id_token": {"acr": null}})), None);
    }

    /// R12: Core 3.1.2.2, Core 2
    #[test]
    fn a_sub_is_asked_for_by_one_value_that_can_be_one() {
        let asked = |request: Value| sub(&Map::from_iter([("id_token".to_owned(), json!({"sub": request}))]));
        for nothing in [json!(null), json!({}), json!({"essential": true})] {
            assert_eq!(asked(nothing), Ok(None));
        }
        assert_eq!(asked(json!({"value": "alice"})), Ok(Subject::parse("alice")));
        let long = "x".repeat(256);
        for wrong in [json!({"value": ""}), json!({"value": long}), json!({"value": "zo\u{eb}"}), json!({"value": 1})] {
            assert_eq!(asked(wrong.clone()), Err(InvalidAuthorizationRequest::SubjectInClaims), "{wrong}");
        }
        for several in [json!({"values": ["alice"]}), json!({"value": "alice", "values": ["alice"]})] {
            assert_eq!(asked(several), Err(InvalidAuthorizationRequest::SubjectInClaims));
        }
        let userinfo = Map::from_iter([("userinfo".to_owned(), json!({"sub": {"value": "alice"}}))]);
        assert_eq!((sub(&userinfo), auth_time(&userinfo)), (Ok(None), AuthTime::Optional));
    }

    /// Core 5.5
    #[test]
    fn userinfo_is_not_asked_for_where_no_access_token_comes() {
        for response_type in ResponseType::ALL {
            let refused = check(json!({"userinfo": {"email": null}}), response_type).err();
            let reason = InvalidAuthorizationRequest::UserInfoWithoutAccessToken { response_type };
            assert_eq!(refused, (response_type == ResponseType::IdToken).then_some(reason), "{response_type}");
        }
    }
}

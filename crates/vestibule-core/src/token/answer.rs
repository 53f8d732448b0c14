//! What the token endpoint answers with, whatever was asked: tokens, or an error (RFC 6749 5).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::GrantedTokens;
use crate::{
    error::{Excerpt, JsonFault, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Limits, error_in, json_body},
    json,
    secret::Secret,
};

/// What both a code and a refresh token bring (RFC 6749 5.1).
pub(super) struct TokenAnswer {
    pub(super) granted: GrantedTokens,
    pub(super) id_token: Option<Secret<String>>,
}

impl TokenAnswer {
    pub(super) fn read(limits: &Limits, response: &Response<Bytes>) -> Result<Self, ProtocolError> {
        let object = token_answer(limits, response)?;
        let read = |fault: JsonFault| fault.at(Endpoint::Token);
        let text = |name| json::member::<String>(&object, name).map_err(read);
        let access_token = Secret::new(json::required::<String>(&object, "access_token").map_err(read)?);
        // RFC 6749 5.1: only RECOMMENDED, so its absence is no fault.
        let expires_in = json::member(&object, "expires_in").map_err(read)?;
        let granted = GrantedTokens::new(access_token, expires_in, text("scope")?)?;
        check_token_type(&object)?;
        // RFC 6749 A.17: at least one character; an empty one must not take the place of one that is good.
        let refresh_token = text("refresh_token")?.filter(|token| !token.is_empty()).map(Secret::new);
        Ok(Self { granted: granted.with_refresh_token(refresh_token), id_token: text("id_token")?.map(Secret::new) })
    }
}

/// The JSON of a 200 answer, or the error that the endpoint gave (RFC 6749 5.2).
fn token_answer(limits: &Limits, response: &Response<Bytes>) -> Result<Map<String, Value>, ProtocolError> {
    let status = response.status();
    let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status: status.as_u16() };
    if !matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
        return Err(unexpected.into());
    }
    let object = json_body(Endpoint::Token, limits, response)?;
    match error_in(Endpoint::Token, &object)? {
        // An error with status 200 is an error too (R52).
        Some(error) => Err(ProtocolError::Denied(error)),
        None if status == StatusCode::OK => Ok(object),
        None => Err(unexpected.into()),
    }
}

/// RFC 6749 5.1: case-insensitive; Core 3.1.3.3: Bearer.
fn check_token_type(object: &Map<String, Value>) -> Result<(), Misbehaviour> {
    let token_type: String = json::required(object, "token_type").map_err(|fault| fault.at(Endpoint::Token))?;
    if token_type.eq_ignore_ascii_case("Bearer") {
        Ok(())
    } else {
        Err(Misbehaviour::TokenType { got: Excerpt::new(&token_type) })
    }
}

//! The token endpoint: what is asked there, and what comes back (Core 3.1.3).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::{
    authorization::AuthorizationCode,
    client::Client,
    client_auth::Authentication,
    discovery::ProviderMetadata,
    error::{ErrorResponse, Excerpt, InvalidMetadata, JsonFault, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_body},
    id_token::UnverifiedIdToken,
    json,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Redeems a code (Core 3.1.3.1); made by [`Client::redeem`].
#[derive(Debug)]
pub struct TokenRequest {
    token_endpoint: Url,
    client_id: String,
    authentication: Authentication,
    redirect_uri: String,
    code: AuthorizationCode,
}

/// A good answer of the token endpoint (Core 3.1.3.3).
#[derive(Debug)]
pub struct TokenResponse {
    access_token: Secret<String>,
    expires_in: Option<i64>,
    refresh_token: Option<Secret<String>>,
    scope: Option<String>,
    id_token: UnverifiedIdToken,
}

impl Client {
    /// The request that redeems a code. `redirect_uri` is the one of the authorization request, byte for byte.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] when the provider offers no method by which we can authenticate.
    pub fn redeem(
        &self,
        metadata: &ProviderMetadata,
        redirect_uri: impl Into<String>,
        code: AuthorizationCode,
    ) -> Result<TokenRequest, InvalidMetadata> {
        Ok(TokenRequest {
            token_endpoint: metadata.token_endpoint().clone(),
            client_id: self.client_id().to_owned(),
            authentication: self.authentication(metadata)?,
            redirect_uri: redirect_uri.into(),
            code,
        })
    }
}

impl Exchange for TokenRequest {
    type Output = TokenResponse;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.token_endpoint.as_str().parse().expect("a parsed URL is a URI");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", self.code.code.expose())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_verifier", self.code.code_verifier.expose());
        self.authentication.prove(&self.client_id, request.headers_mut(), &mut form);
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        *request.body_mut() = Bytes::from(form.finish());
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = token_answer(&Self::LIMITS, &response)?;
        let read = |fault: JsonFault| fault.at(Endpoint::Token);
        let access_token = Secret::new(json::required::<String>(&object, "access_token").map_err(read)?);
        // RFC 6749 A.12: visible ASCII, which is also what a header can carry.
        if access_token.expose().is_empty() || !access_token.expose().bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            return Err(Misbehaviour::AccessToken.into());
        }
        check_token_type(&object)?;
        // Core 3.1.3.3: REQUIRED.
        let id_token: String = json::member(&object, "id_token").map_err(read)?.ok_or(Misbehaviour::NoIdToken)?;
        Ok(Step::Done(TokenResponse {
            // RFC 6749 5.1: only RECOMMENDED, so its absence is no fault.
            expires_in: json::member(&object, "expires_in").map_err(read)?,
            refresh_token: json::member::<String>(&object, "refresh_token").map_err(read)?.map(Secret::new),
            scope: json::member(&object, "scope").map_err(read)?,
            id_token: UnverifiedIdToken::new(id_token, self.code.nonce.expose().as_str())
                .beside(access_token.clone())
                .in_exchange_for(self.code.code),
            access_token,
        }))
    }
}

/// The JSON of a 200 answer, or the error that the endpoint gave (RFC 6749 5.2).
fn token_answer(limits: &Limits, response: &Response<Bytes>) -> Result<Map<String, Value>, ProtocolError> {
    let status = response.status();
    if !matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
        return Err(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status: status.as_u16() }.into());
    }
    let object = json_body(Endpoint::Token, limits, response)?;
    let read = |fault: JsonFault| fault.at(Endpoint::Token);
    match json::member::<String>(&object, "error").map_err(read)? {
        // An error with status 200 is an error too (R52).
        Some(error) => {
            let description: Option<String> = json::member(&object, "error_description").map_err(read)?;
            let response = ErrorResponse::new(&error, description.as_deref()).ok_or(Misbehaviour::MalformedError)?;
            Err(ProtocolError::Denied(response))
        }
        None if status == StatusCode::OK => Ok(object),
        None => Err(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status: status.as_u16() }.into()),
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

impl TokenResponse {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &Secret<String> {
        &self.access_token
    }

    /// For how many seconds the access token is good, if the provider says.
    #[must_use]
    pub fn expires_in(&self) -> Option<i64> {
        self.expires_in
    }

    /// The refresh token, if there is one.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret<String>> {
        self.refresh_token.as_ref()
    }

    /// What was granted, where it differs from what was asked.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The ID Token, not yet verified.
    #[must_use]
    pub fn id_token(&self) -> &UnverifiedIdToken {
        &self.id_token
    }
}

#[cfg(test)]
mod tests;

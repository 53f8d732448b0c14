//! An authorization request (Core 3.1.2.1, 3.2.2.1, 3.3.2.1), and whether it is in order.

use std::sync::Arc;

use url::Url;
use vestibule_core::ResponseMode;

use super::{
    claims_request::ClaimsRequest,
    request_object,
    response_type::{Wanted, default_mode},
};
use crate::{
    client::RegisteredClient, denial::Denial, parameters::Parameters, pkce::CodeChallenge,
    provider::DevelopmentProvider, state::Asked, warning::Warning,
};

/// An authorization request that may be answered at its redirect URI: client and redirect URI are known and belong together.
pub(super) struct AuthorizationRequest {
    pub(super) client: Arc<RegisteredClient>,
    pub(super) redirect_uri: String,
    /// Those of the request object are among them, in the place of those beside it (Core 6.1).
    pub(super) parameters: Parameters,
    pub(super) response_mode: ResponseMode,
    /// What is wrong with its request object.
    refused: Option<Denial>,
}

/// What a request in order asks for.
pub(super) struct Checked {
    pub(super) response_type: Wanted,
    pub(super) code_challenge: Option<CodeChallenge>,
    pub(super) claims: ClaimsRequest,
    pub(super) asked: Asked,
}

/// The most characters of a nonce of 32 bytes in base64url.
const USUAL_NONCE: usize = 43;

impl AuthorizationRequest {
    pub(super) async fn read(provider: &DevelopmentProvider, text: &[u8]) -> Result<Self, &'static str> {
        let plain = Parameters::parse(text).map_err(|_| "A parameter is there twice.")?;
        let client = plain.get("client_id").and_then(|client_id| provider.registered(client_id));
        let client = client.ok_or("This client_id is not registered.")?;
        let (parameters, refused) = match request_object::resolved(provider, &client, &plain).await {
            Ok(parameters) => (parameters, None),
            Err(denial) => (plain, Some(denial)),
        };
        let redirect_uri = parameters.get("redirect_uri").filter(|uri| client.may_return_to(uri));
        let redirect_uri = redirect_uri.ok_or("This redirect_uri is not registered for the client.")?.to_owned();
        let response_mode = answer_mode(&parameters);
        Ok(Self { client, redirect_uri, parameters, response_mode, refused })
    }

    pub(super) fn scope(&self) -> &str {
        self.parameters.get("scope").unwrap_or_default()
    }

    /// The rules for the parameters.
    pub(super) fn check(&self, provider: &DevelopmentProvider) -> Result<Checked, Denial> {
        let parameters = &self.parameters;
        if let Some(denial) = &self.refused {
            return Err(denial.clone());
        }
        let response_type = self.check_response_type()?;
        if !parameters.lists("scope", "openid") {
            return Err(Denial::new("invalid_scope", "scope must contain openid"));
        }
        self.check_nonce(provider, response_type)?;
        if parameters.lists("prompt", "none") && parameters.get("prompt") != Some("none") {
            return Err(Denial::new("invalid_request", "prompt none stands alone"));
        }
        if parameters.get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(Denial::new("invalid_request", "max_age must be a number of seconds"));
        }
        let claims = ClaimsRequest::of(parameters, &self.client)?;
        // A challenge is for a code (RFC 7636 4.3); nobody redeems anything else.
        let code_challenge = match response_type.has_code {
            true => CodeChallenge::of_request(parameters, &self.client)?,
            false => None,
        };
        let asked = Asked { resources: self.resources()?, ..claims.asked() };
        Ok(Checked { response_type, code_challenge, claims, asked })
    }

    fn check_response_type(&self) -> Result<Wanted, Denial> {
        let asked = self.parameters.get("response_type");
        let asked = asked.ok_or(Denial::new("invalid_request", "response_type is missing"))?;
        let wanted = Wanted::parse(asked);
        let wanted = wanted.ok_or(Denial::new("unsupported_response_type", "no response type of this provider"))?;
        if !self.client.may_ask_for(|registered| Wanted::parse(registered.name()) == Some(wanted)) {
            return Err(Denial::new("unauthorized_client", "the client is registered for another response_type"));
        }
        match self.parameters.get("response_mode").map(str::parse::<ResponseMode>) {
            Some(Err(_)) => Err(Denial::new("invalid_request", "response_mode must be query, fragment or form_post")),
            // Multiple Response Types 3 and 5
            Some(Ok(ResponseMode::Query)) if wanted.has_tokens() => {
                Err(Denial::new("invalid_request", "tokens do not go in a query"))
            }
            _ => Ok(wanted),
        }
    }

    /// Core 3.2.2.1 and 3.3.2.11: an ID Token from here has one, or anybody could bring another login's.
    fn check_nonce(&self, provider: &DevelopmentProvider, response_type: Wanted) -> Result<(), Denial> {
        let nonce = self.parameters.get("nonce");
        if response_type.has_id_token && nonce.is_none() {
            return Err(Denial::new("invalid_request", "nonce is missing"));
        }
        let is_safe = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
        if nonce.is_some_and(|nonce| nonce.len() > USUAL_NONCE || !nonce.bytes().all(is_safe)) {
            provider.warn(Warning::UnusualNonce);
        }
        Ok(())
    }

    /// RFC 8707 2: absolute URIs without fragments.
    fn resources(&self) -> Result<Vec<String>, Denial> {
        let resources = self.parameters.resources();
        if resources.iter().all(|uri| Url::parse(uri).is_ok_and(|url| url.fragment().is_none())) {
            Ok(resources.to_vec())
        } else {
            Err(Denial::new("invalid_target", "a resource is an absolute URI without a fragment"))
        }
    }
}

/// The way back, for an error too: what was asked for, as long as tokens do not get into a query by it.
fn answer_mode(parameters: &Parameters) -> ResponseMode {
    let default = default_mode(parameters.get("response_type").unwrap_or_default());
    match parameters.get("response_mode").and_then(|mode| mode.parse().ok()) {
        Some(ResponseMode::Query) | None => default,
        Some(asked) => asked,
    }
}

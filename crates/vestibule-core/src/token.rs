//! The token endpoint: what is asked there, and what comes back (Core 3.1.3).

mod answer;
mod granted;
mod refresh;

use answer::TokenAnswer;
pub use granted::GrantedTokens;
pub use refresh::{RefreshRequest, RefreshResponse, ScopeNotGranted};

use bytes::Bytes;
use http::{Request, Response};

use crate::{
    authorization::AuthorizationCode,
    client::Client,
    client_auth::AuthenticatedEndpoint,
    discovery::ProviderMetadata,
    error::{InvalidMetadata, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step},
    id_token::UnverifiedIdToken,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Redeems a code (Core 3.1.3.1); made by [`Client::redeem`].
#[derive(Debug)]
pub struct TokenRequest {
    token_endpoint: AuthenticatedEndpoint,
    redirect_uri: String,
    code: AuthorizationCode,
}

/// A good answer of the token endpoint (Core 3.1.3.3).
#[derive(Debug)]
pub struct TokenResponse {
    granted: GrantedTokens,
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
        Ok(TokenRequest { token_endpoint: self.token_endpoint(metadata)?, redirect_uri: redirect_uri.into(), code })
    }
}

impl Exchange for TokenRequest {
    type Output = TokenResponse;
    const ENDPOINT: Endpoint = Endpoint::Token;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    fn request(&mut self, now: NumericDate, entropy: Entropy) -> Request<Bytes> {
        self.token_endpoint.post(
            now,
            entropy,
            [
                ("grant_type", "authorization_code"),
                ("code", self.code.code.expose().as_str()),
                ("redirect_uri", &self.redirect_uri),
                ("code_verifier", self.code.code_verifier.expose()),
            ],
        )
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let TokenAnswer { granted, id_token } = TokenAnswer::read(&Self::LIMITS, &response)?;
        // Core 3.1.3.3: REQUIRED.
        let id_token = id_token.ok_or(Misbehaviour::NoIdToken)?;
        let AuthorizationCode { code, nonce, demands, front_channel, .. } = self.code;
        Ok(Step::Done(TokenResponse {
            id_token: UnverifiedIdToken::new(id_token, nonce.expose().as_str())
                .beside(granted.access_token().clone())
                .in_exchange_for(code)
                .about(front_channel)
                .answering(demands),
            granted,
        }))
    }
}

impl TokenResponse {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &Secret<String> {
        self.granted.access_token()
    }

    /// For how many seconds the access token is good, if the provider says.
    #[must_use]
    pub fn expires_in(&self) -> Option<i64> {
        self.granted.expires_in()
    }

    /// The refresh token, if there is one.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret<String>> {
        self.granted.refresh_token()
    }

    /// What was granted, where it differs from what was asked.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.granted.scope()
    }

    /// All of them but the ID Token: what is kept of a login, whichever way its tokens came.
    #[must_use]
    pub fn granted(&self) -> &GrantedTokens {
        &self.granted
    }

    /// The ID Token, not yet verified.
    #[must_use]
    pub fn id_token(&self) -> &UnverifiedIdToken {
        &self.id_token
    }
}

#[cfg(test)]
mod tests;

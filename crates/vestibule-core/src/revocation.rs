//! Giving a token back that nobody needs any more (RFC 7009).

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::{
    client::Client,
    client_auth::AuthenticatedEndpoint,
    discovery::ProviderMetadata,
    error::{InvalidMetadata, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, error_in, json_body},
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Which kind of token is given back (RFC 7009 2.1): a hint, so that the provider finds it sooner.
///
/// # Example
/// ```
/// use vestibule_core::revocation::TokenTypeHint;
///
/// assert_eq!(TokenTypeHint::RefreshToken.name(), "refresh_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenTypeHint {
    /// An access token.
    AccessToken,
    /// A refresh token; with it go the access tokens that came of it, where the provider revokes those at all (RFC 7009 2.1).
    RefreshToken,
}

impl TokenTypeHint {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// Gives a token back (RFC 7009 2.1); made by [`Client::revoke`].
///
/// Nothing should wait for it to succeed: whoever logs out is logged out, whatever the provider makes of this (R91).
///
/// # Example
/// ```
/// use vestibule_core::{Client, Entropy, Exchange, NumericDate, ProviderMetadata, revocation::TokenTypeHint};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize", "revocation_endpoint": "https://login.example.com/revoke",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let client = Client::public("my-app");
/// let Some(mut exchange) = client.revoke(&metadata, "45ghiukldjahdnhzdauz", TokenTypeHint::RefreshToken)? else {
///     return Ok(()); // this provider takes no tokens back
/// };
/// let request = exchange.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://login.example.com/revoke");
/// assert_eq!(request.body(), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token&client_id=my-app");
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Debug)]
pub struct RevocationRequest {
    revocation_endpoint: AuthenticatedEndpoint,
    token: Secret<String>,
    token_type_hint: TokenTypeHint,
}

impl Client {
    /// The request that gives a token back; `None` when the provider has no revocation_endpoint.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] when the provider offers no method by which we can authenticate there.
    pub fn revoke(
        &self,
        metadata: &ProviderMetadata,
        token: impl Into<Secret<String>>,
        token_type_hint: TokenTypeHint,
    ) -> Result<Option<RevocationRequest>, InvalidMetadata> {
        let Some(revocation_endpoint) = self.revocation_endpoint(metadata)? else { return Ok(None) };
        Ok(Some(RevocationRequest { revocation_endpoint, token: token.into(), token_type_hint }))
    }
}

impl Exchange for RevocationRequest {
    /// The token is good for nothing any more, or never was.
    type Output = ();
    const ENDPOINT: Endpoint = Endpoint::Revocation;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    fn request(&mut self, now: NumericDate, entropy: Entropy) -> Request<Bytes> {
        let form = [("token", self.token.expose().as_str()), ("token_type_hint", self.token_type_hint.name())];
        self.revocation_endpoint.post(now, entropy, form)
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let unexpected =
            Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Revocation, status: response.status().as_u16() };
        match response.status() {
            // RFC 7009 2.2: "The content of the response body is ignored by the client".
            StatusCode::OK => Ok(Step::Done(())),
            // RFC 7009 2.2.1
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
                let object = json_body(Endpoint::Revocation, &Self::LIMITS, &response)?;
                Err(error_in(Endpoint::Revocation, &object)?.map_or_else(|| unexpected.into(), ProtocolError::Denied))
            }
            _ => Err(unexpected.into()),
        }
    }
}

#[cfg(test)]
mod tests;

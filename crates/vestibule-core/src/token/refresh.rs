//! Refreshing: new tokens for a refresh token (Core 12, RFC 6749 6).

use bytes::Bytes;
use http::{Request, Response};

use super::{GrantedTokens, TokenAnswer, TokenRequest};
use crate::{
    client::Client,
    client_auth::AuthenticatedEndpoint,
    discovery::ProviderMetadata,
    error::{Excerpt, InvalidMetadata, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step},
    id_token::UnverifiedRefreshedIdToken,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Asks for new tokens (Core 12.1); made by [`Client::refresh`].
///
/// A provider may take each refresh token once, and every other use of it for a theft (RFC 9700 4.14): after an answer that got
/// lost, the same request a second time can cost all tokens (R88).
///
/// # Example
/// ```
/// use vestibule_core::{Client, Entropy, Exchange, NumericDate, ProviderMetadata};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let client = Client::public("my-app");
/// let mut exchange = client.refresh(&metadata, "8xLOxBtZp8")?.narrowed_to("openid", "openid email")?;
/// let request = exchange.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://login.example.com/token");
/// assert_eq!(request.body(), "grant_type=refresh_token&refresh_token=8xLOxBtZp8&scope=openid&client_id=my-app");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RefreshRequest {
    token_endpoint: AuthenticatedEndpoint,
    refresh_token: Secret<String>,
    scope: Option<String>,
}

/// A good answer to a refresh (Core 12.2).
///
/// # Example
/// ```
/// use vestibule_core::{Client, Exchange, NumericDate, ProviderMetadata, Step};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let response = http::Response::builder().header("content-type", "application/json")
/// #   .body(bytes::Bytes::from_static(br#"{"access_token": "TlBN45jURg", "token_type": "Bearer", "expires_in": 300}"#))?;
/// let exchange = Client::public("my-app").refresh(&metadata, "8xLOxBtZp8")?;
/// // send its request with any HTTP client, then:
/// let Step::Done(renewed) = exchange.accept(NumericDate::from_seconds(1_700_000_000), response)? else { panic!("never again") };
/// assert_eq!(renewed.access_token().expose(), "TlBN45jURg");
/// assert!(renewed.refresh_token().is_none(), "the one we have stays good");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RefreshResponse {
    granted: GrantedTokens,
    id_token: Option<UnverifiedRefreshedIdToken>,
}

/// A scope that was not granted, and which a refresh cannot bring (RFC 6749 6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope '{0}' was not granted, and a refresh cannot bring it (RFC 6749 6)")]
pub struct ScopeNotGranted(Excerpt);

impl Client {
    /// The request for new tokens.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] when the provider offers no method by which we can authenticate.
    pub fn refresh(
        &self,
        metadata: &ProviderMetadata,
        refresh_token: impl Into<Secret<String>>,
    ) -> Result<RefreshRequest, InvalidMetadata> {
        Ok(RefreshRequest {
            token_endpoint: self.token_endpoint(metadata)?,
            refresh_token: refresh_token.into(),
            scope: None,
        })
    }
}

impl RefreshRequest {
    /// Asks for this scope only, which is part of the one that was `granted`. Unsaid, all of it is asked for.
    ///
    /// # Errors
    /// [`ScopeNotGranted`] names the first that is not part of it (R89).
    pub fn narrowed_to(self, scope: &str, granted: &str) -> Result<Self, ScopeNotGranted> {
        match words(scope).find(|wanted| !words(granted).any(|granted| granted == *wanted)) {
            Some(stranger) => Err(ScopeNotGranted(Excerpt::new(stranger))),
            None => Ok(Self { scope: Some(scope.to_owned()), ..self }),
        }
    }
}

/// RFC 6749 3.3: a scope is words, of which neither the order nor the case is to be touched.
fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|word| !word.is_empty())
}

impl Exchange for RefreshRequest {
    type Output = RefreshResponse;
    const ENDPOINT: Endpoint = Endpoint::Token;
    const LIMITS: Limits = TokenRequest::LIMITS;

    fn request(&mut self, now: NumericDate, entropy: Entropy) -> Request<Bytes> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", self.refresh_token.expose().as_str())];
        let scope = self.scope.as_deref().map(|scope| ("scope", scope));
        self.token_endpoint.post(now, entropy, grant.into_iter().chain(scope))
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let TokenAnswer { granted, id_token } = TokenAnswer::read(&Self::LIMITS, &response)?;
        Ok(Step::Done(RefreshResponse {
            // Core 12.2: "except that it might not contain an id_token".
            id_token: id_token.map(|raw| UnverifiedRefreshedIdToken::new(raw).beside(granted.access_token().clone())),
            granted,
        }))
    }
}

impl RefreshResponse {
    /// The new access token.
    #[must_use]
    pub fn access_token(&self) -> &Secret<String> {
        self.granted.access_token()
    }

    /// For how many seconds it is good, if the provider says.
    #[must_use]
    pub fn expires_in(&self) -> Option<i64> {
        self.granted.expires_in()
    }

    /// The refresh token that takes the place of the one that was sent; `None` when that one stays (RFC 6749 6).
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret<String>> {
        self.granted.refresh_token()
    }

    /// What the provider says the new access token is good for, where it says so: for the record. It may say more than was ever
    /// granted; what the application may rely on is [`scope_within`](Self::scope_within) (R89).
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.granted.scope()
    }

    /// What the new access token is good for, of what was `granted` with the login: all of it where the provider does not say
    /// (RFC 6749 5.1), and never more (R89).
    #[must_use]
    pub fn scope_within(&self, granted: &str) -> String {
        let stays = |word: &&str| self.scope().is_none_or(|scope| words(scope).any(|said| said == *word));
        words(granted).filter(stays).collect::<Vec<_>>().join(" ")
    }

    /// The ID Token that came along, not yet verified, if one did (R86).
    #[must_use]
    pub fn id_token(&self) -> Option<&UnverifiedRefreshedIdToken> {
        self.id_token.as_ref()
    }
}

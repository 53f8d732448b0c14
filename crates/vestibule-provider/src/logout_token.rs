//! Logout tokens: what a provider sends to end sessions at a client (Back-Channel Logout 2.4).

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{
    client::RegisteredClient,
    denial::Denial,
    encryption::{Content, Envelope},
    fault::{LogoutTokenFault, sign_logout_token},
    identifier::identifier,
    provider::DevelopmentProvider,
};

/// A logout token that is not signed yet; made by [`DevelopmentProvider::logout_token`].
///
/// As it comes it lacks only what it is about: [`sub`](Self::sub), [`sid`](Self::sid), or both.
///
/// # Example
/// ```
/// use vestibule_core::SignatureAlgorithm;
/// use vestibule_provider::{DevelopmentProvider, LogoutTokenFault, RegisteredClient};
///
/// let client = RegisteredClient::public("demo")
///     .backchannel_logout_uri("http://localhost:3000/auth/backchannel_logout")
///     .id_token_signed_response_alg(SignatureAlgorithm::Es256);
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?.client(client);
///
/// let good = provider.logout_token("demo").sub("alice").request();
/// assert!(good.body().starts_with(b"logout_token=ey"));
/// for fault in LogoutTokenFault::ALL {
///     let bad = provider.logout_token("demo").sub("alice").sid("s-1").fault(fault).sign();
///     assert_ne!(bad, "");
/// }
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone)]
#[must_use = "it is signed by `sign`, and put into a request by `request`"]
pub struct LogoutTokenDraft {
    provider: DevelopmentProvider,
    client: Arc<RegisteredClient>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) typ: Option<String>,
    fault: Option<LogoutTokenFault>,
}

/// Seconds that a logout token is good for (Back-Channel Logout 2.4: two minutes at most).
const LIFETIME: i64 = 120;
/// Why a token can be made for a client.
const HAS_KEYS: &str =
    "the client's secret is long enough for its algorithm, and it has a key to encrypt to if it needs one";
/// What it says has happened.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl DevelopmentProvider {
    /// A logout token for this client, to be completed and sent by a test.
    ///
    /// # Panics
    /// When there is no such client.
    pub fn logout_token(&self, client_id: &str) -> LogoutTokenDraft {
        let client = self.registered(client_id).unwrap_or_else(|| panic!("no client is registered as {client_id}"));
        LogoutTokenDraft::new(self.clone(), client)
    }
}

impl LogoutTokenDraft {
    pub(crate) fn new(provider: DevelopmentProvider, client: Arc<RegisteredClient>) -> Self {
        let now = provider.now();
        let mut claims = Map::new();
        for (name, value) in [
            ("iss", json!(provider.issuer())),
            ("aud", json!(client.client_id())),
            ("iat", json!(now)),
            ("exp", json!(now.plus(LIFETIME))),
            ("jti", json!(identifier())),
            ("events", json!({ EVENT: {} })),
        ] {
            claims.insert(name.to_owned(), value);
        }
        Self { provider, client, claims, typ: Some("logout+jwt".to_owned()), fault: None }
    }

    /// Says whose sessions end.
    #[expect(clippy::should_implement_trait, reason = "it is the claim's own name")]
    pub fn sub(self, sub: impl Into<String>) -> Self {
        self.claim("sub", sub.into())
    }

    /// Says which session ends.
    pub fn sid(self, sid: impl Into<String>) -> Self {
        self.claim("sid", sid.into())
    }

    /// Has this `jti`, so that a second token can have the same.
    pub fn jti(self, jti: impl Into<String>) -> Self {
        self.claim("jti", jti.into())
    }

    /// Has this claim, in place of its own or besides.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Lacks this claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Has this `typ` in its header, instead of `logout+jwt`.
    pub fn typ(self, typ: impl Into<String>) -> Self {
        Self { typ: Some(typ.into()), ..self }
    }

    /// Has no `typ` in its header, as from many providers.
    pub fn without_typ(self) -> Self {
        Self { typ: None, ..self }
    }

    /// Breaks this rule, once everything else is said.
    pub fn fault(self, fault: LogoutTokenFault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// The token, signed and encrypted as this client's ID Tokens are (Back-Channel Logout 2.4): to the client's keys as they were
    /// fetched last, if they are at a `jwks_uri`.
    ///
    /// # Panics
    /// When no key can sign or encrypt: the client takes an HMAC, and its secret is too short for it, or has no key to encrypt to.
    #[must_use]
    pub fn sign(self) -> String {
        self.try_sign().expect(HAS_KEYS)
    }

    /// The request that brings the token to the client's `backchannel_logout_uri` (Back-Channel Logout 2.5).
    ///
    /// # Panics
    /// When the client has no such URI, or none that a request can be sent to, and when [`sign`](Self::sign) panics.
    #[must_use]
    pub fn request(self) -> Request<Bytes> {
        let request = self.try_request().expect("the client has a backchannel_logout_uri");
        request.expect(HAS_KEYS)
    }

    /// Nothing for a client that has no place to send it to.
    pub(crate) fn try_request(self) -> Option<Result<Request<Bytes>, Denial>> {
        let uri = self.client.backchannel_uri()?.parse().ok()?;
        Some(self.try_sign().map(|token| {
            let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
            let mut request = Request::new(Bytes::from(form));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = uri;
            let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(header::CONTENT_TYPE, content_type);
            request
        }))
    }

    fn try_sign(mut self) -> Result<String, Denial> {
        if let Some(fault) = self.fault {
            fault.spoil(&mut self, EVENT);
        }
        let payload = Value::Object(self.claims).to_string();
        let (provider, client) = (&self.provider, self.client.as_ref());
        let token = sign_logout_token(self.fault, &mut provider.keys(), client, self.typ.as_deref(), &payload)?;
        let (encryption, fault) = (client.id_token_encryption(), provider.hooks().logout_token_encryption_fault());
        Envelope { client, encryption, fault }.seal_by_known_keys(provider, Content::Token(token))
    }
}

/// Claims are about a person, and the token would end sessions: names alone are printed.
impl fmt::Debug for LogoutTokenDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutTokenDraft")
            .field("client_id", &self.client.client_id())
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .field("typ", &self.typ)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

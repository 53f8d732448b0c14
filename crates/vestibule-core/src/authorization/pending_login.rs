//! A login under way: one secret, from which state, nonce and code verifier are derived, kept where only the browser that
//! started it can bring it back.

use std::fmt;

use super::{
    AuthorizationRequest, AuthorizationResponse, ResponseMode, ResponseType, UnverifiedFrontChannel, asked::Asked,
    response::Pieces,
};
use crate::{
    error::{Excerpt, Misbehaviour, ProtocolError, Unsolicited},
    id_token::{Demands, FrontChannelIdentity, UnverifiedIdToken},
    issuer::Issuer,
    jose::{base64url, digest},
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
    tenants::Tenancy,
};

/// A login under way.
///
/// Whoever holds it can finish the login, so it is kept sealed and bound to the browser that started it (V17).
///
/// # Example
/// ```
/// use vestibule_core::{Entropy, NumericDate, PendingLogin};
///
/// let now = NumericDate::from_seconds(1_700_000_000);
/// let pending = PendingLogin::begin(Entropy::from_bytes([7; 32]), now);
/// let kept = pending.to_bytes();
/// assert_eq!(PendingLogin::from_bytes(&kept).map(|p| p.attempt()), Some(pending.attempt()));
/// ```
#[derive(Debug)]
pub struct PendingLogin {
    secret: Secret<[u8; 32]>,
    begun_at: NumericDate,
    asked: Asked,
}

impl PendingLogin {
    /// For how many seconds a person may be at the provider: 30 minutes.
    pub const LIFETIME: i64 = 30 * 60;

    /// Starts a login: a plain one by code, unless it is [`asking`](Self::asking) for something else.
    #[must_use]
    pub fn begin(entropy: Entropy, now: NumericDate) -> Self {
        Self { secret: entropy.into_secret(), begun_at: now, asked: Asked::default() }
    }

    /// The same login, which remembers what this request asks for and the answer has to show: the response type and mode,
    /// `max_age`, and essential acr values.
    #[must_use]
    pub fn asking(self, request: &AuthorizationRequest) -> Self {
        Self { asked: request.asked().clone(), ..self }
    }

    /// The public name of this attempt: 22 characters of base64url, 128 bits.
    #[must_use]
    pub fn attempt(&self) -> String {
        let derived = digest::derive(self.secret.expose(), "state");
        let (name, _) = derived.split_at(16);
        base64url::encode(name)
    }

    /// When it was started.
    #[must_use]
    pub fn begun_at(&self) -> NumericDate {
        self.begun_at
    }

    /// What it waits for.
    #[must_use]
    pub fn response_type(&self) -> ResponseType {
        self.asked.response_type
    }

    /// How it waits for it: as a query, as a fragment that a page of ours hands over, or in a POST (R30).
    #[must_use]
    pub fn response_mode(&self) -> ResponseMode {
        self.asked.response_mode
    }

    /// Its bytes, secret and all: seal them. They are 40, and up to 512 more when it asks for anything but a plain code.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let begun_at = self.begun_at.seconds().to_be_bytes();
        Secret::new([self.secret.expose().as_slice(), &begun_at, &self.asked.to_bytes()].concat())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub fn from_bytes(bytes: &Secret<Vec<u8>>) -> Option<Self> {
        let (secret, rest) = bytes.expose().split_first_chunk::<32>()?;
        let (begun_at, asked) = rest.split_first_chunk::<8>()?;
        let begun_at = NumericDate::from_seconds(i64::from_be_bytes(*begun_at));
        Some(Self { secret: Secret::new(*secret), begun_at, asked: Asked::from_bytes(asked)? })
    }

    /// Reads the answer that came back for this attempt, and makes the only [`AuthorizationCode`] there is, or what has one
    /// inside.
    ///
    /// # Errors
    /// [`ProtocolError::Unsolicited`] when the answer is not for this attempt or comes too late,
    /// [`ProtocolError::Misbehaved`] when the issuer is not the one that was asked, or the answer has not what was asked for or came
    /// by another way, [`ProtocolError::Denied`] when the provider said no.
    pub fn accept(
        self,
        response: AuthorizationResponse,
        expected: &ExpectedResponse<'_>,
        now: NumericDate,
    ) -> Result<Accepted, ProtocolError> {
        // RFC 6749 10.12: the state is the one of this attempt.
        if !digest::constant_time_eq(response.state.attempt().as_bytes(), self.attempt().as_bytes()) {
            return Err(Unsolicited::UnknownAttempt.into());
        }
        let age = now.seconds_since(self.begun_at);
        if !(expected.clock_skew.saturating_neg()..=Self::LIFETIME).contains(&age) {
            return Err(Unsolicited::Expired { begun_at: self.begun_at }.into());
        }
        // RFC 9207 2.4: before anything else is believed, an error included; simple string comparison.
        match &response.iss {
            Some(iss) if !expected.is_issuer(iss) => {
                return Err(Misbehaviour::ResponseIssuer {
                    expected: expected.tenancy.map_or_else(|| expected.issuer.to_string(), Tenancy::template),
                    got: Excerpt::new(iss),
                }
                .into());
            }
            None if expected.iss_promised && !self.has_issuer_otherwise(&response) => {
                return Err(Misbehaviour::ResponseIssuerMissing.into());
            }
            Some(_) | None => {}
        }
        Ok(self.accepted(response.into_pieces(&self.asked)?))
    }

    /// RFC 9207 4: where an ID Token comes with the response, its own iss says who answers, and the parameter "MAY be omitted".
    /// Nothing of such a response is of use before that ID Token is verified.
    fn has_issuer_otherwise(&self, response: &AuthorizationResponse) -> bool {
        self.asked.response_type.has_id_token() && response.has_id_token()
    }

    fn accepted(&self, pieces: Pieces) -> Accepted {
        let redeemable = |code| AuthorizationCode {
            code,
            code_verifier: self.code_verifier(),
            nonce: Secret::new(self.nonce()),
            demands: self.asked.demands.clone(),
            front_channel: None,
        };
        match pieces {
            Pieces::Code(code) => Accepted::Code(redeemable(code)),
            Pieces::IdToken { id_token, code, granted } => {
                let mut unverified = UnverifiedIdToken::new(id_token, self.nonce());
                if let Some(granted) = &granted {
                    unverified = unverified.beside(granted.access_token().clone());
                }
                unverified = match &code {
                    Some(code) => unverified.in_exchange_for(code.clone()).answering_nothing(),
                    None => unverified.answering(self.asked.demands.clone()),
                };
                let response = UnverifiedFrontChannel::new(unverified, granted, code.map(redeemable));
                Accepted::FrontChannel(Box::new(response))
            }
        }
    }

    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    pub(crate) fn state(&self, carried: &str) -> State {
        let attempt = self.attempt();
        State { text: format!("{attempt}.{carried}") }
    }

    /// 256 bits, as 43 characters.
    pub(crate) fn nonce(&self) -> String {
        base64url::encode(digest::derive(self.secret.expose(), "nonce"))
    }

    /// RFC 7636 4.1: 43 characters of the unreserved set.
    fn code_verifier(&self) -> Secret<String> {
        Secret::new(base64url::encode(digest::derive(self.secret.expose(), "code_verifier")))
    }

    /// RFC 7636 4.2: S256.
    pub(crate) fn code_challenge(&self) -> String {
        digest::code_challenge(self.code_verifier().expose())
    }
}

/// What a response brought, as far as it could be checked without keys.
///
/// # Example
/// ```
/// use vestibule_core::{
///     AuthorizationResponse, Entropy, NumericDate, PendingLogin, ProviderMetadata,
///     authorization::{Accepted, ExpectedResponse},
/// };
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let now = NumericDate::from_seconds(1_700_000_000);
/// let pending = PendingLogin::begin(Entropy::from_bytes([7; 32]), now);
/// let response = AuthorizationResponse::from_query(&format!("code=abc&state={}.", pending.attempt()))?;
/// match pending.accept(response, &ExpectedResponse::of(&metadata), now)? {
///     Accepted::Code(_code) => {} // redeem it
///     Accepted::FrontChannel(_) => unreachable!("not asked for"), // verify it first
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "whoever accepts a response must handle both, and there is no third")]
pub enum Accepted {
    /// Of the types `code` and `code token`: a code, which may be redeemed at once.
    ///
    /// The access token of `code token` is not here, and nowhere else: no ID Token vouches for it before the token endpoint's, and
    /// that one comes with an access token of its own (Core 3.3.3.8).
    Code(AuthorizationCode),
    /// Of every type with an ID Token: that, to be verified before anything else is to be had.
    FrontChannel(Box<UnverifiedFrontChannel>),
}

/// What a response to a login must agree with.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedResponse<'a> {
    issuer: &'a Issuer,
    iss_promised: bool,
    clock_skew: i64,
    tenancy: Option<&'a Tenancy>,
}

impl<'a> ExpectedResponse<'a> {
    /// A response of the provider that this metadata describes.
    #[must_use]
    pub fn of(metadata: &'a crate::ProviderMetadata) -> Self {
        Self {
            issuer: metadata.issuer(),
            iss_promised: metadata.authorization_response_iss_parameter_supported(),
            // The attempt was started by our own clock; a small step back of it is no reason to refuse.
            clock_skew: 60,
            tenancy: metadata.tenancy(),
        }
    }

    fn is_issuer(&self, iss: &str) -> bool {
        self.tenancy.map_or_else(|| iss == self.issuer.as_str(), |tenancy| tenancy.tenant_of(iss).is_some())
    }
}

/// The code of a response that was checked: for one token request.
#[derive(Debug)]
pub struct AuthorizationCode {
    pub(crate) code: Secret<String>,
    pub(crate) code_verifier: Secret<String>,
    pub(crate) nonce: Secret<String>,
    pub(crate) demands: Demands,
    pub(crate) front_channel: Option<FrontChannelIdentity>,
}

impl AuthorizationCode {
    /// The same code, for which the token endpoint must answer with an ID Token about the same person (Core 3.3.3.6).
    pub(super) fn given_along_with(&self, front_channel: FrontChannelIdentity) -> Self {
        Self {
            code: self.code.clone(),
            code_verifier: self.code_verifier.clone(),
            nonce: self.nonce.clone(),
            demands: self.demands.clone(),
            front_channel: Some(front_channel),
        }
    }
}

/// The `state` parameter: the name of the attempt, a dot, and text that the caller gave along.
#[derive(Clone, PartialEq, Eq)]
pub struct State {
    text: String,
}

impl State {
    /// The most bytes of a state that is looked at.
    const MOST_BYTES: usize = 2048;

    /// Reads a state of ours.
    ///
    /// # Errors
    /// [`Unsolicited::ForeignState`] when it has not the form of one that we made.
    pub fn parse(text: impl Into<String>) -> Result<Self, Unsolicited> {
        let text = text.into();
        let is_ours = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
        match text.split_once('.') {
            Some((attempt, _))
                if attempt.len() == 22 && text.len() <= Self::MOST_BYTES && text.bytes().all(is_ours) =>
            {
                Ok(Self { text })
            }
            _ => Err(Unsolicited::ForeignState),
        }
    }

    /// The name of the attempt.
    #[must_use]
    pub fn attempt(&self) -> &str {
        self.text.split_once('.').map_or("", |(attempt, _)| attempt)
    }

    /// The text that was given along.
    #[must_use]
    pub fn carried(&self) -> &str {
        self.text.split_once('.').map_or("", |(_, carried)| carried)
    }

    /// The whole, as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(***)")
    }
}

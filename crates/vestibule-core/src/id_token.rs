//! The ID Token: the numbered checks of Core 3.1.3.7, in the spec's order.

mod demands;
mod front_channel_identity;
mod hashes;
mod refreshed;

pub(crate) use demands::{AuthTime, Demands, RegisteredDemands};
pub(crate) use front_channel_identity::FrontChannelIdentity;
use hashes::{Hashes, check_access_token_hash, check_code_hash};
pub use refreshed::{FirstIdToken, UnverifiedRefreshedIdToken};

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    agreement::Agreement,
    claims::{Audience, ClaimsSet, Subject},
    error::{Excerpt, InvalidIdToken, JsonFault},
    issuer::Issuer,
    jose::{CompactJws, JwkSet, digest},
    json, logout,
    numeric_date::NumericDate,
    secret::Secret,
};

/// An ID Token as the provider sent it, with what binds it to this login. Its one use is [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{Client, JwkSet, NumericDate, ProviderMetadata, SignatureAlgorithm, UnverifiedIdToken, jose::SigningKey};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let now = NumericDate::from_seconds(1_700_000_000);
/// # let key = SigningKey::generate(SignatureAlgorithm::Rs256)?;
/// # let keys = JwkSet::from_json(serde_json::json!({"keys": [key.public_jwk()]}).to_string().as_bytes())?;
/// # let received = key.sign("JWT", serde_json::json!({"iss": "https://login.example.com", "sub": "alice", "aud": "my-app",
/// #   "exp": now.plus(60), "iat": now, "nonce": "n"}).to_string().as_bytes())?;
/// let client = Client::public("my-app");
/// let id_token = UnverifiedIdToken::new(received, "n").verify(&keys, &client.expected_id_token(&metadata), now)?;
/// assert_eq!(id_token.subject().as_str(), "alice");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct UnverifiedIdToken {
    raw: Secret<String>,
    nonce: String,
    access_token: Option<Secret<String>>,
    code: Option<Secret<String>>,
    hashes: Hashes,
    front_channel: Option<FrontChannelIdentity>,
    /// `None` where another token of the same login is the one to answer.
    demands: Option<Demands>,
}

/// What an ID Token must agree with; made by [`Client::expected_id_token`](crate::Client::expected_id_token).
#[derive(Clone, Copy, Debug)]
pub struct ExpectedIdToken<'a> {
    pub(crate) agreement: Agreement<'a>,
    pub(crate) registered: RegisteredDemands,
}

/// An ID Token that passed every check. There is no other way to have one.
#[derive(Clone, Debug)]
pub struct IdToken {
    raw: Secret<String>,
    issuer: Issuer,
    subject: Subject,
    issued_at: NumericDate,
    auth_time: Option<NumericDate>,
    acr: Option<String>,
    sid: Option<String>,
    session_expiry: Option<NumericDate>,
    claims: ClaimsSet,
}

/// The most seconds between the provider's signing and our reading, in a login or refresh that just ended (R44).
const FRESH: i64 = 10 * 60;

impl UnverifiedIdToken {
    /// A token from a response to the login that sent `nonce`.
    #[must_use]
    pub fn new(raw: impl Into<Secret<String>>, nonce: impl Into<String>) -> Self {
        Self {
            raw: raw.into(),
            nonce: nonce.into(),
            access_token: None,
            code: None,
            hashes: Hashes::Optional,
            front_channel: None,
            demands: Some(Demands::default()),
        }
    }

    /// The access token that came with it, which its at_hash must fit.
    #[must_use]
    pub fn beside(self, access_token: Secret<String>) -> Self {
        Self { access_token: Some(access_token), ..self }
    }

    /// The code that it was given for, which its c_hash must fit.
    #[must_use]
    pub fn in_exchange_for(self, code: Secret<String>) -> Self {
        Self { code: Some(code), ..self }
    }

    /// It came from the authorization endpoint, where the hash of whatever came along is required (R35).
    pub(crate) fn through_the_browser(self) -> Self {
        Self { hashes: Hashes::Required, ..self }
    }

    /// The second ID Token of a login whose first one came from the authorization endpoint.
    pub(crate) fn about(self, front_channel: Option<FrontChannelIdentity>) -> Self {
        Self { front_channel, ..self }
    }

    /// What the request demanded to know of the sign-in.
    pub(crate) fn answering(self, demands: Demands) -> Self {
        Self { demands: Some(demands), ..self }
    }

    /// The code that came with it brings another token, which has the answers to what was demanded.
    pub(crate) fn answering_nothing(self) -> Self {
        Self { demands: None, ..self }
    }

    /// Checks the token against this provider's keys, what was agreed on and what was asked for (Core 3.1.3.7 and 3.1.3.8; of
    /// other flows, 3.2.2.11 and 3.3.2.12 too).
    ///
    /// # Errors
    /// [`InvalidIdToken`] names the check. [`InvalidIdToken::Jws`] with
    /// [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the keys anew and call again.
    pub fn verify(
        &self,
        keys: &JwkSet,
        expected: &ExpectedIdToken<'_>,
        now: NumericDate,
    ) -> Result<IdToken, InvalidIdToken> {
        let Vouched { raw, claims } = expected.vouched(&self.raw, keys, now)?;
        if let Some(front_channel) = &self.front_channel {
            front_channel.check_is_that_of(&claims)?;
        }
        check_nonce(&claims, &self.nonce)?;
        check_is_no_logout_token(&claims)?;
        let ExpectedIdToken { agreement, registered } = *expected;
        if let Some(demands) = &self.demands {
            demands.check(registered, &claims, agreement.clock_skew, now)?;
        }
        check_access_token_hash(&claims, self.hashes, self.access_token.as_ref(), agreement.algorithm)?;
        check_code_hash(&claims, self.hashes, self.code.as_ref(), agreement.algorithm)?;
        IdToken::read(raw, claims)
    }
}

/// An ID Token that the provider signed, just now and for us.
struct Vouched {
    /// In signed form.
    raw: Secret<String>,
    claims: Map<String, Value>,
}

impl ExpectedIdToken<'_> {
    /// What the provider signed, just now and for us: Core 3.1.3.7 (1) to (10).
    fn vouched(&self, raw: &Secret<String>, keys: &JwkSet, now: NumericDate) -> Result<Vouched, InvalidIdToken> {
        let agreement = &self.agreement;
        // Core 3.1.3.7 (1)
        let raw = agreement.signed_form(raw)?;
        let jws = CompactJws::parse(raw.expose())?;
        check_type(jws.typ())?;
        let claims = json::object(jws.unverified_payload())?;
        agreement.check_issuer(&claims)?;
        agreement.check_tenant_is_named(&claims)?;
        let audience = agreement.check_audience(&claims)?;
        check_authorized_party(&claims, &audience, agreement.client_id)?;
        agreement.check_signature(&jws, &claims, keys)?;
        agreement.check_expiry(json::required(&claims, "exp")?, now)?;
        agreement.check_not_before(&claims, now)?;
        agreement.check_issued_within(FRESH, &claims, now)?;
        Ok(Vouched { raw: raw.into_owned(), claims })
    }
}

/// RFC 8725 3.11: a token that says it is another kind is another kind. ID Tokens say `JWT` or nothing.
fn check_type(typ: Option<&str>) -> Result<(), InvalidIdToken> {
    match typ {
        Some(typ) if !typ.eq_ignore_ascii_case("JWT") => Err(InvalidIdToken::Type { got: Excerpt::new(typ) }),
        _ => Ok(()),
    }
}

fn check_authorized_party(
    claims: &Map<String, Value>,
    audience: &Audience,
    client_id: &str,
) -> Result<(), InvalidIdToken> {
    match json::member::<String>(claims, "azp")? {
        // Core 3.1.3.7 (4)
        None if audience.iter().count() > 1 => Err(InvalidIdToken::AuthorizedPartyMissing),
        // Core 3.1.3.7 (5)
        Some(azp) if azp != client_id => {
            Err(InvalidIdToken::AuthorizedParty { expected: client_id.to_owned(), got: Excerpt::new(&azp) })
        }
        _ => Ok(()),
    }
}

/// Core 3.1.3.7 (11). A nonce is always sent, so it is always required.
fn check_nonce(claims: &Map<String, Value>, sent: &str) -> Result<(), InvalidIdToken> {
    let nonce: String = json::member(claims, "nonce")?.ok_or(InvalidIdToken::NonceMissing)?;
    digest::constant_time_eq(nonce.as_bytes(), sent.as_bytes()).then_some(()).ok_or(InvalidIdToken::Nonce)
}

/// Back-Channel Logout 4.1, R122: a token about the end of a session begins or renews none, whatever else it has.
fn check_is_no_logout_token(claims: &Map<String, Value>) -> Result<(), InvalidIdToken> {
    if logout::has_logout_event(claims) { Err(InvalidIdToken::LogoutEvent) } else { Ok(()) }
}

/// The issuer, which was compared with what it must be.
fn issuer_of(claims: &Map<String, Value>) -> Result<Issuer, JsonFault> {
    let iss: String = json::required(claims, "iss")?;
    Issuer::parse(iss).map_err(|_| JsonFault::WrongType { member: "iss" })
}

impl IdToken {
    /// The only constructor: of claims that passed every check, but for the form of those that are read here.
    fn read(raw: Secret<String>, claims: Map<String, Value>) -> Result<Self, InvalidIdToken> {
        Ok(Self {
            issuer: issuer_of(&claims)?,
            // Core 2: at most 255 ASCII characters.
            subject: Subject::parse(json::required::<String>(&claims, "sub")?).ok_or(InvalidIdToken::Subject)?,
            issued_at: json::required(&claims, "iat")?,
            auth_time: json::member(&claims, "auth_time")?,
            acr: json::member(&claims, "acr")?,
            sid: json::member(&claims, "sid")?,
            session_expiry: json::member(&claims, "session_expiry")?,
            raw,
            claims: claims.into(),
        })
    }

    /// The token in signed form: for `id_token_hint`. If it came encrypted, this is what was inside: "the Client MUST decrypt the
    /// signed ID Token contained within the encrypted ID Token" before it is a hint (Core 3.1.2.1).
    #[must_use]
    pub fn raw(&self) -> &Secret<String> {
        &self.raw
    }

    /// The issuer: the provider's, or, where that has many tenants, the tenant's.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Who signed in.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// When the provider signed it.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.issued_at
    }

    /// When the person last proved who they are, if the provider says.
    #[must_use]
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.auth_time
    }

    /// How they proved it (`acr`), if the provider says.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// The provider's session (`sid`), if it says.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When a session that this token begins must be over (`session_expiry` of the IPSIE OpenID Connect profile), if the
    /// provider says. It is a ceiling for the caller's own limits, and may lie in the past (V63).
    #[must_use]
    pub fn session_expiry(&self) -> Option<NumericDate> {
        self.session_expiry
    }

    /// All claims.
    #[must_use]
    pub fn claims(&self) -> &ClaimsSet {
        &self.claims
    }
}

impl fmt::Debug for UnverifiedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedIdToken(***)")
    }
}

#[cfg(test)]
mod tests;

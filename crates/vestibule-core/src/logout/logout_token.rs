//! The logout token: the checks of Back-Channel Logout 2.6, in the spec's order.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    agreement::Agreement,
    claims::Subject,
    error::{Excerpt, InvalidLogoutToken, JsonFault},
    issuer::Issuer,
    jose::{CompactJws, InvalidJws, JwkSet},
    json,
    numeric_date::NumericDate,
    secret::Secret,
};

/// A logout token as it was posted to us, by whomever. Its one use is [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{Client, JwkSet, NumericDate, ProviderMetadata, SignatureAlgorithm, jose::SigningKey};
/// use vestibule_core::logout::UnverifiedLogoutToken;
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let key = SigningKey::generate(SignatureAlgorithm::Rs256)?;
/// # let keys = JwkSet::from_json(serde_json::json!({"keys": [key.public_jwk()]}).to_string().as_bytes())?;
/// # let now = NumericDate::from_seconds(1_700_000_000);
/// # let posted = key.sign("logout+jwt", serde_json::json!({"iss": "https://login.example.com", "aud": "my-app", "iat": now,
/// #   "exp": now.plus(120), "jti": "bWJq", "sid": "08a5019c-17e1",
/// #   "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}).to_string().as_bytes())?;
/// let client = Client::public("my-app");
/// let expected = client.expected_logout_token(&metadata);
/// let logout_token = UnverifiedLogoutToken::new(posted).verify(&keys, &expected, now)?;
/// assert_eq!(logout_token.sid(), Some("08a5019c-17e1"));
/// assert!(logout_token.subject().is_none());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct UnverifiedLogoutToken {
    raw: Secret<String>,
}

/// What a logout token must agree with; made by [`Client::expected_logout_token`](crate::Client::expected_logout_token).
///
/// # Example
/// ```
/// use vestibule_core::{Client, ProviderMetadata};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let client = Client::public("my-app");
/// let expected = client.expected_logout_token(&metadata).issued_within(60).require_type();
/// # let _ = expected;
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ExpectedLogoutToken<'a> {
    agreement: Agreement<'a>,
    issued_within: i64,
    type_required: bool,
}

/// A logout token that passed every check: the issuer ended these sessions. There is no other way to have one.
///
/// That its [`jti`](Self::jti) is new is for the caller to see to: whoever keeps it until
/// [`acceptable_until`](Self::acceptable_until) has met every replay (Back-Channel Logout 2.6 (8), R114).
///
/// # Example
/// ```
/// use vestibule_core::LogoutToken;
///
/// /// Whose sessions are to end at this issuer (Back-Channel Logout 2.7).
/// fn whose(logout_token: &LogoutToken) -> String {
///     match (logout_token.sid(), logout_token.subject()) {
///         (Some(sid), _) => format!("the one of the provider's session {sid}"),
///         (None, Some(subject)) => format!("all of {subject}"),
///         (None, None) => unreachable!("a token that names neither is refused"),
///     }
/// }
/// # let _ = whose;
/// ```
#[derive(Clone, Debug)]
pub struct LogoutToken {
    issuer: Issuer,
    subject: Option<Subject>,
    sid: Option<String>,
    issued_at: NumericDate,
    expires_at: Option<NumericDate>,
    acceptable_until: NumericDate,
    jti: String,
    typed: bool,
}

/// The member of `events` that says what a logout token says (Back-Channel Logout 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How old a logout token may be, in seconds, unless said otherwise: the "at most two minutes" of Back-Channel Logout 4 (V70).
const ISSUED_WITHIN: i64 = 120;

impl UnverifiedLogoutToken {
    /// A token from the `logout_token` parameter of a request (Back-Channel Logout 2.5).
    #[must_use]
    pub fn new(raw: impl Into<Secret<String>>) -> Self {
        Self { raw: raw.into() }
    }

    /// Checks the token against this provider's keys and what was agreed on (Back-Channel Logout 2.6).
    ///
    /// # Errors
    /// [`InvalidLogoutToken`] names the check. [`InvalidLogoutToken::Jws`] with
    /// [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the keys anew and call again, if
    /// the budget for questions that anybody can cause allows it (V52).
    pub fn verify(
        &self,
        keys: &JwkSet,
        expected: &ExpectedLogoutToken<'_>,
        now: NumericDate,
    ) -> Result<LogoutToken, InvalidLogoutToken> {
        self.verify_by_any([keys], expected, now)
    }

    /// The same by the first of these sets that has a key for it. An encrypted token is opened once, however many there are: anybody can
    /// post one, and opening costs most (V77).
    ///
    /// # Errors
    /// As [`verify`](Self::verify); without any set, [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) for what is not signed
    /// with our secret.
    pub fn verify_by_any<'k>(
        &self,
        sets: impl IntoIterator<Item = &'k JwkSet>,
        expected: &ExpectedLogoutToken<'_>,
        now: NumericDate,
    ) -> Result<LogoutToken, InvalidLogoutToken> {
        let ExpectedLogoutToken { agreement, issued_within, .. } = expected;
        // Back-Channel Logout 2.6 (1): by what the ID Tokens are encrypted with.
        let raw = agreement.signed_form(&self.raw)?;
        let jws = CompactJws::parse(raw.expose())?;
        let typed = expected.check_type(jws.typ())?;
        let claims = json::object(jws.unverified_payload())?;
        // Back-Channel Logout 2.6 (4), the cheap half of it before the signature.
        agreement.check_issuer(&claims)?;
        agreement.check_audience(&claims)?;
        // Back-Channel Logout 2.6 (2), (3)
        let mut signed = agreement.check_signature(&jws, &claims, &JwkSet::empty());
        for keys in sets {
            if !matches!(signed, Err(InvalidJws::NoMatchingKey { .. })) {
                break;
            }
            signed = agreement.check_signature(&jws, &claims, keys);
        }
        signed?;
        // Back-Channel Logout 2.6 (4)
        let issued_at = agreement.check_issued_within(*issued_within, &claims, now)?;
        // Back-Channel Logout 2.4 requires an exp since its errata of 2023; providers from before send none (V70).
        let expires_at: Option<NumericDate> = json::member(&claims, "exp")?;
        expires_at.map_or(Ok(()), |exp| agreement.check_expiry(exp, now))?;
        agreement.check_not_before(&claims, now)?;
        let (subject, sid) = whose(&claims)?;
        check_event(&claims)?;
        check_no_nonce(&claims)?;
        let last = issued_at.plus(*issued_within);
        let last = expires_at.map_or(last, |exp| exp.minus(1).min(last));
        let iss: String = json::required(&claims, "iss")?;
        Ok(LogoutToken {
            issuer: Issuer::parse(iss).map_err(|_| JsonFault::WrongType { member: "iss" })?,
            jti: read_jti(&claims)?,
            acceptable_until: last.plus(agreement.clock_skew),
            subject,
            sid,
            issued_at,
            expires_at,
            typed,
        })
    }
}

impl<'a> ExpectedLogoutToken<'a> {
    pub(crate) fn new(agreement: Agreement<'a>) -> Self {
        Self { agreement, issued_within: ISSUED_WITHIN, type_required: false }
    }

    /// How many seconds old a token may be: 120 unless said. The clock skew comes on top.
    pub fn issued_within(self, seconds: i64) -> Self {
        Self { issued_within: seconds, ..self }
    }

    /// Takes only tokens that say what they are, by `typ: logout+jwt`: for a provider of which a verified one did so, and for
    /// those who want it always (V70).
    pub fn require_type(self) -> Self {
        Self { type_required: true, ..self }
    }

    /// RFC 8725 3.11, Back-Channel Logout 4.1: whether the token says that it is a logout token; one that says it is another kind
    /// is another kind.
    fn check_type(&self, typ: Option<&str>) -> Result<bool, InvalidLogoutToken> {
        match typ {
            Some(typ) if is_logout_jwt(typ) => Ok(true),
            Some(typ) if !typ.eq_ignore_ascii_case("JWT") => Err(InvalidLogoutToken::Type { got: Excerpt::new(typ) }),
            _ if self.type_required => Err(InvalidLogoutToken::NotTyped),
            _ => Ok(false),
        }
    }
}

/// RFC 7515 4.1.9: a media type, of which `application/` may be left out, and which is compared without regard to case.
fn is_logout_jwt(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == "logout+jwt"
}

/// Back-Channel Logout 2.6 (5): a subject, a session, or both.
fn whose(claims: &Map<String, Value>) -> Result<(Option<Subject>, Option<String>), InvalidLogoutToken> {
    let sub: Option<String> = json::member(claims, "sub")?;
    let sid: Option<String> = json::member(claims, "sid")?;
    if sub.is_none() && sid.is_none() {
        return Err(InvalidLogoutToken::NeitherSubjectNorSession);
    }
    let subject = sub.map(|sub| Subject::parse(sub).ok_or(InvalidLogoutToken::Subject)).transpose()?;
    // An empty name is none, and who has none must not stand for all others that have none.
    if sid.as_ref().is_some_and(String::is_empty) {
        return Err(InvalidLogoutToken::EmptySessionId);
    }
    Ok((subject, sid))
}

/// Back-Channel Logout 2.6 (6); other events beside it are not ours to understand.
fn check_event(claims: &Map<String, Value>) -> Result<(), InvalidLogoutToken> {
    let events: Map<String, Value> = json::required(claims, "events")?;
    match events.get(EVENT) {
        Some(Value::Object(_)) => Ok(()),
        // Back-Channel Logout 2.4: "The corresponding member value MUST be a JSON object".
        Some(_) => Err(InvalidLogoutToken::LogoutEventValue),
        None => Err(InvalidLogoutToken::NoLogoutEvent),
    }
}

/// Back-Channel Logout 2.6 (7): neither with a value nor with null.
fn check_no_nonce(claims: &Map<String, Value>) -> Result<(), InvalidLogoutToken> {
    if claims.contains_key("nonce") { Err(InvalidLogoutToken::Nonce) } else { Ok(()) }
}

/// Back-Channel Logout 2.4: REQUIRED. By it a replay is known (V70).
fn read_jti(claims: &Map<String, Value>) -> Result<String, InvalidLogoutToken> {
    let jti: String = json::required(claims, "jti")?;
    if jti.is_empty() { Err(InvalidLogoutToken::EmptyJti) } else { Ok(jti) }
}

/// Whether claims speak of a logout, rightly or not: no other kind of token does (Back-Channel Logout 4.1).
pub(crate) fn has_logout_event(claims: &Map<String, Value>) -> bool {
    claims.get("events").is_some_and(|events| events.get(EVENT).is_some())
}

impl LogoutToken {
    /// The issuer: the provider's, or, where that has many tenants, the tenant's.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Whose sessions ended; all of them where there is no [`sid`](Self::sid) (Back-Channel Logout 2.4).
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// Which session ended: what `sid` was in the ID Token.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When the provider signed it.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.issued_at
    }

    /// Its `exp`, which providers from before 2023 do not send.
    #[must_use]
    pub fn expires_at(&self) -> Option<NumericDate> {
        self.expires_at
    }

    /// The name of this one token. The same a second time is a replay.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Until when, and including this very second, the same token would pass again: so long a [`jti`](Self::jti) is worth
    /// remembering.
    #[must_use]
    pub fn acceptable_until(&self) -> NumericDate {
        self.acceptable_until
    }

    /// Whether it said what it is by `typ: logout+jwt`: from a provider that does, none without is to be taken any more
    /// ([`ExpectedLogoutToken::require_type`], V70).
    #[must_use]
    pub fn is_explicitly_typed(&self) -> bool {
        self.typed
    }
}

impl fmt::Debug for UnverifiedLogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedLogoutToken(***)")
    }
}

#[cfg(test)]
mod tests;

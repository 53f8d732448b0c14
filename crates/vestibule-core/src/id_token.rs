//! The ID Token: the numbered checks of Core 3.1.3.7, in the spec's order.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    claims::{Audience, ClaimsSet, Subject},
    error::{Excerpt, InvalidIdToken},
    issuer::Issuer,
    jose::{CompactJws, JwkSet, SignatureAlgorithm, digest},
    json,
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
}

/// What an ID Token must agree with; made by [`Client::expected_id_token`](crate::Client::expected_id_token).
#[derive(Clone, Copy, Debug)]
pub struct ExpectedIdToken<'a> {
    pub(crate) issuer: &'a Issuer,
    pub(crate) client_id: &'a str,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) client_secret: Option<&'a Secret<String>>,
    pub(crate) trusted_audiences: &'a [String],
    pub(crate) clock_skew: i64,
}

/// An ID Token that passed every check. There is no other way to have one.
#[derive(Clone, Debug)]
pub struct IdToken {
    raw: Secret<String>,
    subject: Subject,
    issued_at: NumericDate,
    auth_time: Option<NumericDate>,
    acr: Option<String>,
    sid: Option<String>,
    claims: ClaimsSet,
}

/// The most seconds between the provider's signing and our reading, in a login that just ended (R44).
const FRESH: i64 = 10 * 60;

impl UnverifiedIdToken {
    /// A token from a response to the login that sent `nonce`.
    #[must_use]
    pub fn new(raw: impl Into<Secret<String>>, nonce: impl Into<String>) -> Self {
        Self { raw: raw.into(), nonce: nonce.into(), access_token: None, code: None }
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

    /// Checks the token against this provider's keys and what was agreed on (Core 3.1.3.7 and 3.1.3.8).
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
        let jws = CompactJws::parse(self.raw.expose())?;
        check_type(jws.typ())?;
        let claims = json::object(jws.unverified_payload())?;
        check_issuer(&claims, expected)?;
        check_audience(&claims, expected)?;
        // Core 3.1.3.7 (6), (7): with the algorithm agreed on.
        match expected.client_secret.filter(|_| expected.algorithm.is_symmetric()) {
            // Core 3.1.3.7 (8): an HMAC is made with the client secret, and the key set has no say.
            Some(secret) => jws.verify_with_secret(expected.algorithm, secret)?,
            None => jws.verify(expected.algorithm, keys)?,
        }
        check_times(&claims, expected, now)?;
        check_nonce(&claims, &self.nonce)?;
        self.check_access_token_hash(&claims, expected)?;
        self.check_code_hash(&claims, expected)?;
        self.accept(claims)
    }

    /// Core 3.1.3.8: an at_hash that is there must fit.
    fn check_access_token_hash(
        &self,
        claims: &Map<String, Value>,
        expected: &ExpectedIdToken<'_>,
    ) -> Result<(), InvalidIdToken> {
        let at_hash: Option<String> = json::member(claims, "at_hash")?;
        match (at_hash, &self.access_token) {
            (Some(at_hash), Some(access_token)) => {
                let fitting = digest::access_token_hash(expected.algorithm, access_token.expose());
                digest::constant_time_eq(at_hash.as_bytes(), fitting.as_bytes())
                    .then_some(())
                    .ok_or(InvalidIdToken::AccessTokenHash)
            }
            _ => Ok(()),
        }
    }

    /// Core 3.3.2.11, which V43 wants of each c_hash that is there. The code flow does not ask for one.
    fn check_code_hash(
        &self,
        claims: &Map<String, Value>,
        expected: &ExpectedIdToken<'_>,
    ) -> Result<(), InvalidIdToken> {
        let c_hash: Option<String> = json::member(claims, "c_hash")?;
        match (c_hash, &self.code) {
            (Some(c_hash), Some(code)) => {
                let fitting = digest::code_hash(expected.algorithm, code.expose());
                digest::constant_time_eq(c_hash.as_bytes(), fitting.as_bytes())
                    .then_some(())
                    .ok_or(InvalidIdToken::CodeHash)
            }
            _ => Ok(()),
        }
    }

    fn accept(&self, claims: Map<String, Value>) -> Result<IdToken, InvalidIdToken> {
        Ok(IdToken {
            // Core 2: at most 255 ASCII characters.
            subject: Subject::parse(json::required::<String>(&claims, "sub")?).ok_or(InvalidIdToken::Subject)?,
            issued_at: json::required(&claims, "iat")?,
            auth_time: json::member(&claims, "auth_time")?,
            acr: json::member(&claims, "acr")?,
            sid: json::member(&claims, "sid")?,
            raw: self.raw.clone(),
            claims: claims.into(),
        })
    }
}

/// RFC 8725 3.11: a token that says it is another kind is another kind. ID Tokens say `JWT` or nothing.
fn check_type(typ: Option<&str>) -> Result<(), InvalidIdToken> {
    match typ {
        Some(typ) if !typ.eq_ignore_ascii_case("JWT") => Err(InvalidIdToken::Type { got: Excerpt::new(typ) }),
        _ => Ok(()),
    }
}

fn check_issuer(claims: &Map<String, Value>, expected: &ExpectedIdToken<'_>) -> Result<(), InvalidIdToken> {
    // Core 3.1.3.7 (2)
    let iss: String = json::required(claims, "iss")?;
    if iss == expected.issuer.as_str() {
        Ok(())
    } else {
        Err(InvalidIdToken::Issuer { expected: expected.issuer.to_string(), got: Excerpt::new(&iss) })
    }
}

fn check_audience(claims: &Map<String, Value>, expected: &ExpectedIdToken<'_>) -> Result<(), InvalidIdToken> {
    let audience: Audience = json::required(claims, "aud")?;
    // Core 3.1.3.7 (3): we are in it,
    if !audience.contains(expected.client_id) {
        return Err(InvalidIdToken::Audience { client_id: expected.client_id.to_owned() });
    }
    // and nobody else whom we do not trust.
    let mut others = audience.iter().filter(|other| *other != expected.client_id);
    if let Some(stranger) = others.find(|other| !expected.trusted_audiences.iter().any(|trusted| trusted == other)) {
        return Err(InvalidIdToken::UntrustedAudience { got: Excerpt::new(stranger) });
    }
    match json::member::<String>(claims, "azp")? {
        // Core 3.1.3.7 (4)
        None if audience.iter().count() > 1 => Err(InvalidIdToken::AuthorizedPartyMissing),
        // Core 3.1.3.7 (5)
        Some(azp) if azp != expected.client_id => {
            Err(InvalidIdToken::AuthorizedParty { expected: expected.client_id.to_owned(), got: Excerpt::new(&azp) })
        }
        _ => Ok(()),
    }
}

fn check_times(
    claims: &Map<String, Value>,
    expected: &ExpectedIdToken<'_>,
    now: NumericDate,
) -> Result<(), InvalidIdToken> {
    // Core 3.1.3.7 (9): now is before exp, give or take the skew.
    let exp: NumericDate = json::required(claims, "exp")?;
    if exp.plus(expected.clock_skew) <= now {
        return Err(InvalidIdToken::Expired { exp, now });
    }
    // RFC 7519 4.1.5
    if let Some(nbf) = json::member::<NumericDate>(claims, "nbf")?.filter(|nbf| *nbf > now.plus(expected.clock_skew)) {
        return Err(InvalidIdToken::NotYetValid { nbf, now });
    }
    // Core 3.1.3.7 (10): neither from the future nor too far back for a login that just ended.
    let iat: NumericDate = json::required(claims, "iat")?;
    if iat > now.plus(expected.clock_skew) {
        return Err(InvalidIdToken::IssuedInFuture { iat, now });
    }
    if iat.plus(FRESH).plus(expected.clock_skew) < now {
        return Err(InvalidIdToken::IssuedTooLongAgo { iat, now });
    }
    Ok(())
}

/// Core 3.1.3.7 (11). A nonce is always sent, so it is always required.
fn check_nonce(claims: &Map<String, Value>, sent: &str) -> Result<(), InvalidIdToken> {
    let nonce: String = json::member(claims, "nonce")?.ok_or(InvalidIdToken::NonceMissing)?;
    digest::constant_time_eq(nonce.as_bytes(), sent.as_bytes()).then_some(()).ok_or(InvalidIdToken::Nonce)
}

impl IdToken {
    /// The token as it came: for `id_token_hint`.
    #[must_use]
    pub fn raw(&self) -> &Secret<String> {
        &self.raw
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

//! What a provider and we agreed on, and the single checks of a token against it. Which of them a kind of token has to pass, and
//! in what order, stands in the file of that kind (V47).

mod encryption;

pub(crate) use encryption::{EncryptedForUs, FormFault};

use serde_json::{Map, Value};

use crate::{
    claims::Audience,
    error::{ClaimFault, Excerpt},
    issuer::Issuer,
    jose::{CompactJws, InvalidJws, JwkSet, SignatureAlgorithm},
    json,
    numeric_date::NumericDate,
    secret::Secret,
    tenants::Tenancy,
};

/// What a provider and we agreed on: who signs, for whom, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agreement<'a> {
    pub(crate) issuer: &'a Issuer,
    pub(crate) client_id: &'a str,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) client_secret: Option<&'a Secret<String>>,
    pub(crate) encryption: Option<EncryptedForUs<'a>>,
    pub(crate) trusted_audiences: &'a [String],
    pub(crate) clock_skew: i64,
    /// Of a provider with many tenants: whose tokens are taken.
    pub(crate) tenancy: Option<&'a Tenancy>,
}

impl Agreement<'_> {
    /// Core 3.1.3.7 (2): exactly our provider; of one with many tenants, exactly a listed one.
    pub(crate) fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), ClaimFault> {
        let iss: String = json::required(claims, "iss")?;
        let Some(tenancy) = self.tenancy else {
            let expected = self.issuer.to_string();
            return if iss == expected {
                Ok(())
            } else {
                Err(ClaimFault::Issuer { expected, got: Excerpt::new(&iss) })
            };
        };
        let tenant = tenancy
            .tenant_of(&iss)
            .ok_or_else(|| ClaimFault::Issuer { expected: tenancy.template(), got: Excerpt::new(&iss) })?;
        // V100: all tenants sign with the same keys, so a token says twice whose it is, and both say the same.
        match json::member::<String>(claims, "tid")? {
            Some(tid) if tid != tenant => {
                Err(ClaimFault::Tenant { expected: Excerpt::new(tenant), got: Excerpt::new(&tid) })
            }
            _ => Ok(()),
        }
    }

    /// V100: an ID Token of a provider with many tenants names its own.
    pub(crate) fn check_tenant_is_named(&self, claims: &Map<String, Value>) -> Result<(), ClaimFault> {
        self.tenancy.map_or(Ok(()), |_| json::required::<String>(claims, "tid").map(drop).map_err(ClaimFault::from))
    }

    /// Core 3.1.3.7 (3): we are in the audience, and nobody else whom we do not trust.
    pub(crate) fn check_audience(&self, claims: &Map<String, Value>) -> Result<Audience, ClaimFault> {
        let audience: Audience = json::required(claims, "aud")?;
        if !audience.contains(self.client_id) {
            return Err(ClaimFault::Audience { client_id: self.client_id.to_owned() });
        }
        let is_trusted = |other: &str| self.trusted_audiences.iter().any(|trusted| trusted == other);
        let stranger = audience.iter().find(|other| *other != self.client_id && !is_trusted(other)).map(Excerpt::new);
        stranger.map_or(Ok(audience), |got| Err(ClaimFault::UntrustedAudience { got }))
    }

    /// Core 3.1.3.7 (6), (7): with the algorithm agreed on.
    pub(crate) fn check_signature(
        &self,
        jws: &CompactJws<'_>,
        claims: &Map<String, Value>,
        keys: &JwkSet,
    ) -> Result<(), InvalidJws> {
        match self.client_secret.filter(|_| self.algorithm.is_symmetric()) {
            // Core 3.1.3.7 (8): an HMAC is made with the client secret, and the key set has no say.
            Some(secret) => jws.verify_with_secret(self.algorithm, secret),
            None => jws.verify_by(self.algorithm, keys, |named| self.may_sign(named, claims)),
        }
    }

    /// V100: of a provider with many tenants some keys are one tenant's, which the set says by a member `issuer`. What such a key signs
    /// is of that tenant. Of any other provider the member has no meaning.
    fn may_sign(&self, named: Option<&str>, claims: &Map<String, Value>) -> bool {
        match (self.tenancy, named) {
            (Some(tenancy), Some(named)) => {
                claims.get("iss").and_then(Value::as_str) == Some(named) || named == tenancy.template()
            }
            _ => true,
        }
    }

    /// Core 3.1.3.7 (9): now is before exp, give or take the skew.
    pub(crate) fn check_expiry(&self, exp: NumericDate, now: NumericDate) -> Result<(), ClaimFault> {
        if exp.plus(self.clock_skew) <= now { Err(ClaimFault::Expired { exp, now }) } else { Ok(()) }
    }

    /// RFC 7519 4.1.5: an nbf that is there has passed, give or take the skew.
    pub(crate) fn check_not_before(&self, claims: &Map<String, Value>, now: NumericDate) -> Result<(), ClaimFault> {
        match json::member::<NumericDate>(claims, "nbf")? {
            Some(nbf) if nbf > now.plus(self.clock_skew) => Err(ClaimFault::NotYetValid { nbf, now }),
            _ => Ok(()),
        }
    }

    /// Core 3.1.3.7 (10): iat is neither from the future nor more than `seconds` back, give or take the skew.
    pub(crate) fn check_issued_within(
        &self,
        seconds: i64,
        claims: &Map<String, Value>,
        now: NumericDate,
    ) -> Result<NumericDate, ClaimFault> {
        let iat: NumericDate = json::required(claims, "iat")?;
        if iat > now.plus(self.clock_skew) {
            return Err(ClaimFault::IssuedInFuture { iat, now });
        }
        if iat.plus(seconds).plus(self.clock_skew) < now {
            return Err(ClaimFault::IssuedTooLongAgo { iat, now });
        }
        Ok(iat)
    }
}

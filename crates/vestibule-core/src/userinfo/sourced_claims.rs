//! Claims that somebody else vouches for than the provider (Core 5.6.2): what is signed, and by whom we take it from.

use std::fmt;

use serde_json::{Map, Value};

use super::other_kinds::telling_claim;
use crate::{
    claims::{Audience, ClaimsSet},
    client::Client,
    error::{Excerpt, InvalidSourcedClaims},
    issuer::Issuer,
    jose::{CompactJws, JwkSet, SignatureAlgorithm},
    json,
    numeric_date::NumericDate,
    secret::Secret,
};

/// A source of claims, by the provider's name for it, and which claims it is said to have.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) claim_names: Vec<String>,
    pub(super) told_by: Teller,
}

/// Who says that there is such a source, and of whom.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    pub(super) issuer: Issuer,
    /// As the claims have it that name the source, if they do.
    pub(super) subject: Option<String>,
}

/// Claims that came along in a JWT of somebody else's (Core 5.6.2, "Aggregated Claims"). The provider passed them on; **nobody that
/// we know has vouched for them** before [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{ClaimsSet, Issuer, userinfo::ClaimSources};
///
/// // {"alg":"none"} . {"iss":"https://bank.example","shoe_size":9} . (no signature)
/// let claims = ClaimsSet::from_json(br#"{"sub": "alice", "_claim_names": {"shoe_size": "src1"}, "_claim_sources": {"src1":
///     {"JWT": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2JhbmsuZXhhbXBsZSIsInNob2Vfc2l6ZSI6OX0."}}}"#)?;
/// let sources = ClaimSources::read(&claims, &Issuer::parse("https://login.example.com")?)?;
/// let aggregated = sources.aggregated().first().expect("one");
/// assert_eq!(aggregated.unverified_issuer().as_deref(), Some("https://bank.example"));
/// assert_eq!(aggregated.unverified_claims()?.claim("shoe_size"), Some(&9.into()));
/// assert_eq!(claims.claim("shoe_size"), None, "they are never among the provider's own");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct UnverifiedAggregatedClaims {
    source: Source,
    token: Secret<String>,
}

impl UnverifiedAggregatedClaims {
    pub(super) fn new(source: Source, token: impl Into<Secret<String>>) -> Self {
        Self { source, token: token.into() }
    }

    /// The provider's name for the source: it has no meaning elsewhere.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.source.name
    }

    /// Which claims are to be found here.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.source.claim_names.iter().map(String::as_str)
    }

    /// Who is said to have signed them: to find the keys by, among those of issuers that are trusted for such claims. **Never fetch
    /// keys from there because it says so.**
    #[must_use]
    pub fn unverified_issuer(&self) -> Option<String> {
        unverified_issuer(&self.token)
    }

    /// The claims, **which nobody has vouched for**: only those that the source is said to have.
    ///
    /// # Errors
    /// [`InvalidSourcedClaims::Jws`] or [`InvalidSourcedClaims::Claims`] when it is no JWT of claims.
    pub fn unverified_claims(&self) -> Result<ClaimsSet, InvalidSourcedClaims> {
        let jws = CompactJws::parse(self.token.expose())?;
        Ok(self.source.select(json::object(jws.unverified_payload())?))
    }

    /// The claims of this source, if `issuer` signed them with one of its `keys` and this `algorithm`.
    ///
    /// # Errors
    /// [`InvalidSourcedClaims`] names the check. [`InvalidSourcedClaims::Jws`] with
    /// [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the keys of that issuer anew.
    pub fn verify(
        &self,
        client: &Client,
        issuer: &Issuer,
        algorithm: SignatureAlgorithm,
        keys: &JwkSet,
        now: NumericDate,
    ) -> Result<ClaimsSet, InvalidSourcedClaims> {
        self.source.verify(&self.token, client, issuer, algorithm, keys, now)
    }
}

pub(super) fn unverified_issuer(token: &Secret<String>) -> Option<String> {
    let claims = json::object(CompactJws::parse(token.expose()).ok()?.unverified_payload()).ok()?;
    json::member(&claims, "iss").ok()?
}

impl Source {
    /// Core 5.6.2: what `_claim_names` says is here. Whatever else a source says was not asked of it.
    pub(super) fn select(&self, claims: Map<String, Value>) -> ClaimsSet {
        claims.into_iter().filter(|(name, _)| self.claim_names.contains(name)).collect::<Map<_, _>>().into()
    }

    pub(super) fn verify(
        &self,
        token: &Secret<String>,
        client: &Client,
        issuer: &Issuer,
        algorithm: SignatureAlgorithm,
        keys: &JwkSet,
        now: NumericDate,
    ) -> Result<ClaimsSet, InvalidSourcedClaims> {
        let jws = CompactJws::parse(token.expose())?;
        check_type(jws.typ())?;
        let claims = json::object(jws.unverified_payload())?;
        check_kind(&claims)?;
        check_issuer(&claims, issuer)?;
        check_audience(&claims, client.client_id())?;
        jws.verify(algorithm, keys)?;
        self.told_by.check_subject(issuer, &claims)?;
        check_times(&claims, client.clock_skew_seconds(), now)?;
        Ok(self.select(claims))
    }
}

impl Teller {
    /// Core 5.6.2: a `sub` of another issuer's is its own name for the person, and says nothing to us. One of the provider itself is the
    /// very name that it told us.
    fn check_subject(&self, issuer: &Issuer, claims: &Map<String, Value>) -> Result<(), InvalidSourcedClaims> {
        match (json::member::<String>(claims, "sub")?, &self.subject) {
            (Some(got), Some(expected)) if *issuer == self.issuer && got != *expected => {
                Err(InvalidSourcedClaims::Subject { expected: Excerpt::new(expected), got: Excerpt::new(&got) })
            }
            _ => Ok(()),
        }
    }
}

/// RFC 8725 3.11: a token that says it is another kind is another kind.
fn check_type(typ: Option<&str>) -> Result<(), InvalidSourcedClaims> {
    match typ {
        Some(typ) if !typ.eq_ignore_ascii_case("JWT") => Err(InvalidSourcedClaims::Type { got: Excerpt::new(typ) }),
        _ => Ok(()),
    }
}

/// RFC 8725 3.12: an ID Token that the source made for us, of whomever, is no claims of it about this person.
fn check_kind(claims: &Map<String, Value>) -> Result<(), InvalidSourcedClaims> {
    telling_claim(claims).map_or(Ok(()), |claim| Err(InvalidSourcedClaims::AnotherKind { claim }))
}

/// RFC 8725 3.8: keys vouch for what their own issuer says.
fn check_issuer(claims: &Map<String, Value>, issuer: &Issuer) -> Result<(), InvalidSourcedClaims> {
    let iss: String = json::required(claims, "iss")?;
    if iss == issuer.as_str() {
        Ok(())
    } else {
        Err(InvalidSourcedClaims::Issuer { expected: issuer.to_string(), got: Excerpt::new(&iss) })
    }
}

/// RFC 7519 4.1.3: who signs claims for the provider need not know us, and names nobody; where somebody is named, we are among them.
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), InvalidSourcedClaims> {
    match json::member::<Audience>(claims, "aud")? {
        Some(audience) if !audience.contains(client_id) => {
            Err(InvalidSourcedClaims::Audience { client_id: client_id.to_owned() })
        }
        _ => Ok(()),
    }
}

fn check_times(claims: &Map<String, Value>, clock_skew: i64, now: NumericDate) -> Result<(), InvalidSourcedClaims> {
    // RFC 7519 4.1.4
    if let Some(exp) = json::member::<NumericDate>(claims, "exp")?.filter(|exp| exp.plus(clock_skew) <= now) {
        return Err(InvalidSourcedClaims::Expired { exp, now });
    }
    // RFC 7519 4.1.5
    match json::member::<NumericDate>(claims, "nbf")?.filter(|nbf| *nbf > now.plus(clock_skew)) {
        Some(nbf) => Err(InvalidSourcedClaims::NotYetValid { nbf, now }),
        None => Ok(()),
    }
}

impl fmt::Debug for UnverifiedAggregatedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedAggregatedClaims").field("source", &self.source).finish_non_exhaustive()
    }
}

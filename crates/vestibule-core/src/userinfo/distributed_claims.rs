//! Claims that are fetched from where the provider says that they are (Core 5.6.2, "Distributed Claims").

use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use serde_json::{Map, Value};
use url::Url;

use super::{
    JWT,
    sourced_claims::{Source, unverified_issuer},
};
use crate::{
    claims::ClaimsSet,
    client::Client,
    discovery::get,
    error::{InvalidSourcedClaims, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, check_is_ok, media_type},
    http_client::DynamicHost,
    issuer::Issuer,
    jose::{CompactJws, JwkSet, SignatureAlgorithm},
    json,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Asks one source for its claims; made by [`ClaimSources::read`](super::ClaimSources::read).
///
/// It presents the access token that the source is said to want, and no other: never the one of the person who signed in. Its request
/// has the mark of a [`DynamicHost`], since its address is not from the settings (V78, R84).
///
/// # Example
/// ```
/// use vestibule_core::{ClaimsSet, Entropy, Exchange, Issuer, NumericDate, userinfo::ClaimSources};
///
/// let claims = ClaimsSet::from_json(br#"{"sub": "alice", "_claim_names": {"credit_score": "src1"}, "_claim_sources": {"src1":
///     {"endpoint": "https://creditagency.example.com/claims", "access_token": "ksj3n283dke"}}}"#)?;
/// let sources = ClaimSources::read(&claims, &Issuer::parse("https://login.example.com")?)?;
/// let mut question = sources.into_distributed().remove(0);
/// let request = question.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://creditagency.example.com/claims");
/// assert_eq!(request.headers()["authorization"], "Bearer ksj3n283dke");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DistributedClaimsRequest {
    source: Source,
    endpoint: Url,
    access_token: Option<Secret<String>>,
}

/// What a source of distributed claims answered. **Nobody that we know has vouched for it** before [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{ClaimsSet, userinfo::UnverifiedDistributedClaims};
///
/// /// For a page that shows what others say, and decides nothing by it.
/// fn hearsay(answer: &UnverifiedDistributedClaims) -> ClaimsSet {
///     answer.unverified_claims().unwrap_or_default()
/// }
/// # let _ = hearsay;
/// ```
pub struct UnverifiedDistributedClaims {
    source: Source,
    answer: Answer,
}

enum Answer {
    Token(Secret<String>),
    Plain(Map<String, Value>),
}

impl DistributedClaimsRequest {
    pub(super) fn new(source: Source, endpoint: Url, access_token: Option<Secret<String>>) -> Self {
        Self { source, endpoint, access_token }
    }

    /// The provider's name for the source: it has no meaning elsewhere.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.source.name
    }

    /// Which claims are to be found there.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.source.claim_names.iter().map(String::as_str)
    }

    /// Where they are.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }
}

impl Exchange for DistributedClaimsRequest {
    type Output = UnverifiedDistributedClaims;
    const ENDPOINT: Endpoint = Endpoint::ClaimsSource;
    const LIMITS: Limits = Limits::new(64 * 1024, &[JWT, "application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = get(&self.endpoint, "application/jwt, application/json");
        request.extensions_mut().insert(DynamicHost);
        let bearer =
            self.access_token.as_ref().map(|token| HeaderValue::try_from(format!("Bearer {}", token.expose())));
        if let Some(Ok(mut bearer)) = bearer {
            bearer.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        check_is_ok(Endpoint::ClaimsSource, &response)?;
        let answer = match media_type(Endpoint::ClaimsSource, &Self::LIMITS, &response)? {
            // What is no text is no token either, and `CompactJws::parse` says so.
            JWT => Answer::Token(String::from_utf8_lossy(response.body()).into_owned().into()),
            _ => Answer::Plain(json::object(response.body()).map_err(|fault| fault.at(Endpoint::ClaimsSource))?),
        };
        Ok(Step::Done(UnverifiedDistributedClaims { source: self.source, answer }))
    }
}

impl UnverifiedDistributedClaims {
    /// The provider's name for the source: it has no meaning elsewhere.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.source.name
    }

    /// Which claims were to be found there.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.source.claim_names.iter().map(String::as_str)
    }

    /// Who is said to have signed them, if anybody: to find the keys by, among those of issuers that are trusted for such claims.
    /// **Never fetch keys from there because it says so.**
    #[must_use]
    pub fn unverified_issuer(&self) -> Option<String> {
        match &self.answer {
            Answer::Token(token) => unverified_issuer(token),
            Answer::Plain(_) => None,
        }
    }

    /// The claims, **which nobody has vouched for**: only those that the source is said to have.
    ///
    /// # Errors
    /// [`InvalidSourcedClaims::Jws`] or [`InvalidSourcedClaims::Claims`] when it is no JWT of claims.
    pub fn unverified_claims(&self) -> Result<ClaimsSet, InvalidSourcedClaims> {
        match &self.answer {
            Answer::Token(token) => {
                let jws = CompactJws::parse(token.expose())?;
                Ok(self.source.select(json::object(jws.unverified_payload())?))
            }
            Answer::Plain(claims) => Ok(self.source.select(claims.clone())),
        }
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
        match &self.answer {
            Answer::Token(token) => self.source.verify(token, client, issuer, algorithm, keys, now),
            // Core 5.6.2: "The endpoint URL MUST return the Claim as a JWT."
            Answer::Plain(_) => Err(InvalidSourcedClaims::NotSigned),
        }
    }
}

impl fmt::Debug for UnverifiedDistributedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedDistributedClaims").field("source", &self.source).finish_non_exhaustive()
    }
}

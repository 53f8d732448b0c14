//! Which claims are elsewhere, and where (Core 5.6.2).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    distributed_claims::DistributedClaimsRequest,
    sourced_claims::{Source, Teller, UnverifiedAggregatedClaims},
};
use crate::{
    claims::ClaimsSet,
    error::{Excerpt, InvalidClaimSources, JsonFault},
    issuer::Issuer,
    json,
    secret::Secret,
};

/// The claims that others have than the provider: in hand (aggregated) or to be fetched (distributed). They are kept apart from its
/// own, since it does not vouch for them.
///
/// # Example
/// ```
/// use vestibule_core::{ClaimsSet, Issuer, userinfo::ClaimSources};
///
/// let issuer = Issuer::parse("https://login.example.com")?;
/// let claims = ClaimsSet::from_json(br#"{"sub": "alice", "_claim_names": {"address": "src1"},
///     "_claim_sources": {"src1": {"endpoint": "https://bank.example.com/claims"}}}"#)?;
/// let sources = ClaimSources::read(&claims, &issuer)?;
/// assert!(sources.aggregated().is_empty());
/// assert_eq!(sources.into_distributed()[0].claim_names().collect::<Vec<_>>(), ["address"]);
/// // Who has no claims elsewhere has none:
/// assert!(ClaimSources::read(&ClaimsSet::from_json(br#"{"sub": "alice"}"#)?, &issuer)?.is_empty());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct ClaimSources {
    aggregated: Vec<UnverifiedAggregatedClaims>,
    distributed: Vec<DistributedClaimsRequest>,
}

/// So many sources are followed: each may cost a request (V78).
const MOST_SOURCES: usize = 8;

impl ClaimSources {
    /// What verified claims of `issuer` say about claims that are elsewhere. A source that no claim refers to is left out.
    ///
    /// # Errors
    /// [`InvalidClaimSources`] says what of it cannot be followed. The other claims are as good as before.
    pub fn read(claims: &ClaimsSet, issuer: &Issuer) -> Result<Self, InvalidClaimSources> {
        let Some(names) = object(claims, "_claim_names")? else { return Ok(Self::default()) };
        let sources = object(claims, "_claim_sources")?.ok_or(JsonFault::Missing { member: "_claim_sources" })?;
        if sources.len() > MOST_SOURCES {
            return Err(InvalidClaimSources::TooMany { count: sources.len(), most: MOST_SOURCES });
        }
        let subject = claims.claim("sub").and_then(Value::as_str).map(str::to_owned);
        let mut read = Self::default();
        for (source, claim_names) in claims_by_source(names)? {
            let Some(value) = sources.get(source) else {
                let claim = Excerpt::new(claim_names.first().map_or("", String::as_str));
                return Err(InvalidClaimSources::NoSuchSource { claim, source_name: Excerpt::new(source) });
            };
            let members = value.as_object().ok_or(JsonFault::WrongType { member: "_claim_sources" })?;
            let told_by = Teller { issuer: issuer.clone(), subject: subject.clone() };
            read.add(Source { name: source.to_owned(), claim_names, told_by }, members, issuer)?;
        }
        Ok(read)
    }

    /// Whether no claim is elsewhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.aggregated.is_empty() && self.distributed.is_empty()
    }

    /// The claims that came along.
    #[must_use]
    pub fn aggregated(&self) -> &[UnverifiedAggregatedClaims] {
        &self.aggregated
    }

    /// The questions for those that did not: each an exchange of its own.
    #[must_use]
    pub fn into_distributed(self) -> Vec<DistributedClaimsRequest> {
        self.distributed
    }

    fn add(
        &mut self,
        source: Source,
        members: &Map<String, Value>,
        issuer: &Issuer,
    ) -> Result<(), InvalidClaimSources> {
        let source_name = Excerpt::new(&source.name);
        let token: Option<String> = json::member(members, "JWT")?;
        let endpoint: Option<String> = json::member(members, "endpoint")?;
        match (token, endpoint) {
            (Some(token), None) => self.aggregated.push(UnverifiedAggregatedClaims::new(source, token)),
            (None, Some(text)) => {
                let Some(endpoint) = issuer.endpoint(&text) else {
                    return Err(InvalidClaimSources::Endpoint { source_name, got: Excerpt::new(&text) });
                };
                let access_token: Option<String> = json::member(members, "access_token")?;
                if access_token.as_ref().is_some_and(|token| !is_printable(token)) {
                    return Err(InvalidClaimSources::AccessToken { source_name });
                }
                self.distributed.push(DistributedClaimsRequest::new(source, endpoint, access_token.map(Secret::new)));
            }
            (Some(_), Some(_)) => return Err(InvalidClaimSources::TokenAndEndpoint { source_name }),
            (None, None) => return Err(InvalidClaimSources::NeitherTokenNorEndpoint { source_name }),
        }
        Ok(())
    }
}

/// RFC 6749 A.12: visible ASCII, which is also what a header can carry (V10).
fn is_printable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

fn object<'a>(claims: &'a ClaimsSet, member: &'static str) -> Result<Option<&'a Map<String, Value>>, JsonFault> {
    claims.claim(member).map(|value| value.as_object().ok_or(JsonFault::WrongType { member })).transpose()
}

/// Which claims each source is said to have.
fn claims_by_source(names: &Map<String, Value>) -> Result<BTreeMap<&str, Vec<String>>, JsonFault> {
    let mut by_source: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (claim, source) in names {
        let source = source.as_str().ok_or(JsonFault::WrongType { member: "_claim_names" })?;
        by_source.entry(source).or_default().push(claim.clone());
    }
    Ok(by_source)
}

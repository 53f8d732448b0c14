//! Claims about a person that others have than their provider (Core 5.6.2). They become the person's only if somebody whom the settings
//! name has signed them; the rest is left out, and with it what the provider says of where it is.

use std::sync::Arc;

use tokio::task::JoinSet;
use vestibule_core::{
    ClaimsSet, Client, Issuer, JwkSet, NumericDate, SignatureAlgorithm,
    error::{InvalidClaimSources, InvalidSourcedClaims},
    jose::InvalidJws,
    userinfo::{ClaimSources, DistributedClaimsRequest, UnverifiedDistributedClaims},
};

use crate::{
    door::Door,
    error::chain,
    provider::{ConnectedProvider, Introduced, ProviderError},
};

/// What says which claims are elsewhere, and where: for us alone. It can have access tokens in it.
pub(crate) const MEMBERS: [&str; 2] = ["_claim_names", "_claim_sources"];

/// Why claims from elsewhere are left out.
#[derive(Debug, thiserror::Error)]
enum LeftOut {
    #[error(transparent)]
    Sources(#[from] InvalidClaimSources),
    #[error("the source could not be asked")]
    NotAsked(#[source] ProviderError),
    #[error("nobody is said to have signed them")]
    NoIssuer,
    #[error("the settings have no provider of this issuer")]
    UnknownIssuer,
    #[error("the keys of their issuer cannot be had")]
    NoKeys(#[source] ProviderError),
    #[error(transparent)]
    Invalid(#[from] InvalidSourcedClaims),
}

/// The claims with those from elsewhere that hold, and without the rest. What fails costs nobody their login.
pub(crate) async fn gathered(
    door: &Door,
    provider: &Arc<ConnectedProvider>,
    at: &Introduced,
    mut claims: ClaimsSet,
) -> ClaimsSet {
    let sources = ClaimSources::read(&claims, at.metadata.issuer());
    for member in MEMBERS {
        claims.remove(member);
    }
    let sources = match sources {
        Ok(sources) => sources,
        Err(invalid) => {
            report(provider, None, &invalid.into());
            return claims;
        }
    };
    for source in sources.aggregated() {
        let verified = vouched(door, source.unverified_issuer(), |issuer, by| {
            source.verify(by.client, issuer, by.algorithm, by.keys, by.now)
        });
        add(provider, source.source_name(), &mut claims, verified.await);
    }
    if !provider.fetches_distributed_claims() {
        return claims;
    }
    for (name, answer) in fetched(provider, sources.into_distributed()).await {
        let verified = match answer {
            Ok(answer) => {
                vouched(door, answer.unverified_issuer(), |issuer, by| {
                    answer.verify(by.client, issuer, by.algorithm, by.keys, by.now)
                })
                .await
            }
            Err(error) => Err(LeftOut::NotAsked(error)),
        };
        add(provider, &name, &mut claims, verified);
    }
    claims
}

/// All answers, whoever is first: core follows eight sources at the most.
async fn fetched(
    provider: &Arc<ConnectedProvider>,
    requests: Vec<DistributedClaimsRequest>,
) -> Vec<(String, Result<UnverifiedDistributedClaims, ProviderError>)> {
    let mut asking = JoinSet::new();
    for request in requests {
        let provider = Arc::clone(provider);
        asking.spawn(async move { (request.source_name().to_owned(), provider.carry_out(request).await) });
    }
    let mut answers = asking.join_all().await;
    // Of two that have the same claim the same one counts each time.
    answers.sort_by(|(one, _), (other, _)| one.cmp(other));
    answers
}

/// What an issuer is known by.
struct By<'a> {
    client: &'a Client,
    algorithm: SignatureAlgorithm,
    keys: &'a JwkSet,
    now: NumericDate,
}

/// Verifies with the keys of a provider that the settings name. Never with keys that are where the claims say (V78).
async fn vouched(
    door: &Door,
    issuer: Option<String>,
    verify: impl Fn(&Issuer, By<'_>) -> Result<ClaimsSet, InvalidSourcedClaims>,
) -> Result<ClaimsSet, LeftOut> {
    let issuer = issuer.ok_or(LeftOut::NoIssuer)?;
    let is_it = |provider: &&Arc<ConnectedProvider>| provider.issuer().is_some_and(|known| known.as_str() == issuer);
    let provider = door.providers.values().find(is_it).ok_or(LeftOut::UnknownIssuer)?;
    let at = provider.introduced().await.map_err(LeftOut::NoKeys)?;
    let keys = provider.published_keys(&at).await.map_err(LeftOut::NoKeys)?;
    let (client, algorithm, now) = (at.client.as_ref(), at.client.verifies_id_tokens_with(), door.now());
    let verified = verify(at.metadata.issuer(), By { client, algorithm, keys: &keys, now });
    // Core 10.1.1: the keys of that provider may have changed since anybody signed in there.
    let Err(InvalidSourcedClaims::Jws(InvalidJws::NoMatchingKey { .. })) = verified else { return Ok(verified?) };
    let keys = provider.newer_keys(&at, &keys).await.map_err(LeftOut::NoKeys)?;
    Ok(verify(at.metadata.issuer(), By { client, algorithm, keys: &keys, now })?)
}

/// What the provider itself says of a claim counts more.
fn add(provider: &ConnectedProvider, source: &str, claims: &mut ClaimsSet, verified: Result<ClaimsSet, LeftOut>) {
    match verified {
        Ok(verified) => claims.add_missing(verified),
        Err(left_out) => report(provider, Some(source), &left_out),
    }
}

fn report(provider: &ConnectedProvider, source: Option<&str>, left_out: &LeftOut) {
    let source = source.map(|name| vestibule_core::error::Excerpt::new(name).to_string());
    tracing::warn!(target: "vestibule::login", provider = provider.name(), source, reason = chain(left_out),
        "claims from elsewhere were left out");
}

//! An ID Token of ours that a client shows again: who is meant (Core 3.1.2.1, RP-Initiated Logout 2).

use std::sync::Arc;

use serde_json::Value;
use vestibule_core::{JwkSet, jose::CompactJws};

use crate::{client::RegisteredClient, header, provider::DevelopmentProvider};

/// What an ID Token of ours says.
pub(crate) struct Hint {
    pub(crate) client: Arc<RegisteredClient>,
    pub(crate) sub: String,
    pub(crate) sid: String,
}

impl Hint {
    /// Our own signature, whether expired or not (RP-Initiated Logout 2).
    pub(crate) fn read(provider: &DevelopmentProvider, token: &str) -> Option<Self> {
        header::may_be(token, &["jwt"]).then_some(())?;
        let jws = CompactJws::parse(token).ok()?;
        let claims: Value = serde_json::from_slice(jws.unverified_payload()).ok()?;
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        // A logout token is no hint (Back-Channel Logout 4.1).
        claims.get("events").is_none().then_some(())?;
        let client = provider.registered(&claim("aud")?)?;
        is_ours(provider, &client, &jws).then_some(())?;
        (claim("iss")? == provider.issuer().as_str()).then_some(())?;
        Some(Self { client, sub: claim("sub")?, sid: claim("sid")? })
    }
}

fn is_ours(provider: &DevelopmentProvider, client: &RegisteredClient, jws: &CompactJws<'_>) -> bool {
    let algorithm = client.algorithm();
    if algorithm.is_symmetric() {
        return client.client_secret().is_some_and(|secret| jws.verify_with_secret(algorithm, secret).is_ok());
    }
    let set = provider.keys().set(&[algorithm]);
    let set = set.ok().and_then(|set| JwkSet::from_json(set.to_string().as_bytes()).ok());
    set.is_some_and(|set| jws.verify(algorithm, &set).is_ok())
}

//! The ID Token that a token response brings (Core 2, 3.1.3.6 and 12.2).

use serde_json::{Map, Value, json};
use vestibule_core::jose::access_token_hash;

use super::{Granted, Ground, object};
use crate::{client::RegisteredClient, denial::Denial, provider::DevelopmentProvider};

/// Seconds that an ID Token is good for.
const ID_TOKEN_LIFETIME: i64 = 300;

pub(super) fn signed(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    granted: &Granted,
    access_token: &str,
) -> Result<String, Denial> {
    let hooks = provider.hooks();
    let mut claims = claims(provider, client, granted, access_token);
    hooks.id_token_claims(&mut claims, client.algorithm());
    if !granted.ground.is_code() {
        hooks.refreshed_id_token_claims(&mut claims);
    }
    Ok(hooks.id_token(&mut provider.keys(), client, &claims)?)
}

/// Claims about the person are the userinfo endpoint's to give.
fn claims(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    granted: &Granted,
    access_token: &str,
) -> Map<String, Value> {
    let now = provider.now();
    let mut claims = object(json!({
        "iss": provider.issuer(),
        "sub": granted.sign_in.user.sub(),
        "aud": client.client_id(),
        "exp": now.plus(ID_TOKEN_LIFETIME),
        "iat": now,
        "auth_time": granted.sign_in.auth_time,
        "at_hash": access_token_hash(client.algorithm(), access_token),
        "sid": granted.sign_in.sid,
    }));
    if let Some(seconds) = provider.state().token_settings.session_expiry_after {
        claims.insert("session_expiry".to_owned(), json!(now.plus(seconds)));
    }
    // Core 12.2: a refreshed one should have none.
    if let Ground::Code { nonce: Some(nonce) } = &granted.ground {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims
}

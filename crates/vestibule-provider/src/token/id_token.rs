//! The ID Tokens that a token response and an authorization response bring (Core 2, 3.1.3.6, 3.2.2.10, 3.3.2.11 and 12.2).

use serde_json::{Map, Value, json};
// The hash of a code is made like that of an access token (Core 3.3.2.11).
use vestibule_core::jose::{access_token_hash, access_token_hash as code_hash};

use super::object;
use crate::{
    client::RegisteredClient,
    denial::Denial,
    encryption::{Content, Envelope},
    provider::DevelopmentProvider,
    state::SignIn,
};

/// Seconds that an ID Token is good for.
const ID_TOKEN_LIFETIME: i64 = 300;

/// What an ID Token is about.
pub(crate) struct Contents<'a> {
    pub(crate) sign_in: &'a SignIn,
    pub(crate) nonce: Option<&'a str>,
    /// What it vouches for: those that come with it.
    pub(crate) code: Option<&'a str>,
    pub(crate) access_token: Option<&'a str>,
    /// Claims about the person; none takes the place of what the token says of itself.
    pub(crate) claims: Map<String, Value>,
    pub(crate) place: Place,
}

/// Where an ID Token is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// By the authorization endpoint.
    FrontChannel,
    /// By the token endpoint, for a code.
    TokenEndpoint {
        /// Whether the authorization endpoint gave one before.
        is_second: bool,
    },
    /// By the token endpoint, for a refresh token.
    Refresh,
}

/// The token as the client registered to have it: signed, and then encrypted if it is (Core 2).
pub(crate) async fn id_token(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    contents: Contents<'_>,
) -> Result<String, Denial> {
    let place = contents.place;
    let hooks = provider.hooks().of_id_token(place);
    let mut claims = claims(provider, client, contents);
    hooks.id_token_claims(&mut claims, client.algorithm());
    if place == Place::Refresh {
        hooks.refreshed_id_token_claims(&mut claims);
    }
    let token = hooks.id_token(&mut provider.keys(), client, &claims)?;
    let (encryption, fault) = (client.id_token_encryption(), hooks.id_token_encryption_fault());
    Envelope { client, encryption, fault }.seal(provider, Content::Token(token)).await
}

fn claims(provider: &DevelopmentProvider, client: &RegisteredClient, contents: Contents<'_>) -> Map<String, Value> {
    let now = provider.now();
    let mut claims = contents.claims;
    claims.extend(object(json!({
        "iss": provider.issuer(),
        "sub": contents.sign_in.user.sub(),
        "aud": client.client_id(),
        "exp": now.plus(ID_TOKEN_LIFETIME),
        "iat": now,
        "auth_time": contents.sign_in.auth_time,
        "sid": contents.sign_in.sid,
    })));
    let mut put = |name: &str, value: Option<Value>| claims.extend(value.map(|value| (name.to_owned(), value)));
    put("at_hash", contents.access_token.map(|token| json!(access_token_hash(client.algorithm(), token))));
    put("c_hash", contents.code.map(|code| json!(code_hash(client.algorithm(), code))));
    put("acr", contents.sign_in.acr.as_ref().map(|acr| json!(acr)));
    // Core 12.2: a refreshed one should have none.
    put("nonce", contents.nonce.map(|nonce| json!(nonce)));
    let expiry = provider.state().token_settings.session_expiry_after;
    put("session_expiry", expiry.map(|seconds| json!(now.plus(seconds))));
    claims
}

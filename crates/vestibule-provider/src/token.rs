//! The token endpoint: a code or a refresh token for tokens (Core 3.1.3, Core 12).

mod code;
mod id_token;
mod refresh;

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{
    client::RegisteredClient,
    client_auth::authenticate,
    denial::{Denial, not_stored},
    identifier::identifier,
    parameters::Parameters,
    provider::DevelopmentProvider,
    state::{AccessToken, SignIn},
};

/// What the token endpoint gives.
pub(crate) struct TokenSettings {
    /// Seconds that an access token is good for.
    access_token_lifetime: i64,
    has_id_token_at_refresh: bool,
    /// Seconds from the login on, where ID Tokens set a limit to the client's own session.
    pub(crate) session_expiry_after: Option<i64>,
}

/// What is granted, and on what ground.
struct Granted {
    /// The code, or the one that the refresh token came from.
    code: String,
    sign_in: SignIn,
    scope: String,
    refresh_token: Option<String>,
    ground: Ground,
}

enum Ground {
    Code { nonce: Option<String> },
    RefreshToken,
}

impl DevelopmentProvider {
    /// Ends access tokens that are given from now on so long after, by the provider's clock and in whole seconds: an hour,
    /// unless said.
    pub fn access_tokens_live(self, lifetime: Duration) -> Self {
        self.state().token_settings.access_token_lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Limits the sessions of clients, by the claim `session_expiry` in ID Tokens: so many seconds after each is made, or before it.
    pub fn sessions_expire_after(self, seconds: i64) -> Self {
        self.state().token_settings.session_expiry_after = Some(seconds);
        self
    }

    /// Answers refresh requests without an ID Token, as a provider may (Core 12.2).
    pub fn without_id_token_at_refresh(self) -> Self {
        self.state().token_settings.has_id_token_at_refresh = false;
        self
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self { access_token_lifetime: 3600, has_id_token_at_refresh: true, session_expiry_after: None }
    }
}

pub(crate) async fn token(State(provider): State<DevelopmentProvider>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(answer) = provider.hooks().token_answer(is_refresh(&body)) {
        return answer;
    }
    match grant(&provider, &headers, &body) {
        Ok(members) => provider.hooks().token_response(is_refresh(&body), not_stored(Json(members).into_response())),
        Err(denial) => not_stored(denial.into_response()),
    }
}

/// Whether this is the body of a refresh request, in order or not.
pub(crate) fn is_refresh(body: &[u8]) -> bool {
    Parameters::parse(body).is_ok_and(|parameters| parameters.get("grant_type") == Some("refresh_token"))
}

fn grant(provider: &DevelopmentProvider, headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Denial> {
    let parameters = Parameters::of_form(headers, body)?;
    let client = authenticate(provider, headers, &parameters)?;
    let granted = match parameters.get("grant_type") {
        Some("authorization_code") => code::redeem(provider, &client, &parameters)?,
        Some("refresh_token") => refresh::refresh(provider, &client, &parameters)?,
        Some(_) => {
            return Err(Denial::new("unsupported_grant_type", "it must be authorization_code or refresh_token"));
        }
        None => return Err(Denial::new("invalid_request", "grant_type is missing")),
    };
    answer(provider, &client, granted)
}

fn answer(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    granted: Granted,
) -> Result<Map<String, Value>, Denial> {
    let access_token = identifier();
    let (lifetime, has_id_token) = {
        let settings = &provider.state().token_settings;
        (settings.access_token_lifetime, settings.has_id_token_at_refresh || granted.ground.is_code())
    };
    let mut members = object(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "scope": granted.scope,
    }));
    if has_id_token {
        members.insert("id_token".to_owned(), json!(id_token::signed(provider, client, &granted, &access_token)?));
    }
    if let Some(refresh_token) = &granted.refresh_token {
        members.insert("refresh_token".to_owned(), json!(refresh_token));
    }
    provider.hooks().token_members(&mut members, !granted.ground.is_code());
    let entry = AccessToken {
        code: granted.code.clone(),
        client_id: client.client_id().to_owned(),
        user: granted.sign_in.user,
        scope: granted.scope,
        expires_at: provider.now().plus(lifetime),
    };
    let mut state = provider.state();
    // Somebody may have shown a used refresh token while this answer was made.
    if granted.refresh_token.is_none() || state.families.is_live(&granted.code) {
        state.access_tokens.insert(access_token, entry);
    }
    drop(state);
    Ok(members)
}

impl Ground {
    fn is_code(&self) -> bool {
        matches!(self, Self::Code { .. })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn invalid_grant(why: &'static str) -> Denial {
    Denial::new("invalid_grant", why)
}

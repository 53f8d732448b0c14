//! The token endpoint: a code or a refresh token for tokens (Core 3.1.3, Core 12).

mod code;
pub(crate) mod id_token;
mod refresh;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use self::id_token::{Contents, Place};
use crate::{
    client::RegisteredClient,
    client_auth::{PresentedCertificate, authenticate},
    denial::{Denial, not_stored},
    identifier::identifier,
    parameters::Parameters,
    provider::DevelopmentProvider,
    state::{AccessToken, Asked, SignIn},
    user::User,
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
    asked: Asked,
    refresh_token: Option<String>,
    ground: Ground,
}

enum Ground {
    Code { nonce: Option<String>, has_front_id_token: bool },
    RefreshToken,
}

/// What an access token is given for.
pub(crate) struct AccessTokenGrant<'a> {
    pub(crate) code: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) user: &'a Arc<User>,
    pub(crate) scope: &'a str,
    pub(crate) asked: &'a Asked,
    pub(crate) certificate: Option<&'a PresentedCertificate>,
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

    /// The resources that an access token is for (RFC 8707 2), if it is one that the provider gave; none means all.
    #[must_use]
    pub fn audience_of(&self, access_token: &str) -> Option<Vec<String>> {
        self.state().access_tokens.get(access_token).map(|token| token.audience.clone())
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

pub(crate) async fn token(
    State(provider): State<DevelopmentProvider>,
    certificate: Option<Extension<PresentedCertificate>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(answer) = provider.hooks().token_answer(is_refresh(&body)) {
        return answer;
    }
    let certificate = certificate.map(|Extension(certificate)| certificate);
    match grant(&provider, &headers, certificate.as_ref(), &body).await {
        Ok(members) => provider.hooks().token_response(is_refresh(&body), not_stored(Json(members).into_response())),
        Err(denial) => not_stored(denial.into_response()),
    }
}

/// Whether this is the body of a refresh request, in order or not.
pub(crate) fn is_refresh(body: &[u8]) -> bool {
    Parameters::parse(body).is_ok_and(|parameters| parameters.get("grant_type") == Some("refresh_token"))
}

async fn grant(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    certificate: Option<&PresentedCertificate>,
    body: &[u8],
) -> Result<Map<String, Value>, Denial> {
    let parameters = Parameters::of_form(headers, body)?;
    let client = authenticate(provider, headers, certificate, &parameters).await?;
    let certificate = binding(&client, certificate)?;
    let granted = match parameters.get("grant_type") {
        Some("authorization_code") => code::redeem(provider, &client, &parameters)?,
        Some("refresh_token") => refresh::refresh(provider, &client, &parameters)?,
        Some(_) => {
            return Err(Denial::new("unsupported_grant_type", "it must be authorization_code or refresh_token"));
        }
        None => return Err(Denial::new("invalid_request", "grant_type is missing")),
    };
    answer(provider, &client, &granted, certificate).await
}

/// RFC 8705 3: what the access token is to be bound to.
fn binding<'a>(
    client: &RegisteredClient,
    certificate: Option<&'a PresentedCertificate>,
) -> Result<Option<&'a PresentedCertificate>, Denial> {
    match (client.has_bound_tokens(), certificate) {
        (false, _) => Ok(None),
        (true, Some(certificate)) => Ok(Some(certificate)),
        (true, None) => Err(Denial::new("invalid_request", "no client certificate to bind the access token to")),
    }
}

async fn answer(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    granted: &Granted,
    certificate: Option<&PresentedCertificate>,
) -> Result<Map<String, Value>, Denial> {
    let (access_token, lifetime) = give_access_token(
        provider,
        &AccessTokenGrant {
            code: &granted.code,
            client_id: client.client_id(),
            user: &granted.sign_in.user,
            scope: &granted.scope,
            asked: &granted.asked,
            certificate,
        },
    );
    let has_id_token = provider.state().token_settings.has_id_token_at_refresh || granted.ground.is_code();
    let mut members = object(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "scope": granted.scope,
    }));
    if has_id_token {
        let id_token = id_token::id_token(provider, client, granted.id_token(&access_token)).await?;
        members.insert("id_token".to_owned(), json!(id_token));
    }
    if let Some(refresh_token) = &granted.refresh_token {
        members.insert("refresh_token".to_owned(), json!(refresh_token));
    }
    provider.hooks().token_members(&mut members, !granted.ground.is_code());
    let mut state = provider.state();
    // Somebody may have shown a used refresh token while this answer was made.
    if granted.refresh_token.is_some() && !state.families.is_live(&granted.code) {
        state.access_tokens.take(&access_token);
    }
    drop(state);
    Ok(members)
}

/// A new access token, and the seconds that it is good for.
pub(crate) fn give_access_token(provider: &DevelopmentProvider, grant: &AccessTokenGrant<'_>) -> (String, i64) {
    let access_token = identifier();
    let lifetime = provider.state().token_settings.access_token_lifetime;
    let entry = AccessToken {
        code: grant.code.to_owned(),
        client_id: grant.client_id.to_owned(),
        // Core 5.5: what was asked for by name is given whatever the scope.
        user: Arc::new(grant.user.revealing(&grant.asked.userinfo_claims)),
        scope: grant.scope.to_owned(),
        audience: grant.asked.resources.clone(),
        certificate: grant.certificate.cloned(),
        expires_at: provider.now().plus(lifetime),
    };
    provider.state().access_tokens.insert(access_token.clone(), entry);
    (access_token, lifetime)
}

impl Granted {
    fn id_token<'a>(&'a self, access_token: &'a str) -> Contents<'a> {
        let (nonce, place) = match &self.ground {
            Ground::Code { nonce, has_front_id_token } => {
                (nonce.as_deref(), Place::TokenEndpoint { is_second: *has_front_id_token })
            }
            Ground::RefreshToken => (None, Place::Refresh),
        };
        Contents {
            sign_in: &self.sign_in,
            nonce,
            code: None,
            access_token: Some(access_token),
            // Else claims about the person are the userinfo endpoint's to give.
            claims: self.sign_in.user.named(&self.asked.id_token_claims),
            place,
        }
    }
}

/// RFC 8707 2.2: all that was granted, or the part of it that is asked for.
fn narrowed_resources(granted: Asked, asked: &[String]) -> Result<Asked, Denial> {
    if asked.is_empty() {
        return Ok(granted);
    }
    if !granted.resources.is_empty() && !asked.iter().all(|resource| granted.resources.contains(resource)) {
        return Err(Denial::new("invalid_target", "a resource that was not granted"));
    }
    Ok(Asked { resources: asked.to_vec(), ..granted })
}

impl Ground {
    fn is_code(&self) -> bool {
        matches!(self, Self::Code { .. })
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn invalid_grant(why: &'static str) -> Denial {
    Denial::new("invalid_grant", why)
}

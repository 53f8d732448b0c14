//! The token endpoint: a code for tokens, once (Core 3.1.3).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use vestibule_core::jose::access_token_hash;

use crate::{
    client::RegisteredClient,
    client_auth::authenticate,
    denial::{Denial, not_stored},
    identifier::identifier,
    media_type,
    parameters::Parameters,
    provider::DevelopmentProvider,
    state::{AccessToken, Grant},
};

/// Seconds from a code's making to its end (RFC 6749 4.1.2: ten minutes at most).
const CODE_LIFETIME: i64 = 60;
/// Seconds that an ID Token is good for.
const ID_TOKEN_LIFETIME: i64 = 300;
/// Seconds that an access token is good for.
const ACCESS_TOKEN_LIFETIME: i64 = 3600;

pub(crate) async fn token(State(provider): State<DevelopmentProvider>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(answer) = provider.hooks().token_answer() {
        return answer;
    }
    match redeem(&provider, &headers, &body) {
        Ok(members) => not_stored(Json(members).into_response()),
        Err(denial) => not_stored(denial.into_response()),
    }
}

fn redeem(provider: &DevelopmentProvider, headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Denial> {
    if !media_type::is(headers, "application/x-www-form-urlencoded") {
        return Err(Denial::new("invalid_request", "the body must be application/x-www-form-urlencoded"));
    }
    let parameters =
        Parameters::parse(body).map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))?;
    let client = authenticate(provider, headers, &parameters)?;
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return Err(Denial::new("unsupported_grant_type", "grant_type must be authorization_code")),
        None => return Err(Denial::new("invalid_request", "grant_type is missing")),
    }
    let code = parameters.get("code").ok_or(Denial::new("invalid_request", "code is missing"))?;
    let grant = take(provider, &client, code)?;
    check(provider, &grant, &parameters)?;
    tokens(provider, &client, code, &grant)
}

/// Core 3.1.3.2: a code of this client, for the first time. A second time ends what the first brought (RFC 6749 4.1.2).
fn take(provider: &DevelopmentProvider, client: &RegisteredClient, code: &str) -> Result<Grant, Denial> {
    let mut state = provider.state();
    let grant = state.grants.get_mut(code).filter(|grant| grant.client_id == client.client_id());
    let grant = grant.ok_or_else(|| invalid_grant("there is no such code for this client"))?;
    if grant.is_used {
        state.access_tokens.retain(|token| token.code != code);
        return Err(invalid_grant("the code was used before"));
    }
    grant.is_used = true;
    Ok(grant.clone())
}

fn check(provider: &DevelopmentProvider, grant: &Grant, parameters: &Parameters) -> Result<(), Denial> {
    if provider.now().seconds_since(grant.issued_at) > CODE_LIFETIME {
        return Err(invalid_grant("the code has expired"));
    }
    // RFC 6749 4.1.3
    if parameters.get("redirect_uri") != Some(&grant.redirect_uri) {
        return Err(invalid_grant("redirect_uri is not the one of the authorization request"));
    }
    match (&grant.code_challenge, parameters.get("code_verifier")) {
        (Some(challenge), Some(verifier)) if challenge.fits(verifier) => Ok(()),
        (Some(_), _) => Err(invalid_grant("code_verifier does not fit the code_challenge")),
        // RFC 9700 4.8.2: a challenge that got lost on the way is an attack.
        (None, Some(_)) => Err(invalid_grant("a code_verifier, but no code_challenge before")),
        (None, None) => Ok(()),
    }
}

fn tokens(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    code: &str,
    grant: &Grant,
) -> Result<Map<String, Value>, Denial> {
    let (access_token, hooks) = (identifier(), provider.hooks());
    let mut claims = id_token_claims(provider, client, grant, &access_token);
    hooks.id_token_claims(&mut claims, client.algorithm());
    let id_token = hooks.id_token(&mut provider.keys(), client, &claims)?;
    let entry = AccessToken {
        code: code.to_owned(),
        user: grant.sign_in.user.clone(),
        scope: grant.scope.clone(),
        expires_at: provider.now().plus(ACCESS_TOKEN_LIFETIME),
    };
    provider.state().access_tokens.insert(access_token.clone(), entry);
    let mut members = object(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_LIFETIME,
        "scope": grant.scope,
        "id_token": id_token,
    }));
    hooks.token_members(&mut members);
    Ok(members)
}

/// Core 2 and 3.1.3.6. Claims about the person are the userinfo endpoint's to give.
fn id_token_claims(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    grant: &Grant,
    access_token: &str,
) -> Map<String, Value> {
    let now = provider.now();
    let mut claims = object(json!({
        "iss": provider.issuer(),
        "sub": grant.sign_in.user.sub(),
        "aud": client.client_id(),
        "exp": now.plus(ID_TOKEN_LIFETIME),
        "iat": now,
        "auth_time": grant.sign_in.auth_time,
        "at_hash": access_token_hash(client.algorithm(), access_token),
        "sid": grant.sign_in.sid,
    }));
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims
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

//! In what form the claims go out: as JSON, or as a token (Core 5.3.2).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::header;
use serde_json::{Map, Value, json};
use vestibule_core::SignatureAlgorithm;

use crate::{
    client::{Encryption, RegisteredClient},
    denial::Denial,
    encryption::{Content, Envelope},
    provider::DevelopmentProvider,
};

/// How an answer is protected: plain JSON, unless said.
#[derive(Clone, Copy, Default)]
pub(crate) struct Form {
    pub(crate) algorithm: Option<SignatureAlgorithm>,
    pub(crate) encryption: Option<Encryption>,
}

/// The claims, as the client registered to have them.
pub(super) async fn answer(
    provider: &DevelopmentProvider,
    client_id: &str,
    claims: Map<String, Value>,
) -> Result<Response, Denial> {
    let hooks = provider.hooks();
    if let Some(token) = hooks.encrypted_userinfo() {
        return Ok(jwt(token));
    }
    // Who was forgotten since has registered nothing.
    let client = provider.registered(client_id);
    let client = client.as_deref();
    let form = hooks.userinfo_form(client.map(Form::of).unwrap_or_default());
    let Some(client) = client else { return Ok(Json(claims).into_response()) };
    let envelope = Envelope { client, encryption: form.encryption, fault: hooks.userinfo_encryption_fault() };
    let content = match form.algorithm {
        Some(algorithm) => Content::Token(signed(provider, client, algorithm, claims)?),
        // Core 5.3.2: what is encrypted is the claims themselves, where they are not signed.
        None if envelope.is_closed() => Content::Claims(Value::Object(claims).to_string()),
        None => return Ok(Json(claims).into_response()),
    };
    Ok(jwt(envelope.seal(provider, content).await?))
}

/// Core 5.3.2: with `iss` and `aud`, for which the claims of a user are no place.
fn signed(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    algorithm: SignatureAlgorithm,
    mut claims: Map<String, Value>,
) -> Result<String, Denial> {
    let hooks = provider.hooks();
    claims.insert("iss".to_owned(), json!(provider.issuer()));
    claims.insert("aud".to_owned(), json!(client.client_id()));
    hooks.signed_userinfo_claims(&mut claims);
    let payload = Value::Object(claims).to_string();
    Ok(hooks.signed_userinfo(&mut provider.keys(), client, algorithm, payload.as_bytes())?)
}

pub(super) fn jwt(token: String) -> Response {
    ([(header::CONTENT_TYPE, "application/jwt")], token).into_response()
}

impl Form {
    fn of(client: &RegisteredClient) -> Self {
        Self { algorithm: client.userinfo_algorithm(), encryption: client.userinfo_encryption() }
    }
}

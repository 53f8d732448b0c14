//! The metadata document (Discovery 3 and 4).

use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm};

use crate::{cache, provider::DevelopmentProvider, user};

pub(crate) async fn configuration(State(provider): State<DevelopmentProvider>, headers: HeaderMap) -> Response {
    let hooks = provider.hooks();
    if let Some(answer) = hooks.metadata_answer() {
        return answer;
    }
    let mut metadata = Value::Object(metadata(&provider));
    hooks.metadata(&mut metadata);
    cache::document(&provider, &headers, &metadata)
}

impl DevelopmentProvider {
    /// Puts this member into the metadata document, in the place of what the provider says of itself; `null` leaves it out. What
    /// the provider does stays the same.
    pub fn advertises(self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.state().advertised.insert(member.into(), value.into());
        self
    }
}

fn metadata(provider: &DevelopmentProvider) -> Map<String, Value> {
    let parts = [endpoints(provider), abilities(), algorithms(), authentication(provider), logout(provider)];
    let mut members: Map<String, Value> =
        parts.into_iter().filter_map(|part| part.as_object().cloned()).flatten().collect();
    for (name, value) in provider.state().advertised.clone() {
        members.insert(name, value);
    }
    members.retain(|_, value| !value.is_null());
    members
}

fn endpoints(provider: &DevelopmentProvider) -> Value {
    json!({
        "issuer": provider.issuer(),
        "authorization_endpoint": provider.endpoint("/authorize"),
        "token_endpoint": provider.endpoint("/token"),
        "userinfo_endpoint": provider.endpoint("/userinfo"),
        "jwks_uri": provider.endpoint(&provider.jwks_path()),
        "registration_endpoint": provider.endpoint("/register"),
        "revocation_endpoint": provider.endpoint("/revoke"),
    })
}

/// The words of a response type have no order (RFC 6749 3.1.1), and these are in one that nobody expects.
fn abilities() -> Value {
    json!({
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported":
            ["code", "id_token", "token id_token", "id_token code", "token code", "token code id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal", "aggregated", "distributed"],
        "claims_supported": claims(),
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": false,
    })
}

fn claims() -> Vec<&'static str> {
    let about_the_token = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "at_hash", "c_hash", "sid"];
    about_the_token.into_iter().chain(user::standard_claims()).collect()
}

/// A client may register any.
fn algorithms() -> Value {
    let signing = SignatureAlgorithm::ALL;
    let (alg, enc) = (KeyManagementAlgorithm::ALL, ContentEncryptionAlgorithm::ALL);
    let requests: Vec<&str> = signing.into_iter().map(SignatureAlgorithm::name).chain(["none"]).collect();
    json!({
        "id_token_signing_alg_values_supported": signing,
        "id_token_encryption_alg_values_supported": alg,
        "id_token_encryption_enc_values_supported": enc,
        "userinfo_signing_alg_values_supported": signing,
        "userinfo_encryption_alg_values_supported": alg,
        "userinfo_encryption_enc_values_supported": enc,
        "request_object_signing_alg_values_supported": requests,
        "request_object_encryption_alg_values_supported": alg,
        "request_object_encryption_enc_values_supported": enc,
    })
}

fn authentication(provider: &DevelopmentProvider) -> Value {
    let methods = provider.state().registrations.auth_methods().to_vec();
    json!({
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": SignatureAlgorithm::ALL,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": SignatureAlgorithm::ALL,
    })
}

fn logout(provider: &DevelopmentProvider) -> Value {
    json!({
        "end_session_endpoint": provider.endpoint("/end_session"),
        "check_session_iframe": provider.endpoint("/check_session"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    })
}

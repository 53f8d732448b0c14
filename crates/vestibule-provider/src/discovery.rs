//! The metadata document (Discovery 3 and 4).

use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::{Value, json};
use vestibule_core::SignatureAlgorithm;

use crate::{cache, provider::DevelopmentProvider};

pub(crate) async fn configuration(State(provider): State<DevelopmentProvider>, headers: HeaderMap) -> Response {
    let hooks = provider.hooks();
    if let Some(answer) = hooks.metadata_answer() {
        return answer;
    }
    let mut metadata = metadata(&provider);
    hooks.metadata(&mut metadata);
    cache::document(&provider, &headers, &metadata)
}

fn metadata(provider: &DevelopmentProvider) -> Value {
    json!({
        "issuer": provider.issuer(),
        "authorization_endpoint": provider.endpoint("/authorize"),
        "token_endpoint": provider.endpoint("/token"),
        "userinfo_endpoint": provider.endpoint("/userinfo"),
        "jwks_uri": provider.endpoint("/jwks"),
        "registration_endpoint": provider.endpoint("/register"),
        "end_session_endpoint": provider.endpoint("/end_session"),
        "revocation_endpoint": provider.endpoint("/revoke"),
        "check_session_iframe": provider.endpoint("/check_session"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        // A client may register any.
        "id_token_signing_alg_values_supported": SignatureAlgorithm::ALL,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

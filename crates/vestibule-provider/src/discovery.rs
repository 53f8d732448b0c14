//! The metadata document (Discovery 3 and 4).

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm, TokenEndpointAuthMethod};

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
    let parts = [
        endpoints(provider),
        abilities(),
        requests(provider),
        people(provider),
        tokens(),
        authentication(provider),
        logout(provider),
    ];
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
        "mtls_endpoint_aliases": aliases(provider),
    })
}

/// RFC 8705 5: of those endpoints alone that look at certificates.
fn aliases(provider: &DevelopmentProvider) -> Option<Value> {
    Some(json!({
        "token_endpoint": provider.mtls_endpoint("/token")?,
        "userinfo_endpoint": provider.mtls_endpoint("/userinfo")?,
        "revocation_endpoint": provider.mtls_endpoint("/revoke")?,
    }))
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
        "authorization_response_iss_parameter_supported": true,
        "tls_client_certificate_bound_access_tokens": true,
    })
}

/// Where there are no request objects, nothing is said of their algorithms.
fn requests(provider: &DevelopmentProvider) -> Value {
    let (takes_objects, registered_only) = {
        let settings = &provider.state().request_settings;
        (!settings.refuses_objects, settings.requires_registered_uris)
    };
    let signing: Vec<&str> =
        SignatureAlgorithm::ALL.into_iter().map(SignatureAlgorithm::name).chain(["none"]).collect();
    json!({
        "request_parameter_supported": takes_objects,
        "request_uri_parameter_supported": takes_objects,
        "require_request_uri_registration": takes_objects && registered_only,
        "request_object_signing_alg_values_supported": takes_objects.then_some(signing),
        "request_object_encryption_alg_values_supported": takes_objects.then_some(KeyManagementAlgorithm::ALL),
        "request_object_encryption_enc_values_supported": takes_objects.then_some(ContentEncryptionAlgorithm::ALL),
    })
}

/// What may be known of the users, and how surely each may be recognised.
fn people(provider: &DevelopmentProvider) -> Value {
    let users = provider.state().users.clone();
    let acrs: BTreeSet<&String> = users.iter().flat_map(|user| user.acrs()).collect();
    json!({
        "claim_types_supported": ["normal", "aggregated", "distributed"],
        "claims_supported": claims(),
        "claims_parameter_supported": true,
        "acr_values_supported": (!acrs.is_empty()).then_some(acrs),
    })
}

fn claims() -> Vec<&'static str> {
    let about_the_token = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "at_hash", "c_hash", "sid"];
    about_the_token.into_iter().chain(user::standard_claims()).collect()
}

/// A client may register any.
fn tokens() -> Value {
    let signing = SignatureAlgorithm::ALL;
    let (alg, enc) = (KeyManagementAlgorithm::ALL, ContentEncryptionAlgorithm::ALL);
    json!({
        "id_token_signing_alg_values_supported": signing,
        "id_token_encryption_alg_values_supported": alg,
        "id_token_encryption_enc_values_supported": enc,
        "userinfo_signing_alg_values_supported": signing,
        "userinfo_encryption_alg_values_supported": alg,
        "userinfo_encryption_enc_values_supported": enc,
    })
}

fn authentication(provider: &DevelopmentProvider) -> Value {
    let methods = provider.state().registrations.auth_methods().to_vec();
    let algorithms = assertion_algorithms(&methods);
    json!({
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
    })
}

/// Of the two methods with assertions (Core 9); nothing where there is neither.
fn assertion_algorithms(methods: &[TokenEndpointAuthMethod]) -> Option<Vec<SignatureAlgorithm>> {
    let by_secret = methods.contains(&TokenEndpointAuthMethod::ClientSecretJwt);
    let by_key = methods.contains(&TokenEndpointAuthMethod::PrivateKeyJwt);
    let is_there = |algorithm: &SignatureAlgorithm| if algorithm.is_symmetric() { by_secret } else { by_key };
    let algorithms: Vec<_> = SignatureAlgorithm::ALL.into_iter().filter(is_there).collect();
    (!algorithms.is_empty()).then_some(algorithms)
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

//! What only the comprehensive plan has, which is not for certification, in every response type and mode; and a login in each of the
//! variants that no certification plan fixes.

use conformance::Variant;
use vestibule::{ResponseType, TokenEndpointAuthMethod};

/// Of the default response mode, and of `form_post`.
macro_rules! response_type {
    ($variant:ident, $form_post:ident = $response_type:ident => $($besides:ident)*) => {
        plan!($variant = Variant::of(ResponseType::$response_type) =>
            oidcc_client_test_missing_aud
            oidcc_client_test_invalid_sig_es256
            oidcc_client_test_invalid_sig_hs256
            $($besides)*
        );
        plan!($form_post = Variant::of(ResponseType::$response_type).form_post() =>
            oidcc_client_test_missing_aud
            oidcc_client_test_invalid_sig_es256
            oidcc_client_test_invalid_sig_hs256
            oidcc_client_test_form_post_error
            $($besides)*
        );
    };
}

macro_rules! response_type_with_access_token {
    ($variant:ident, $form_post:ident = $response_type:ident => $($besides:ident)*) => {
        response_type!($variant, $form_post = $response_type =>
            oidcc_client_test_userinfo_bearer_header
            oidcc_client_test_userinfo_bearer_body
            oidcc_client_test_userinfo_signed
            oidcc_client_test_aggregated_claims
            $($besides)*
        );
    };
}

// A suite that sees a token request of a hybrid type takes the logout at the provider for failed: it runs in the others.
response_type!(id_token, id_token_form_post = IdToken => oidcc_client_test_rp_frontchannel_opinitlogout);
response_type_with_access_token!(code, code_form_post = Code => oidcc_client_test_rp_frontchannel_opinitlogout);
response_type_with_access_token!(id_token_token, id_token_token_form_post = IdTokenToken =>
    oidcc_client_test_rp_frontchannel_opinitlogout);
response_type_with_access_token!(code_id_token, code_id_token_form_post = CodeIdToken =>);
response_type_with_access_token!(code_token, code_token_form_post = CodeToken =>);
response_type_with_access_token!(code_id_token_token, code_id_token_token_form_post = CodeIdTokenToken =>);

const CODE: Variant = Variant::of(ResponseType::Code);

plan!(none = CODE.client_auth_type(TokenEndpointAuthMethod::None) => oidcc_client_test);
plan!(client_secret_post = CODE.client_auth_type(TokenEndpointAuthMethod::ClientSecretPost) => oidcc_client_test);
plan!(client_secret_jwt = CODE.client_auth_type(TokenEndpointAuthMethod::ClientSecretJwt) => oidcc_client_test);
plan!(tls_client_auth = CODE.client_auth_type(TokenEndpointAuthMethod::TlsClientAuth) =>
    oidcc_client_test_mtls_endpoint_aliases);
plan!(self_signed_tls_client_auth = CODE.client_auth_type(TokenEndpointAuthMethod::SelfSignedTlsClientAuth) =>
    oidcc_client_test_mtls_endpoint_aliases);

plan!(dynamic_client = CODE.dynamic_client() =>
    oidcc_client_test
    oidcc_client_test_dynamic_registration
    oidcc_client_test_discovery_webfinger_acct
    oidcc_client_test_discovery_webfinger_url
    oidcc_client_test_discovery_openid_config
    oidcc_client_test_discovery_jwks_uri_keys
    oidcc_client_test_discovery_issuer_mismatch
    oidcc_client_test_idtoken_sig_none
    oidcc_client_test_signing_key_rotation_just_before_signing
    oidcc_client_test_signing_key_rotation
    oidcc_client_test_userinfo_signed
);

//! What only the comprehensive plan has, which is not for certification, in every response type and mode; and a login in each of the
//! variants that no certification plan fixes.

use conformance::{RequestType, Variant};
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
            oidcc_client_test_distributed_claims
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

plan!(tls_client_auth = CODE.client_auth_type(TokenEndpointAuthMethod::TlsClientAuth) =>
    oidcc_client_test_mtls_endpoint_aliases);
plan!(self_signed_tls_client_auth = CODE.client_auth_type(TokenEndpointAuthMethod::SelfSignedTlsClientAuth) =>
    oidcc_client_test_mtls_endpoint_aliases);

/// With request objects, by value and by reference; of a client that registers itself too.
macro_rules! request_types {
    ($request_object:ident, $request_uri:ident, $dynamic_client:ident = $response_type:ident) => {
        plan!($request_object = Variant::of(ResponseType::$response_type).request_type(RequestType::RequestObject) =>
            oidcc_client_test
        );
        plan!($request_uri = Variant::of(ResponseType::$response_type).request_type(RequestType::RequestUri) =>
            oidcc_client_test
        );
        plan!($dynamic_client =
            Variant::of(ResponseType::$response_type).request_type(RequestType::RequestUri).dynamic_client() =>
            oidcc_client_test_request_uri_signed_rs256
            oidcc_client_test_request_uri_signed_none
        );
    };
}

request_types!(code_request_object, code_request_uri, code_request_uri_dynamic_client = Code);
request_types!(id_token_request_object, id_token_request_uri, id_token_request_uri_dynamic_client = IdToken);
request_types!(
    id_token_token_request_object,
    id_token_token_request_uri,
    id_token_token_request_uri_dynamic_client = IdTokenToken
);
request_types!(
    code_id_token_request_object,
    code_id_token_request_uri,
    code_id_token_request_uri_dynamic_client = CodeIdToken
);
request_types!(code_token_request_object, code_token_request_uri, code_token_request_uri_dynamic_client = CodeToken);
request_types!(
    code_id_token_token_request_object,
    code_id_token_token_request_uri,
    code_id_token_token_request_uri_dynamic_client = CodeIdTokenToken
);

macro_rules! dynamic_client {
    ($variant:ident = $response_type:ident => $($besides:ident)*) => {
        plan!($variant = Variant::of(ResponseType::$response_type).dynamic_client() =>
            oidcc_client_test
            oidcc_client_test_dynamic_registration
            oidcc_client_test_discovery_webfinger_acct
            oidcc_client_test_discovery_webfinger_url
            oidcc_client_test_discovery_openid_config
            oidcc_client_test_discovery_jwks_uri_keys
            oidcc_client_test_discovery_issuer_mismatch
            oidcc_client_test_signing_key_rotation_just_before_signing
            oidcc_client_test_signing_key_rotation
            $($besides)*
        );
    };
}

dynamic_client!(id_token_dynamic_client = IdToken =>);
dynamic_client!(code_dynamic_client = Code => oidcc_client_test_idtoken_sig_none oidcc_client_test_userinfo_signed);
dynamic_client!(id_token_token_dynamic_client = IdTokenToken => oidcc_client_test_userinfo_signed);
dynamic_client!(code_id_token_dynamic_client = CodeIdToken => oidcc_client_test_userinfo_signed);
dynamic_client!(code_token_dynamic_client = CodeToken => oidcc_client_test_userinfo_signed);
dynamic_client!(code_id_token_token_dynamic_client = CodeIdTokenToken => oidcc_client_test_userinfo_signed);

macro_rules! client_auth_type {
    ($variant:ident, $dynamic_client:ident = $method:ident) => {
        plan!($variant = CODE.client_auth_type(TokenEndpointAuthMethod::$method) => oidcc_client_test);
        plan!($dynamic_client = CODE.client_auth_type(TokenEndpointAuthMethod::$method).dynamic_client() =>
            oidcc_client_test
            oidcc_client_test_dynamic_registration
        );
    };
}

client_auth_type!(none, none_dynamic_client = None);
client_auth_type!(client_secret_post, client_secret_post_dynamic_client = ClientSecretPost);
client_auth_type!(client_secret_jwt, client_secret_jwt_dynamic_client = ClientSecretJwt);
client_auth_type!(private_key_jwt, private_key_jwt_dynamic_client = PrivateKeyJwt);

//! Dynamic RP: every module with a client that has just registered itself, and with a request object by reference.

use conformance::{RequestType, Variant};
use vestibule::ResponseType;

plan!(code = Variant::of(ResponseType::Code).dynamic_client().request_type(RequestType::RequestUri) =>
    oidcc_client_test_discovery_webfinger_acct
    oidcc_client_test_discovery_webfinger_url
    oidcc_client_test_discovery_openid_config
    oidcc_client_test_discovery_jwks_uri_keys
    oidcc_client_test_discovery_issuer_mismatch
    oidcc_client_test_dynamic_registration
    oidcc_client_test_request_uri_signed_rs256
    oidcc_client_test_request_uri_signed_none
    oidcc_client_test_idtoken_sig_none
    oidcc_client_test_signing_key_rotation_just_before_signing
    oidcc_client_test_signing_key_rotation
    oidcc_client_test_userinfo_signed
);

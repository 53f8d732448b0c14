//! Config RP.

use conformance::Variant;
use vestibule::ResponseType;

plan!(code = Variant::of(ResponseType::Code) =>
    oidcc_client_test_discovery_openid_config
    oidcc_client_test_discovery_jwks_uri_keys
    oidcc_client_test_discovery_issuer_mismatch
    oidcc_client_test_idtoken_sig_none
    oidcc_client_test_signing_key_rotation_just_before_signing
    oidcc_client_test_signing_key_rotation
);

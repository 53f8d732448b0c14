//! Hybrid RP.

use conformance::Variant;
use vestibule::ResponseType;

hybrid_plan!(code_id_token = Variant::of(ResponseType::CodeIdToken) =>
    oidcc_client_test_invalid_chash
    oidcc_client_test_missing_chash
);

hybrid_plan!(code_token = Variant::of(ResponseType::CodeToken) =>);

hybrid_plan!(code_id_token_token = Variant::of(ResponseType::CodeIdTokenToken) =>
    oidcc_client_test_invalid_chash
    oidcc_client_test_missing_chash
    oidcc_client_test_invalid_athash
    oidcc_client_test_missing_athash
);

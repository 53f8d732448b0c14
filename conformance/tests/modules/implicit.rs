//! Implicit RP.

use conformance::Variant;
use vestibule::ResponseType;

implicit_plan!(id_token = Variant::of(ResponseType::IdToken) =>);

implicit_plan!(id_token_token = Variant::of(ResponseType::IdTokenToken) =>
    oidcc_client_test_invalid_athash
    oidcc_client_test_missing_athash
    oidcc_client_test_userinfo_invalid_sub
);

//! Refresh tokens, wherever there are any. Not a part of certification.

use conformance::Variant;
use vestibule::ResponseType;

macro_rules! refresh_plan {
    ($variant:ident = $response_type:ident) => {
        plan!($variant = Variant::of(ResponseType::$response_type) =>
            oidcc_client_test_refresh_token
            oidcc_client_test_refresh_token_invalid_issuer
            oidcc_client_test_refresh_token_invalid_sub
        );
    };
}

refresh_plan!(code = Code);
refresh_plan!(code_id_token = CodeIdToken);
refresh_plan!(code_token = CodeToken);
refresh_plan!(code_id_token_token = CodeIdTokenToken);

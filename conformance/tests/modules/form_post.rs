//! Form Post RP: the Basic, Implicit and Hybrid plans with `response_mode=form_post`.

use conformance::Variant;
use vestibule::ResponseType;

basic_plan!(code = Variant::of(ResponseType::Code).form_post());

implicit_plan!(id_token = Variant::of(ResponseType::IdToken).form_post() =>);

implicit_plan!(id_token_token = Variant::of(ResponseType::IdTokenToken).form_post() =>
    oidcc_client_test_invalid_athash
    oidcc_client_test_missing_athash
    oidcc_client_test_userinfo_invalid_sub
);

hybrid_plan!(code_id_token = Variant::of(ResponseType::CodeIdToken).form_post() =>
    oidcc_client_test_invalid_chash
    oidcc_client_test_missing_chash
);

hybrid_plan!(code_token = Variant::of(ResponseType::CodeToken).form_post() =>);

hybrid_plan!(code_id_token_token = Variant::of(ResponseType::CodeIdTokenToken).form_post() =>
    oidcc_client_test_invalid_chash
    oidcc_client_test_missing_chash
    oidcc_client_test_invalid_athash
    oidcc_client_test_missing_athash
);

//! 3rd Party-Init RP: no variant is fixed.

use conformance::{RequestType, Variant};
use vestibule::ResponseType;

plan!(code = Variant::of(ResponseType::Code) => oidcc_client_test_3rd_party_init_login);

plan!(id_token = Variant::of(ResponseType::IdToken) => oidcc_client_test_3rd_party_init_login);
plan!(id_token_token = Variant::of(ResponseType::IdTokenToken) => oidcc_client_test_3rd_party_init_login);
plan!(code_id_token = Variant::of(ResponseType::CodeIdToken) => oidcc_client_test_3rd_party_init_login);
plan!(code_token = Variant::of(ResponseType::CodeToken) => oidcc_client_test_3rd_party_init_login);
plan!(code_id_token_token = Variant::of(ResponseType::CodeIdTokenToken) => oidcc_client_test_3rd_party_init_login);
plan!(code_form_post = Variant::of(ResponseType::Code).form_post() => oidcc_client_test_3rd_party_init_login);
plan!(code_request_uri = Variant::of(ResponseType::Code).request_type(RequestType::RequestUri) =>
    oidcc_client_test_3rd_party_init_login);
plan!(code_dynamic_client = Variant::of(ResponseType::Code).dynamic_client() => oidcc_client_test_3rd_party_init_login);

//! 3rd Party-Init RP.

use conformance::Variant;
use vestibule::ResponseType;

plan!(code = Variant::of(ResponseType::Code) => oidcc_client_test_3rd_party_init_login);

//! RP-Initiated RP: Basic, Hybrid and Implicit.

use conformance::Variant;
use vestibule::ResponseType;

logout_plan!(
    oidcc_client_test_rp_init_logout
    oidcc_client_test_rp_init_logout_other_state
    oidcc_client_test_rp_init_logout_no_state
);

//! Back-Channel RP: Basic, Hybrid and Implicit.

use conformance::Variant;
use vestibule::ResponseType;

logout_plan!(
    oidcc_client_test_rp_backchannel_rpinitlogout
    oidcc_client_test_rp_backchannel_rpinitlogout_alg_none
    oidcc_client_test_rp_backchannel_rpinitlogout_no_event
    oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss
);

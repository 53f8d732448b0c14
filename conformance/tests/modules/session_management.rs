//! Session RP: Basic, Hybrid and Implicit.

use conformance::Variant;
use vestibule::ResponseType;

logout_plan!(oidcc_client_test_session_management);

//! Basic RP.

use conformance::Variant;
use vestibule::ResponseType;

basic_plan!(code = Variant::of(ResponseType::Code));

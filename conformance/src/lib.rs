//! The bench on which the OpenID Foundation's relying-party test modules run: an application behind the door, configured as people
//! configure it, a provider that misbehaves as the module does and talks to it by function call, a browser, and one clock for all.
//!
//! The modules themselves are in `tests/modules`, one file a plan. What the suite judges in every request, whatever the module,
//! `judge` judges here; what it cannot see, the bench does: who is signed in, and the exact reason in the log.

mod application;
mod arrivals;
mod bench;
mod clock;
mod fetched;
mod judge;
mod judge_object;
mod log;
mod logout;
mod outcome;
mod party;
mod setup;
mod variant;
mod wire;

pub use arrivals::{Arrived, body_of, parameters_of};
pub use bench::Bench;
pub use clock::TestClock;
pub use fetched::Document;
pub use judge_object::ReadObject;
pub use logout::Answered;
pub use party::Party;
pub use setup::Setup;
pub use variant::{ClientRegistration, RequestType, Variant};

/// Where the application is.
pub const APP: &str = "https://rp.example";
/// Who the provider is. It ends with a slash, as the Foundation's does.
pub const ISSUER: &str = "https://op.example/test/a/vestibule/";
/// The provider's name in the application's settings.
pub const OP: &str = "op";
/// Where authorization responses go.
pub const REDIRECT_URI: &str = "https://rp.example/auth/callback/op";
/// Where the application's public keys are.
pub const JWKS_URI: &str = "https://rp.example/auth/jwks/op";
/// Below it are the application's request objects.
pub const REQUEST_OBJECTS: &str = "https://rp.example/auth/request_objects/op";
/// Where the browser goes after a logout at the provider.
pub const POST_LOGOUT_REDIRECT_URI: &str = "https://rp.example/auth/logged_out";
/// Who the application is, where it did not register itself.
pub const CLIENT_ID: &str = "vestibule-rp";
/// Its secret, with signs that careless encoding breaks, and long enough to be the key of an HMAC.
pub const CLIENT_SECRET: &str = "a secret: 100% ours + \"quoted\" & long enough";

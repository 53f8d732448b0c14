//! What the tests against real parts share: the parts themselves, started on loopback and ended by id, and the people who use them.

pub mod application;
pub mod by_turns;
pub mod chromium;
pub mod counting_proxy;
pub mod demo;
pub mod fast_clock;
pub mod folder;
pub mod html;
pub mod issuer;
pub mod log;
pub mod machine;
pub mod machines;
pub mod oidc_provider;
pub mod other_site;
pub mod parts;
pub mod person;
pub mod postgres_server;
pub mod process;
pub mod proxy;
pub mod redis_server;
pub mod server;
pub mod shared_place;
pub mod wait;
pub mod wire;

/// Why a test could not go on. Every kind of failure becomes one, and the test ends there.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

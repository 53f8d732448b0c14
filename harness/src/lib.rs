//! What arbitrary input must never do to vestibule.
//!
//! Each target is an ordinary function of bytes that panics when a property does not hold: tests run it over a corpus of seeds and
//! over mutations of them, `fuzz/` runs it under libFuzzer. An oracle that knows nothing of our code (a naive reading by
//! `serde_json`, `url` or `toml`, an HMAC made anew) has to agree with whatever was accepted.

mod answer;
mod authorization;
mod canary;
mod cookies;
pub mod corpus;
mod door;
mod envelope;
mod id_token;
mod identifier;
mod jwe;
mod jwk_set;
mod jws;
mod known;
mod logout_token;
mod metadata;
pub mod mutation;
mod oracle;
mod registration;
mod return_address;
pub mod runner;
mod sealed;
pub mod seeds;
mod settings;
mod stage;
pub mod target;
mod token_answer;
mod userinfo;
mod webfinger_answer;
mod whole_flow;

pub use target::{TARGETS, Target, Verdict};

//! Logout, login, refresh and request in every order in which a store and a provider can be asked (R120, V57).
//!
//! A few hundred interleavings of each cast in the usual run, and as many as `VESTIBULE_INTERLEAVINGS` says in any other:
//! `VESTIBULE_INTERLEAVINGS=100000 cargo test --release -p vestibule --test interleavings -- --nocapture`.

#![expect(clippy::print_stdout, reason = "the figures that docs/sessions.md has")]
#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

#[path = "../house/mod.rs"]
mod house;

#[allow(dead_code, unreachable_pub, reason = "the bench of the tests of tokens, of which a part is used here")]
#[path = "../tokens/bench.rs"]
mod bench;

mod cast;
mod explore;
mod invariants;
mod logging_out;
mod playback;
mod refreshing;
mod run;
mod scene;
mod schedule;
mod stage;
mod stepping;
mod turns;

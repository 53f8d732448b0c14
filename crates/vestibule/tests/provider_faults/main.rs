//! The grid of provider faults: 24 faults, at 8 endpoints, in 3 phases. Each cell is played through and its outcome kept in
//! docs/faults.md, which this test holds to the truth.
//!
//! `VESTIBULE_FAULTS=write cargo test -p vestibule --test provider_faults` writes the document anew.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

#[path = "../house/mod.rs"]
mod house;

#[allow(dead_code, unreachable_pub, reason = "the bench of the tests of tokens, of which a part is used here")]
#[path = "../tokens/bench.rs"]
mod bench;

#[allow(dead_code, reason = "the certificates of the tests of transport, of which a part is used here")]
#[path = "../transport/authority.rs"]
mod authority;

#[allow(dead_code, reason = "the servers of the tests of transport, of which a part is used here")]
#[path = "../transport/server.rs"]
mod server;

mod cell;
mod document;
mod fault;
mod faulty_line;
mod grid;
mod moves;
mod scene;
mod servers;
mod stopwatch;

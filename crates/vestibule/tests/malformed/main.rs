//! What is malformed, in twelve families, through the real server and the real HTTP client: nothing panics, nobody is let in, no answer
//! is a 5xx that the table of errors (`LoginErrorKind`) does not name for that very input, and memory stays flat.
//!
//! Browsers are played by raw sockets at a port where the door is served; the provider of the last family is a raw server whose
//! answers the door's HTTP client reads. What is sent is drawn from a seed, `VESTIBULE_SEED` in decimal, which is printed.
//!
//! `VESTIBULE_MALFORMED=full cargo test --release -p vestibule --test malformed -- --nocapture` sends more than 200,000.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

#[path = "../house/mod.rs"]
mod house;

#[allow(dead_code, unreachable_pub, reason = "the bench of the tests of flows, of which a part is used here")]
#[path = "../flows/bench.rs"]
mod bench;

#[allow(dead_code, reason = "the certificates of the tests of transport, of which the authority is used here")]
#[path = "../transport/authority.rs"]
mod authority;

mod answers;
mod browsers;
mod callbacks;
mod cookies;
mod dice;
mod draft;
mod lane;
mod ledger;
mod op;
mod pages;
mod requests;
mod rightful;
mod target;
mod wire;

use std::{process::Command, time::Instant};

use crate::ledger::{Ledger, resident};

/// What two measurements of the same memory may differ by, in KiB: allocators keep some in hand.
const NOISE: usize = 8 * 1024;

/// How many are sent in each family, by the form of the run.
#[derive(Clone, Copy)]
struct Scale {
    requests: usize,
    /// Each takes a whole login with a door of its own.
    answers: usize,
    /// How many logins the development provider has seen before: it remembers so many, and memory is not to be its.
    logins_before: usize,
}

const USUAL: Scale = Scale { requests: 900, answers: 160, logins_before: 0 };
const FULL: Scale = Scale { requests: 17_000, answers: 17_000, logins_before: 10_000 };

fn scale() -> Scale {
    if std::env::var_os("VESTIBULE_MALFORMED").is_some_and(|value| value == "full") { FULL } else { USUAL }
}

fn seed() -> u64 {
    std::env::var("VESTIBULE_SEED").map_or(7, |seed| seed.parse().expect("a decimal number"))
}

/// Memory and panics are the process's: whoever counts them begins in a new one. Says whether this is it.
fn is_alone(test: &str) -> bool {
    const VARIABLE: &str = "VESTIBULE_ALONE";
    if std::env::var_os(VARIABLE).is_some_and(|value| value == test) {
        return true;
    }
    let this = std::env::current_exe().expect("a test is a program");
    let status = Command::new(this).args([test, "--exact", "--nocapture"]).env(VARIABLE, test).status();
    assert!(status.expect("it can be started again").success(), "{test}, in a process of its own");
    false
}

/// V104, V105, V62, V107, R30: whatever is sent, and by whom.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_malformed_panics_opens_the_door_or_is_answered_by_an_error_without_a_name() {
    const THIS: &str = "nothing_malformed_panics_opens_the_door_or_is_answered_by_an_error_without_a_name";
    if !is_alone(THIS) {
        return;
    }
    let (seed, scale, panics) = (seed(), scale(), ledger::count_panics());
    println!("seed {seed}");
    // So that the pools of connections, caches and allocators are as large as they get before anything is measured.
    let less = Scale { requests: scale.requests / 8, answers: scale.answers / 8, ..scale };
    run(seed ^ 1, less, &mut Ledger::new(panics)).await;
    let (before, began) = (resident(), Instant::now());
    let mut ledger = Ledger::new(panics);
    run(seed, scale, &mut ledger).await;
    let grown = resident().zip(before).map(|(now, before)| now.saturating_sub(before));
    println!("{ledger}");
    let grew = grown.map_or("not measured".to_owned(), |kib| format!("{kib} KiB more memory"));
    println!("figure: {}, {grew}; {:?}", ledger.sum(), began.elapsed());
    assert!(ledger.complaints().is_empty(), "seed {seed}: {:#?}", ledger.complaints());
    assert_eq!(ledger.panics(), 0, "seed {seed}");
    assert!(ledger.sent() >= 11 * scale.requests + scale.answers);
    assert!(grown.unwrap_or_default() < NOISE, "{grown:?} KiB");
}

async fn run(seed: u64, scale: Scale, ledger: &mut Ledger) {
    browsers::run(seed, scale, ledger).await;
    answers::run(seed, scale.answers, ledger).await;
}

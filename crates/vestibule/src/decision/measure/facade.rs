//! What the `metrics` facade is told. The names are in `docs/observability.md`, and a test holds the two together.

use std::sync::{Once, atomic::Ordering};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{Door, Stopwatch};

const DECISIONS: &str = "vestibule_decisions_total";
const REFRESHES: &str = "vestibule_refreshes_total";
const LOGIN: &str = "vestibule_login_seconds";
const PROVIDER: &str = "vestibule_provider_seconds";
const STORE: &str = "vestibule_store_seconds";
const ENTRIES: &str = "vestibule_entries";

/// What a label says where there is no provider.
const NONE: &str = "none";
/// How many seconds apart gauges are set at the least, by themselves.
const SAMPLED_EVERY: i64 = 10;

pub(crate) fn decided(decision: &'static str, provider: Option<&str>) {
    counter!(DECISIONS, "decision" => decision, "provider" => provider.unwrap_or(NONE).to_owned()).increment(1);
}

/// From the departure to the landing, in seconds.
pub(crate) fn signed_in(provider: &str, seconds: i64) {
    let seconds = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
    histogram!(LOGIN, "provider" => provider.to_owned()).record(f64::from(seconds));
}

pub(crate) fn refreshed(provider: Option<&str>, outcome: &'static str) {
    counter!(REFRESHES, "provider" => provider.unwrap_or(NONE).to_owned(), "outcome" => outcome).increment(1);
}

pub(crate) fn asked_provider(provider: &str, endpoint: &'static str, outcome: &'static str, began: Stopwatch) {
    histogram!(PROVIDER, "provider" => provider.to_owned(), "endpoint" => endpoint, "outcome" => outcome)
        .record(began.began.elapsed());
}

pub(crate) fn asked_store(operation: &'static str, outcome: &'static str, began: Stopwatch) {
    histogram!(STORE, "operation" => operation, "outcome" => outcome).record(began.began.elapsed());
}

/// Sets the gauges, unless that was done a moment ago: so they are there even where nobody asks for them.
pub(crate) fn sample_now_and_then(door: &Door) {
    let (now, last) = (door.now().seconds(), door.sampled.load(Ordering::Relaxed));
    let is_time = now.saturating_sub(last) >= SAMPLED_EVERY || now < last;
    if is_time && door.sampled.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
        sample(door);
    }
}

/// Sets the gauges.
pub(crate) fn sample(door: &Door) {
    describe();
    for (of, entries) in door.sizes() {
        let entries = u32::try_from(entries).unwrap_or(u32::MAX);
        gauge!(ENTRIES, "of" => of).set(f64::from(entries));
    }
}

/// Says what the numbers are, once for each recorder that may be there: the first is there before anything is measured.
fn describe() {
    static DESCRIBED: Once = Once::new();
    DESCRIBED.call_once(describe_all);
}

/// Says what the numbers are.
pub(crate) fn describe_all() {
    describe_counter!(DECISIONS, Unit::Count, "What the door decided, by decision and provider.");
    describe_counter!(REFRESHES, Unit::Count, "Refreshes of tokens, by provider and outcome.");
    describe_histogram!(LOGIN, Unit::Seconds, "From the departure to the provider until somebody is signed in.");
    describe_histogram!(PROVIDER, Unit::Seconds, "What questions to a provider took, by endpoint and outcome.");
    describe_histogram!(
        STORE,
        Unit::Seconds,
        "What questions to a store took that is far away, by operation and outcome."
    );
    describe_gauge!(ENTRIES, Unit::Count, "How many entries everything has that is bounded.");
}

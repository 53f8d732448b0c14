//! One input, and how long it took.

use std::{
    env, fs,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Verdict,
    target::{TARGETS, Target},
};

/// The longest that one input may take in an optimised build.
pub const LIMIT: Duration = Duration::from_millis(100);

/// Runs an input. One that seems slow is run again, and the time that it had a processor counts, where the system says it (to within
/// a few milliseconds): what a busy machine did to one run is not the input's fault.
#[must_use]
pub fn timed(target: &Target, data: &[u8], slow: Duration) -> (Verdict, Duration) {
    let began = Instant::now();
    let verdict = (target.run)(data);
    let took = began.elapsed();
    if took <= slow {
        return (verdict, took);
    }
    let (began, on_processor) = (Instant::now(), on_processor());
    let _ = (target.run)(data);
    let mut shortest = took.min(began.elapsed());
    if let (Some(before), Some(after)) = (on_processor, self::on_processor()) {
        shortest = shortest.min(after.saturating_sub(before));
    }
    (verdict, shortest)
}

/// For how long this thread has had a processor, as Linux counts it.
fn on_processor() -> Option<Duration> {
    let counts = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    counts.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// What a fuzzer calls for each input. The slowest time so far, in microseconds, is written to the file that the environment variable
/// `HARNESS_SLOWEST` names.
///
/// # Panics
/// When a property does not hold, when the input takes more than [`LIMIT`], and when there is no such target.
pub fn under_fuzzer(name: &str, data: &[u8]) {
    static TARGET: Mutex<Option<&'static Target>> = Mutex::new(None);
    static SLOWEST: AtomicU64 = AtomicU64::new(0);
    let mut found = TARGET.lock().unwrap_or_else(PoisonError::into_inner);
    let target =
        *found.get_or_insert_with(|| TARGETS.iter().find(|target| target.name == name).expect("a target of this name"));
    drop(found);
    let slowest = SLOWEST.load(Ordering::Relaxed);
    let (_, took) = timed(target, data, Duration::from_micros(slowest));
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if micros > slowest {
        SLOWEST.store(micros, Ordering::Relaxed);
        note(micros);
    }
    assert!(took <= LIMIT, "{name}: one input took {took:?}");
}

/// Whoever reads it wants a figure, and no fuzzer stops for want of one.
fn note(micros: u64) {
    if let Some(file) = env::var_os("HARNESS_SLOWEST") {
        let _ = fs::write(file, micros.to_string());
    }
}

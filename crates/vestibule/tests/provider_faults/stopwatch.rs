//! The clock of tokio stands still, save while something goes over a real socket.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::time;

/// Lets the clock run and stops it, and knows how much of what passed was real: that depends on the machine, and is no waiting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<Passed>>);

#[derive(Debug, Default)]
struct Passed {
    real: Duration,
    since: Option<Instant>,
}

impl Stopwatch {
    /// From now on time is real.
    pub(crate) fn run(&self) {
        let mut passed = self.0.lock().expect("no panic");
        if passed.since.is_none() {
            time::resume();
            passed.since = Some(Instant::now());
        }
    }

    /// From now on the clock jumps to the next deadline whenever nobody has anything to do.
    pub(crate) fn stop(&self) {
        let mut passed = self.0.lock().expect("no panic");
        if let Some(since) = passed.since.take() {
            time::pause();
            passed.real += since.elapsed();
        }
    }

    /// How much of the time so far was real.
    pub(crate) fn real(&self) -> Duration {
        self.0.lock().expect("no panic").real
    }
}

//! Counters, histograms and gauges, by the `metrics` facade; without the feature of that name, nothing.
//!
//! Labels come from the settings and from this program, never from a request: there are as many series as somebody configured.

use crate::door::Door;

/// What took its time: from when it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    #[cfg(feature = "metrics")]
    began: tokio::time::Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            began: tokio::time::Instant::now(),
        }
    }
}

#[cfg(feature = "metrics")]
pub(crate) use facade::*;
#[cfg(not(feature = "metrics"))]
pub(crate) use nothing::*;

#[cfg(feature = "metrics")]
mod facade;

/// What is called where nobody measures.
#[cfg(not(feature = "metrics"))]
mod nothing {
    use super::{Door, Stopwatch};

    pub(crate) fn decided(_: &'static str, _: Option<&str>) {}

    pub(crate) fn signed_in(_: &str, _: i64) {}

    pub(crate) fn refreshed(_: Option<&str>, _: &'static str) {}

    pub(crate) fn asked_provider(_: &str, _: &'static str, _: &'static str, _: Stopwatch) {}

    pub(crate) fn asked_store(_: &'static str, _: &'static str, _: Stopwatch) {}

    pub(crate) fn sample_now_and_then(_: &Door) {}
}

//! A clock that runs faster than time: the one of the processes under test, and of the provider beside them, where nobody can wait
//! for a token to expire or a lease to end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vestibule::{Clock, NumericDate};

use crate::{Failure, wait::until};

/// It began to run when the test did. The demo has the same one, by `--clock`.
#[derive(Clone, Copy, Debug)]
pub struct FastClock {
    start: Duration,
    speed: u32,
}

impl FastClock {
    /// So many times as fast as time, from now on.
    pub fn of_speed(speed: u32) -> Self {
        // The demo takes whole seconds.
        Self { start: Duration::from_secs(since_epoch().as_secs()), speed }
    }

    /// What the demo is told of it.
    pub fn argument(&self) -> String {
        format!("{}x{}", self.start.as_secs(), self.speed)
    }

    /// How long this many of its seconds last.
    pub fn seconds(&self, seconds: u32) -> Duration {
        Duration::from_secs(seconds.into()) / self.speed
    }

    /// Returns when so many of its seconds have passed.
    ///
    /// # Errors
    /// When they take longer than anything may.
    pub async fn pass(&self, seconds: i64) -> Result<(), Failure> {
        let end = self.now().plus(seconds);
        until(&format!("{seconds} s to pass"), async || {
            Ok(if self.now() >= end { Ok(()) } else { Err(format!("it is {}, not yet {end}", self.now())) })
        })
        .await
    }
}

impl Clock for FastClock {
    fn now(&self) -> NumericDate {
        let passed = since_epoch().saturating_sub(self.start).saturating_mul(self.speed);
        let shown = self.start.saturating_add(passed).as_secs();
        NumericDate::from_seconds(i64::try_from(shown).unwrap_or(i64::MAX))
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

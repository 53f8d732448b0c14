//! Who comes by once a minute looks whether there is something to clear away.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use vestibule::NumericDate;

use crate::task::Task;

/// How often a process asks whether it should purge, in seconds. The database decides which of them does.
const EVERY: i64 = 60;

/// How long one purge may take. What is left then is left for the next one.
pub(crate) const AT_MOST: Duration = Duration::from_secs(20);

/// For how long what has expired stays, in seconds: no machine whose clock is a little ahead deletes what lives for the others.
const STAYS: i64 = 600;

/// Until when what has expired goes by itself. A machine whose clock is far ahead sets out like any other; by the clock of the
/// database, which all share, it deletes nothing that lives for them.
pub(crate) fn purged_until(now: NumericDate, clock_of_the_database: NumericDate) -> NumericDate {
    now.min(clock_of_the_database).minus(STAYS)
}

/// How many rows go at once: the `LIMIT` of the statements.
pub(crate) const BATCH: u64 = 500;

#[derive(Debug)]
pub(crate) struct Chore {
    last: AtomicI64,
    pub(crate) task: Task,
}

impl Default for Chore {
    fn default() -> Self {
        Self { last: AtomicI64::new(i64::MIN), task: Task::default() }
    }
}

impl Chore {
    /// Whether it is time again, which is so for one of those who come by. A clock that was set back makes nobody wait longer.
    pub(crate) fn is_due(&self, now: NumericDate) -> bool {
        let (last, now) = (self.last.load(Ordering::Relaxed), now.seconds());
        let due = now >= last.saturating_add(EVERY) || now < last.saturating_sub(EVERY);
        due && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

//! The one place that asks the system for time and randomness.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use vestibule_core::{Entropy, NumericDate};

use crate::session::seal;

/// What says how late it is. Tests bring their own.
///
/// # Example
/// ```
/// use vestibule::{Clock, NumericDate};
///
/// #[derive(Debug)]
/// struct Noon;
///
/// impl Clock for Noon {
///     fn now(&self) -> NumericDate {
///         NumericDate::from_seconds(1_700_000_000)
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> NumericDate;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> NumericDate {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
        NumericDate::from_seconds(i64::try_from(since_epoch).unwrap_or(i64::MAX))
    }
}

/// Fresh randomness for one protocol value.
pub(crate) fn entropy() -> Entropy {
    Entropy::from_bytes(seal::random())
}

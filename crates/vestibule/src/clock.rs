//! The one place that asks the system for time and randomness.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
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

    /// How long a wait of this length by this clock lasts in real time: as long, unless written otherwise. A clock that runs
    /// faster than time waits less, so that all that waits in a process keeps step with what it reads here.
    ///
    /// It is asked about waits for other machines, for the end of a session, and for a store that stumbled. What is counted in real
    /// time whatever the clock says, such as how long a provider may take to answer, does not ask.
    fn wait(&self, length: Duration) -> Duration {
        length
    }
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

/// Waits for so long by this clock.
pub(crate) async fn pause(clock: &dyn Clock, length: Duration) {
    tokio::time::sleep(least(clock.wait(length))).await;
}

/// Whoever waits in turns lets others run, however fast a clock is.
pub(crate) fn least(wait: Duration) -> Duration {
    wait.max(Duration::from_millis(1))
}

/// Up to a quarter less than this: so that those who began at the same time do not go on at the same time.
pub(crate) fn spread(length: Duration) -> Duration {
    let [less]: [u8; 1] = seal::random();
    length.saturating_sub((length / 1024).saturating_mul(u32::from(less)))
}

/// Anything up to this, all of it as likely (full jitter).
pub(crate) fn up_to(length: Duration) -> Duration {
    let drawn = u32::from_le_bytes(seal::random());
    length.mul_f64(f64::from(drawn) / f64::from(u32::MAX))
}

/// Fresh randomness for one protocol value.
pub(crate) fn entropy() -> Entropy {
    Entropy::from_bytes(seal::random())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Full jitter: from nothing to all of it.
    #[test]
    fn what_is_drawn_lies_anywhere_up_to_the_length() {
        let length = Duration::from_secs(30);
        let mut drawn: Vec<Duration> = (0..1000).map(|_| up_to(length)).collect();
        drawn.sort_unstable();
        let (least, most) = (drawn.first().copied(), drawn.last().copied());
        assert!(least < Some(Duration::from_secs(3)) && most > Some(Duration::from_secs(27)), "{least:?} {most:?}");
        assert!(most <= Some(length));
        assert_eq!(up_to(Duration::ZERO), Duration::ZERO);
    }
}

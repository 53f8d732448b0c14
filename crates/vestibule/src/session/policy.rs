//! How long a session lasts.

use std::time::Duration;

use vestibule_core::NumericDate;

use super::Times;
use crate::config_error::ConfigError;

/// How long a person stays signed in.
///
/// A session always has an absolute end; `idle` ends it earlier when nobody uses it. By default: one day, idle for at most
/// eight hours, and the cookie survives a restart of the browser.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use vestibule::SessionPolicy;
///
/// let policy = SessionPolicy::lifetime(Duration::from_secs(7 * 24 * 3600)).idle(Duration::from_secs(12 * 3600));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    lifetime: Duration,
    idle: Option<Duration>,
    permanent: bool,
}

impl SessionPolicy {
    /// At most this long, over restarts of the browser; no idle limit.
    #[must_use]
    pub fn lifetime(lifetime: Duration) -> Self {
        Self { lifetime, idle: None, permanent: true }
    }

    /// Until the browser is closed, at most a day: the cookie has no Max-Age. Browsers that restore their tabs keep it.
    #[must_use]
    pub fn until_browser_closes() -> Self {
        Self { lifetime: DAY, idle: None, permanent: false }
    }

    /// Ends earlier when nobody asked who the person is for this long.
    #[must_use]
    pub fn idle(self, idle: Duration) -> Self {
        Self { idle: Some(idle), ..self }
    }

    /// At most this long, whatever kind of cookie it is.
    #[must_use]
    pub fn at_most(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let check = |setting: &str, duration: Duration| {
            let seconds = duration.as_secs();
            if (1..=YEAR.as_secs()).contains(&seconds) {
                Ok(())
            } else {
                Err(ConfigError::new(setting, "it must be between one second and one year")
                    .value(format!("{seconds}s")))
            }
        };
        check("session.lifetime", self.lifetime)?;
        self.idle.map_or(Ok(()), |idle| check("session.idle", idle))
    }

    pub(super) fn begin(&self, now: NumericDate) -> Times {
        Times { began_at: now, last_seen: now, ends_at: now.plus(seconds(self.lifetime)), idle: self.idle.map(seconds) }
    }

    /// How long the browser keeps the cookie of a session with these times, in seconds.
    pub(crate) fn max_age(&self, times: &Times, now: NumericDate) -> Option<i64> {
        self.permanent.then(|| times.ends_at.seconds_since(now))
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self::lifetime(DAY).idle(Duration::from_secs(8 * 3600))
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_nothing_or_of_ages_is_refused_by_name() {
        let long = Duration::from_secs(367 * 24 * 3600);
        for (policy, setting) in [
            (SessionPolicy::lifetime(Duration::ZERO), "session.lifetime"),
            (SessionPolicy::lifetime(long), "session.lifetime"),
            (SessionPolicy::default().idle(Duration::ZERO), "session.idle"),
            (SessionPolicy::default().idle(long), "session.idle"),
        ] {
            assert_eq!(policy.check().expect_err("refused").setting(), setting);
        }
        assert_eq!(SessionPolicy::default().check(), Ok(()));
    }

    #[test]
    fn a_permanent_cookie_lives_as_long_as_the_session_and_the_other_until_the_browser_closes() {
        let now = NumericDate::from_seconds(1_000_000);
        let permanent = SessionPolicy::lifetime(Duration::from_secs(1000));
        assert_eq!(permanent.max_age(&permanent.begin(now), now.plus(10)), Some(990));
        let transient = SessionPolicy::until_browser_closes();
        assert_eq!(transient.max_age(&transient.begin(now), now), None);
    }
}

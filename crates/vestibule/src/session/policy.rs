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
    silent_renewal: Option<Duration>,
}

impl SessionPolicy {
    /// At most this long, over restarts of the browser; no idle limit.
    #[must_use]
    pub fn lifetime(lifetime: Duration) -> Self {
        Self { lifetime, idle: None, permanent: true, silent_renewal: None }
    }

    /// Until the browser is closed, at most a day: the cookie has no Max-Age. Browsers that restore their tabs keep it.
    #[must_use]
    pub fn until_browser_closes() -> Self {
        Self { lifetime: DAY, idle: None, permanent: false, silent_renewal: None }
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

    /// At this interval, when they open a page, the provider is asked whether they are still signed in there, without showing
    /// them anything (`prompt=none`, Core 3.1.2.1). If they are, the session goes on; if they are not, it ends: a page that needs
    /// somebody then leads to a normal sign-in, any other shows itself to a stranger. Where the provider cannot be reached the
    /// session goes on.
    #[must_use]
    pub fn silent_renewal(self, every: Duration) -> Self {
        Self { silent_renewal: Some(every), ..self }
    }

    /// In seconds.
    pub(crate) fn silent_renewal_every(&self) -> Option<i64> {
        self.silent_renewal.map(seconds)
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
        self.idle.map_or(Ok(()), |idle| check("session.idle", idle))?;
        self.silent_renewal.map_or(Ok(()), |every| check("session.silent_renewal", every))
    }

    /// The times of a session that begins now, and ends no later than the provider says (V63).
    pub(super) fn begin(&self, now: NumericDate, session_expiry: Option<NumericDate>) -> Times {
        let own_end = now.plus(seconds(self.lifetime));
        let ends_at = session_expiry.map_or(own_end, |expiry| expiry.min(own_end));
        Times { began_at: now, last_seen: now, ends_at, idle: self.idle.map(seconds), checked_at: now }
    }

    /// The times of a session that began under an earlier policy: a shorter lifetime holds at once. Marks rely on it, which are
    /// remembered for as long as a session can live.
    pub(super) fn limit(&self, times: Times) -> Times {
        Times { ends_at: times.ends_at.min(times.began_at.plus(seconds(self.lifetime))), ..times }
    }

    /// Until when a session could live that begins now, in the worst case.
    pub(crate) fn longest_from(&self, now: NumericDate) -> NumericDate {
        now.plus(seconds(self.lifetime))
    }

    /// How long a session can live.
    pub(crate) fn longest(&self) -> Duration {
        self.lifetime
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
        assert_eq!(permanent.max_age(&permanent.begin(now, None), now.plus(10)), Some(990));
        let transient = SessionPolicy::until_browser_closes();
        assert_eq!(transient.max_age(&transient.begin(now, None), now), None);
    }
}

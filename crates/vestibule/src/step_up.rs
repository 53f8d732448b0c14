//! Step-up: a page that wants more of a sign-in than the session has, another way of proving who one is or a fresher one
//! (Core 3.1.2.1, RFC 9470). One new login, and then 403: never a loop.

use std::time::Duration;

use vestibule_core::NumericDate;

use crate::session::{Evidence, Session};

/// What a sign-in shall be, beyond what every sign-in with its provider is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Any of these ways of signing in (`acr`); none is every way.
    pub(crate) acr_values: Vec<String>,
    /// The most seconds since the person proved who they are.
    pub(crate) max_age: Option<u32>,
}

/// Whether a session is what is demanded.
///
/// In this order: what a new login may still help is asked for before anybody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It is.
    Enough,
    /// It is not, though its login was asked for that already.
    NotThisTime,
    /// It is not, and a new login may help.
    NotYet,
}

/// So many ways of signing in that were asked for before are remembered.
const MOST_REMEMBERED: usize = 16;

/// By how many seconds the provider's clock may differ from ours.
const CLOCK_SKEW: i64 = 60;

impl Demand {
    /// From values of `acr` separated by spaces (Core 3.1.2.1).
    pub(crate) fn new(acr_values: &str, max_age: Option<u32>) -> Self {
        let acr_values = acr_values.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
        Self { acr_values, max_age }
    }

    /// Any of these ways of signing in.
    pub(crate) fn acr_values(self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { acr_values: acr_values.into_iter().map(Into::into).collect(), ..self }
    }

    /// A sign-in that is no older than this.
    pub(crate) fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(u32::try_from(max_age.as_secs()).unwrap_or(u32::MAX)), ..self }
    }

    /// The same, and the ways of signing in that were asked for before.
    pub(crate) fn besides(mut self, earlier: &Self) -> Self {
        let others = earlier.acr_values.iter().filter(|value| !self.acr_values.contains(value)).cloned();
        // A cookie has room for so many (V60); beyond that a page asks once more.
        let others: Vec<_> = others.take(MOST_REMEMBERED).collect();
        self.acr_values.extend(others);
        self
    }

    /// Whether nothing is demanded, so that nobody need look into the session for it.
    pub(crate) fn is_nothing(&self) -> bool {
        self.acr_values.is_empty() && self.max_age.is_none()
    }

    /// Whether the session is what is demanded at `now`.
    pub(crate) fn verdict(&self, session: &Session, now: NumericDate) -> Verdict {
        if self.is_nothing() {
            return Verdict::Enough;
        }
        let evidence = session.evidence();
        self.judge_acr(&evidence).max(self.judge_age(&evidence, session.times.checked_at, now))
    }

    fn judge_acr(&self, evidence: &Evidence) -> Verdict {
        let is_listed = |acr: &str| self.acr_values.iter().any(|value| value == acr);
        if self.acr_values.is_empty() || evidence.acr.as_deref().is_some_and(is_listed) {
            return Verdict::Enough;
        }
        let was_asked = self.acr_values.iter().all(|value| evidence.demand.acr_values.contains(value));
        if was_asked { Verdict::NotThisTime } else { Verdict::NotYet }
    }

    fn judge_age(&self, evidence: &Evidence, signed_in_at: NumericDate, now: NumericDate) -> Verdict {
        let Some(max_age) = self.max_age else { return Verdict::Enough };
        let is_fresh = |auth_time: NumericDate| now.seconds_since(auth_time) <= i64::from(max_age) + CLOCK_SKEW;
        if evidence.auth_time.is_some_and(is_fresh) {
            return Verdict::Enough;
        }
        // A login for this very demand that has just ended has brought what it can.
        let was_asked = evidence.demand.max_age.is_some_and(|asked| asked <= max_age);
        if was_asked && now.seconds_since(signed_in_at) <= CLOCK_SKEW { Verdict::NotThisTime } else { Verdict::NotYet }
    }
}

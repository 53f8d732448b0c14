//! Who is signed in: the session, how long it lasts, and how it is kept.

pub(crate) mod cookie;
pub(crate) mod layer;
pub(crate) mod payload;
mod policy;
pub(crate) mod seal;

use std::sync::Arc;

use vestibule_core::{ClaimsSet, NumericDate, Secret, Subject};

pub use policy::SessionPolicy;

use crate::provider::ConnectedProvider;

/// One signed-in browser. Made by a login ([`Session::log_in`]) or by opening what a login sealed; in no other way.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) provider: Arc<ConnectedProvider>,
    pub(crate) subject: Subject,
    pub(crate) times: Times,
    /// Claims and tokens, decoded only when somebody asks.
    cold: payload::Cold,
}

/// When a session began, when it was last used, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) began_at: NumericDate,
    pub(crate) last_seen: NumericDate,
    pub(crate) ends_at: NumericDate,
    pub(crate) idle: Option<i64>,
}

/// What a finished login knows.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) provider: Arc<ConnectedProvider>,
    pub(crate) subject: Subject,
    pub(crate) claims: ClaimsSet,
    pub(crate) evidence: Evidence,
    pub(crate) tokens: Tokens,
}

/// What the ID Token said of the sign-in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) auth_time: Option<NumericDate>,
    pub(crate) acr: Option<String>,
    pub(crate) sid: Option<String>,
}

/// The tokens of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) id_token: Secret<String>,
    pub(crate) access_token: Secret<String>,
    pub(crate) access_token_expires_at: Option<NumericDate>,
    pub(crate) refresh_token: Option<Secret<String>>,
    pub(crate) scope: Option<String>,
}

impl Session {
    /// The session of somebody who just signed in: new, whatever session the browser had before (V56).
    pub(crate) fn log_in(signed_in: SignedIn, policy: &SessionPolicy, now: NumericDate) -> Self {
        let SignedIn { provider, subject, claims, evidence, tokens } = signed_in;
        Self { provider, subject, times: policy.begin(now), cold: payload::Cold::new(&claims, &evidence, &tokens) }
    }

    /// The claims, read now.
    pub(crate) fn claims(&self) -> ClaimsSet {
        self.cold.claims()
    }

    /// What the ID Token said of the sign-in itself.
    pub(crate) fn evidence(&self) -> Evidence {
        self.cold.evidence()
    }

    /// The ID Token, for `id_token_hint`.
    pub(crate) fn id_token(&self) -> Option<Secret<String>> {
        self.cold.tokens().map(|tokens| tokens.id_token)
    }

    /// How many bytes the claims take, and how many the rest.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        self.cold.sizes()
    }

    /// The same session, seen at `now`.
    pub(crate) fn seen(&self, now: NumericDate) -> Times {
        Times { last_seen: now, ..self.times }
    }
}

impl Times {
    /// Whether the session is over. A clock that was set back does not make it longer: time counts from when it was last seen.
    pub(crate) fn are_over(&self, now: NumericDate) -> bool {
        let now = now.max(self.last_seen);
        now >= self.ends_at || self.idle_until().is_some_and(|end| now >= end)
    }

    /// When the session ends if nobody uses it.
    pub(crate) fn idle_until(&self) -> Option<NumericDate> {
        self.idle.map(|idle| self.last_seen.plus(idle).min(self.ends_at))
    }

    /// Whether the idle limit has moved far enough to be worth a new cookie: a tenth of its length.
    pub(crate) fn are_worth_renewing(&self, now: NumericDate) -> bool {
        self.idle.is_some_and(|idle| now.seconds_since(self.last_seen) >= (idle / 10).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: NumericDate = NumericDate::from_seconds(1_000_000);

    fn times() -> Times {
        Times { began_at: BEGAN, last_seen: BEGAN, ends_at: BEGAN.plus(1000), idle: Some(100) }
    }

    /// R133, V63
    #[test]
    fn a_session_ends_at_its_idle_or_absolute_limit() {
        assert!(!times().are_over(BEGAN.plus(99)));
        assert!(times().are_over(BEGAN.plus(100)));
        let busy = Times { last_seen: BEGAN.plus(950), ..times() };
        assert!(!busy.are_over(BEGAN.plus(999)));
        assert!(busy.are_over(BEGAN.plus(1000)));
        assert_eq!(busy.idle_until(), Some(BEGAN.plus(1000)), "never later than the absolute end");
        assert!(!Times { idle: None, ..times() }.are_over(BEGAN.plus(999)));
    }

    #[test]
    fn a_clock_set_back_does_not_make_a_session_longer() {
        let over = Times { last_seen: BEGAN.plus(1000), ..times() };
        assert!(over.are_over(BEGAN));
    }

    #[test]
    fn the_idle_limit_moves_at_most_once_every_tenth_of_its_length() {
        assert!(!times().are_worth_renewing(BEGAN.plus(9)));
        assert!(times().are_worth_renewing(BEGAN.plus(10)));
        assert!(!Times { idle: None, ..times() }.are_worth_renewing(BEGAN.plus(500)));
    }
}

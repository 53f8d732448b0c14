//! Who is signed in: the session, how long it lasts, and how it is kept.

pub(crate) mod begun;
pub(crate) mod browser;
pub(crate) mod cookie;
pub(crate) mod endings;
pub(crate) mod keeping;
pub(crate) mod keys;
pub(crate) mod layer;
pub(crate) mod payload;
mod policy;
pub(crate) mod recent;
pub(crate) mod seal;
pub(crate) mod unopened;
pub(crate) mod visit;

use std::sync::Arc;

use vestibule_core::{ClaimsSet, IdToken, Issuer, NumericDate, Secret, Subject};

pub use policy::SessionPolicy;

use crate::{provider::ConnectedProvider, session_store::Born, step_up::Demand, store::Key};

/// One signed-in browser. Made by a login ([`Session::log_in`]) or by opening what a login sealed; in no other way.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) provider: Arc<ConnectedProvider>,
    /// Who vouched for the person. The provider may not know it (any more, or yet) where it is found by WebFinger.
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) subject: Subject,
    pub(crate) times: Times,
    /// What marks, leases and lists call it, and a store that keeps it.
    pub(crate) key: Key,
    pub(crate) born: Born,
    /// The provider's name for its own session.
    pub(crate) sid: Option<String>,
    /// How often its tokens were replaced.
    pub(crate) generation: u32,
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
    /// When the provider last said that the person is signed in there, or was last asked in vain.
    pub(crate) checked_at: NumericDate,
}

/// What a finished login knows.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) provider: Arc<ConnectedProvider>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) subject: Subject,
    pub(crate) claims: ClaimsSet,
    pub(crate) evidence: Evidence,
    pub(crate) tokens: HeldTokens,
    pub(crate) born: Born,
    pub(crate) sid: Option<String>,
    /// The provider's own limit for our session (`session_expiry`), if it has one.
    pub(crate) session_expiry: Option<NumericDate>,
}

/// What is known of the sign-in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) auth_time: Option<NumericDate>,
    pub(crate) acr: Option<String>,
    /// The family of the browser that signed in.
    pub(crate) browser: Option<String>,
    /// What the provider calls the state of its own session (Session Management 1.0).
    pub(crate) session_state: Option<String>,
    /// What a page wanted of the sign-in.
    pub(crate) demand: Demand,
}

/// The tokens that a session holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeldTokens {
    pub(crate) id_token: Option<Secret<String>>,
    pub(crate) access_token: Option<Secret<String>>,
    pub(crate) access_token_expires_at: Option<NumericDate>,
    /// From when on it is replaced if it can be, a little before it expires.
    pub(crate) access_token_stale_at: Option<NumericDate>,
    pub(crate) refresh_token: Option<Secret<String>>,
    pub(crate) scope: Option<String>,
}

impl Evidence {
    pub(crate) fn of(id_token: &IdToken) -> Self {
        Self { auth_time: id_token.auth_time(), acr: id_token.acr().map(str::to_owned), ..Self::default() }
    }
}

impl Session {
    /// The session of somebody who just signed in: new, with a key of its own, whatever session the browser had before (V56).
    pub(crate) fn log_in(signed_in: SignedIn, key: Key, policy: &SessionPolicy, now: NumericDate) -> Self {
        let SignedIn { provider, issuer, subject, claims, evidence, tokens, born, sid, session_expiry } = signed_in;
        let times = policy.begin(now, session_expiry);
        let cold = payload::Cold::new(&claims.to_json(), &evidence, &tokens);
        Self { provider, issuer, subject, times, key, born, sid, generation: 0, cold }
    }

    /// The same session with other tokens.
    pub(crate) fn with_tokens(&self, tokens: &HeldTokens) -> Self {
        let generation = self.generation.saturating_add(1);
        Self { generation, cold: self.cold.with_tokens(tokens), ..self.with_times(self.times) }
    }

    /// The same session with other times.
    pub(crate) fn with_times(&self, times: Times) -> Self {
        let Self { provider, issuer, subject, key, born, sid, generation, cold, .. } = self;
        let (provider, issuer) = (Arc::clone(provider), Arc::clone(issuer));
        let (subject, sid) = (subject.clone(), sid.clone());
        Self {
            provider,
            issuer,
            subject,
            times,
            key: *key,
            born: *born,
            sid,
            generation: *generation,
            cold: cold.clone(),
        }
    }

    /// The claims, read now.
    pub(crate) fn claims(&self) -> ClaimsSet {
        self.cold.claims()
    }

    /// What is known of the sign-in itself.
    pub(crate) fn evidence(&self) -> Evidence {
        self.cold.evidence()
    }

    /// The tokens, read now.
    pub(crate) fn tokens(&self) -> HeldTokens {
        self.cold.tokens()
    }

    /// How many bytes the claims take, and how many the rest.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        self.cold.sizes()
    }

    /// The same session, seen at `now`.
    pub(crate) fn seen(&self, now: NumericDate) -> Times {
        self.times.seen(now)
    }
}

impl Times {
    /// The same, seen at `now`. Never earlier than before: a clock that was set back moves nothing.
    pub(crate) fn seen(self, now: NumericDate) -> Self {
        Self { last_seen: now.max(self.last_seen), ..self }
    }

    /// When the session ends if nothing more is heard of it.
    pub(crate) fn expire_at(&self) -> NumericDate {
        self.idle_until().unwrap_or(self.ends_at)
    }

    /// Whether the session is over. A clock that was set back does not make it longer: time counts from when it was last seen.
    pub(crate) fn are_over(&self, now: NumericDate) -> bool {
        let now = now.max(self.last_seen);
        now >= self.ends_at || self.idle_until().is_some_and(|end| now >= end)
    }

    /// When the session ends if nobody uses it.
    pub(crate) fn idle_until(&self) -> Option<NumericDate> {
        self.idle.map(|idle| self.last_seen.plus(idle).min(self.ends_at))
    }

    /// Whether it is long enough ago that a store was told, so that a list of sessions says when each was last seen: five minutes,
    /// or a tenth of the idle limit if that is shorter.
    pub(crate) fn are_worth_noting(&self, now: NumericDate) -> bool {
        const NOTED_EVERY: i64 = 5 * 60;
        let every = self.idle.map_or(NOTED_EVERY, |idle| (idle / 10).clamp(1, NOTED_EVERY));
        now.seconds_since(self.last_seen) >= every
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
        Times { began_at: BEGAN, last_seen: BEGAN, ends_at: BEGAN.plus(1000), idle: Some(100), checked_at: BEGAN }
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

    #[test]
    fn a_store_is_told_every_five_minutes_or_every_tenth_of_a_short_idle_limit() {
        for (idle, every) in [(Some(100), 10), (Some(5), 1), (Some(100_000), 300), (None, 300)] {
            let times = Times { idle, ..times() };
            assert!(
                !times.are_worth_noting(BEGAN.plus(every - 1)) && times.are_worth_noting(BEGAN.plus(every)),
                "{idle:?}"
            );
        }
    }
}

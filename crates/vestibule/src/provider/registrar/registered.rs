//! A registration as one process holds it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use vestibule_core::{Client, ClientInformation, NumericDate};

use super::{
    Former, Known,
    remembered::{Found, Registration, Remembered},
    written::Previous,
};
use crate::session_store::Version;

/// A registration, when it was made, and how it stands to what is remembered.
#[derive(Clone)]
pub(super) struct Registered {
    /// What it is remembered by.
    pub(super) key: String,
    pub(super) registration: Registration,
    pub(super) client: Arc<Client>,
    former: Option<Former>,
    /// When it was made, or else first seen.
    since: NumericDate,
    /// When this process made it, where nobody else would know.
    made_here: Option<Instant>,
    pub(super) standing: Standing,
    /// When it was last compared with what is remembered.
    pub(super) looked: Instant,
}

/// How what a process holds stands to what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is to be compared: no other machine looks there.
    Apart,
    /// It is in the store of all machines, by this version.
    Kept(Version),
    /// It could not be kept in the place of what has this version there, or of nothing.
    Unkept(Option<Version>),
}

/// A new registration is given this long before it is given up: a provider that expires secrets at once, or says invalid_client
/// to everybody, must not make us register without end (R101). Where all machines share it, it has one chance among them all.
const PATIENCE: Duration = Duration::from_secs(60);
/// A secret that ends within this many seconds is as good as ended: a login has to be finished with it.
const MARGIN: i64 = 60;
/// A secret is renewed when a tenth of its life is left, or this: longer than any login is under way.
const LONGEST_NOTICE: i64 = 60 * 60;

impl Registered {
    /// Made by this process, just now.
    pub(super) fn made_now(
        key: &str,
        information: ClientInformation,
        previous: Option<Previous>,
        remembered: &Remembered,
        now: NumericDate,
    ) -> Self {
        let is_shared = remembered.is_shared();
        let registration = Registration { information, made: is_shared.then_some(now), previous };
        let made_here = (!is_shared).then(Instant::now);
        Self { made_here, ..Self::found(key, registration, None, now) }
    }

    /// As it was found.
    pub(super) fn found(key: &str, registration: Registration, version: Option<Version>, now: NumericDate) -> Self {
        let former = registration
            .previous
            .as_ref()
            .map(|previous| Former { client: Arc::new(previous.information.client()), until: previous.until });
        Self {
            key: key.to_owned(),
            client: Arc::new(registration.information.client()),
            former,
            since: registration.made.unwrap_or(now),
            registration,
            made_here: None,
            standing: Standing::of(version),
            looked: Instant::now(),
        }
    }

    /// What was found where this is remembered: it may be the same still.
    pub(super) fn as_found(&self, found: Found, now: NumericDate) -> Option<Self> {
        let there = found.registration?;
        if there.is_of(&self.registration) {
            return Some(Self { standing: Standing::of(found.version), ..self.looked_now() });
        }
        Some(Self::found(&self.key, there, found.version, now))
    }

    pub(super) fn looked_now(&self) -> Self {
        Self { looked: Instant::now(), ..self.clone() }
    }

    /// Whom the provider may mean by us.
    pub(super) fn known(&self) -> Known {
        Known { client: Arc::clone(&self.client), former: self.former.clone() }
    }

    /// Whether it is to be renewed in good time.
    pub(super) fn is_due(&self, now: NumericDate) -> bool {
        let is_near = |end: NumericDate| {
            let notice = (end.seconds_since(self.since) / 10).clamp(MARGIN, LONGEST_NOTICE);
            end.minus(notice) <= now
        };
        self.end().is_some_and(is_near) && self.had_its_chance(now)
    }

    /// Whether its secret has not ended yet.
    pub(super) fn lasts(&self, now: NumericDate) -> bool {
        self.end().is_none_or(|end| now < end)
    }

    /// Whether its secret lasts longer than this one's.
    pub(super) fn outlasts(&self, other: &Self) -> bool {
        match (self.end(), other.end()) {
            (Some(own), Some(other)) => own > other,
            (own, _) => own.is_none(),
        }
    }

    /// As it was made when the other was: it is what became of that.
    pub(super) fn with_age_of(self, other: &Self) -> Self {
        let registration = Registration { made: other.registration.made, ..self.registration };
        Self { registration, since: other.since, made_here: other.made_here, ..self }
    }

    /// Of what is remembered where this is, or was to be.
    pub(super) fn version(&self) -> Option<Version> {
        match self.standing {
            Standing::Apart => None,
            Standing::Kept(version) => Some(version),
            Standing::Unkept(version) => version,
        }
    }

    fn end(&self) -> Option<NumericDate> {
        self.registration.information.client_secret_expires_at()
    }

    /// Good for a login.
    pub(super) fn is_good(&self, now: NumericDate) -> bool {
        let has_ended = self.end().is_some_and(|end| end.minus(MARGIN) <= now);
        !has_ended || !self.had_its_chance(now)
    }

    pub(super) fn had_its_chance(&self, now: NumericDate) -> bool {
        let by_another = self.registration.made.is_none_or(|made| {
            // The clocks of two machines differ.
            now.seconds_since(made).unsigned_abs() >= PATIENCE.as_secs()
        });
        by_another && self.made_here.is_none_or(|made| made.elapsed() >= PATIENCE)
    }

    /// Whether all machines find it where they look.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.standing, Standing::Kept(_))
    }

    /// Whether it could not be kept, and nobody else changed what is there, which has this version.
    pub(super) fn is_unkept_beside(&self, version: Option<Version>) -> bool {
        self.standing == Standing::Unkept(version)
    }
}

impl Standing {
    /// Of a value that has this version where there are any.
    pub(super) fn of(version: Option<Version>) -> Self {
        version.map_or(Self::Apart, Self::Kept)
    }
}

//! A registration as one process holds it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use vestibule_core::{Client, ClientInformation, NumericDate};

use super::remembered::{Found, Registration, Remembered};
use crate::session_store::Version;

/// A registration, when it was made, and how it stands to what is remembered.
#[derive(Clone)]
pub(super) struct Registered {
    /// What it is remembered by.
    pub(super) key: String,
    pub(super) registration: Registration,
    pub(super) client: Arc<Client>,
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

impl Registered {
    /// Made by this process, just now.
    pub(super) fn made_now(
        key: &str,
        information: ClientInformation,
        remembered: &Remembered,
        now: NumericDate,
    ) -> Self {
        let is_shared = remembered.is_shared();
        let registration = Registration { information, made: is_shared.then_some(now) };
        let made_here = (!is_shared).then(Instant::now);
        Self { made_here, ..Self::found(key, registration, None) }
    }

    /// As it was found.
    pub(super) fn found(key: &str, registration: Registration, version: Option<Version>) -> Self {
        Self {
            key: key.to_owned(),
            client: Arc::new(registration.information.client()),
            registration,
            made_here: None,
            standing: Standing::of(version),
            looked: Instant::now(),
        }
    }

    /// What was found where this is remembered: it may be the same still.
    pub(super) fn as_found(&self, found: Found) -> Option<Self> {
        let there = found.registration?;
        if there.is_of(&self.registration) {
            return Some(Self { standing: Standing::of(found.version), ..self.looked_now() });
        }
        Some(Self::found(&self.key, there, found.version))
    }

    pub(super) fn looked_now(&self) -> Self {
        Self { looked: Instant::now(), ..self.clone() }
    }

    /// Good for a login.
    pub(super) fn is_good(&self, now: NumericDate) -> bool {
        let end = self.registration.information.client_secret_expires_at();
        let has_ended = end.is_some_and(|end| end.minus(MARGIN) <= now);
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

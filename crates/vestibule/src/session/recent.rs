//! Who was signed in a moment ago: what a store said of a session is believed for a few seconds, unless something ended meanwhile.
//!
//! Only the way from a cookie to "who is it" comes here. Whatever changes, ends, refreshes or lists sessions asks the store.

mod told;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::time::Instant;
use vestibule_core::NumericDate;

use self::told::{Told, Whence};
use super::{Session, cookie::Cookies, keeping::Keeping};
use crate::{
    config_error::ConfigError,
    door::Door,
    session_store::{Mark, Notice, SessionStore},
    store::{Key, StoreError},
};

/// What was found lately.
#[derive(Debug)]
pub(crate) struct Recent {
    good_for: Duration,
    found: Cache<Key, Arc<Found>>,
    told: Told,
    swept: Mutex<Instant>,
}

/// What was found of one session.
#[derive(Debug)]
struct Found {
    /// None where the session is in a cookie: then that nothing had ended it, and that nobody had raised any mark for it.
    session: Option<Arc<Session>>,
    /// What can end it, itself included.
    whose: [Key; 4],
    asked: Asked,
}

/// When a store was asked, which is before it answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    at: NumericDate,
    /// A clock that is set back makes nothing good for longer.
    measured: Instant,
    whence: Whence,
}

/// How many sessions are remembered, the least recently used giving way.
const MOST: usize = 10_000;
/// The longest that what a store said may be believed.
const LONGEST: Duration = Duration::from_secs(5);
/// How often what is no longer good is thrown away.
const SWEPT_EVERY: Duration = Duration::from_secs(10);

impl Recent {
    /// Believes for so long what a store says, in whole seconds: that is how the clock counts.
    pub(crate) fn good_for(cache: Duration) -> Result<Self, ConfigError> {
        let good_for = Duration::from_secs(cache.as_secs());
        if good_for.is_zero() || cache > LONGEST {
            return Err(ConfigError::new("sessions.cache", "it must be between one second and five")
                .value(format!("{cache:?}"))
                .remedy("leave it out to ask the store each time"));
        }
        Ok(Self::at_most(MOST, good_for))
    }

    fn at_most(most: usize, good_for: Duration) -> Self {
        Self { good_for, found: Cache::new(most), told: Told::new(), swept: Mutex::new(Instant::now()) }
    }

    /// How many sessions are remembered.
    pub(crate) fn size(&self) -> usize {
        self.found.len()
    }

    /// What a store tells.
    pub(crate) fn hear(&self, notice: Notice) {
        match notice {
            Notice::Ended(key) => self.forget(key),
            Notice::Hearing => self.told.hears(),
            Notice::Deaf => {
                self.told.is_deaf();
                self.found.clear();
            }
        }
    }

    /// The session of this key, or those that a mark of this key can end, may be otherwise than they were found.
    pub(crate) fn forget(&self, key: Key) {
        self.told.tell(key);
        self.found.remove(&key);
    }

    /// To be called before a store is asked: what ends from now on is not in its answer. Nothing while the store is deaf.
    fn ask(&self, now: NumericDate) -> Option<Asked> {
        Some(Asked { at: now, measured: Instant::now(), whence: self.told.now()? })
    }

    /// Remembers an answer, unless it is out of date already.
    fn keep(&self, key: Key, found: Found) {
        self.sweep();
        if self.told.nothing_since(&found.asked.whence, &found.whose) {
            self.found.insert(key, Arc::new(found));
        }
    }

    fn find(&self, key: Key, now: NumericDate) -> Option<Arc<Found>> {
        let found = self.found.get(&key)?;
        if self.is_good(&found, now) {
            return Some(found);
        }
        self.found.remove_if(&key, |there| Arc::ptr_eq(there, &found));
        None
    }

    fn is_good(&self, found: &Found, now: NumericDate) -> bool {
        let Found { whose, asked, .. } = found;
        let is_young = u64::try_from(now.seconds_since(asked.at)).is_ok_and(|age| age < self.good_for.as_secs());
        is_young && asked.measured.elapsed() < self.good_for && self.told.nothing_since(&asked.whence, whose)
    }

    /// Claims and tokens do not stay in memory because nobody asks for them any more.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() < SWEPT_EVERY {
            return;
        }
        *swept = Instant::now();
        drop(swept);
        self.found.retain(|_, found| found.asked.measured.elapsed() < self.good_for);
    }
}

impl Door {
    /// The session that the cookies lead to, if a store said so a moment ago.
    pub(super) fn recent_session(&self, cookies: &Cookies<'_>) -> Option<Arc<Session>> {
        let (recent, now) = (self.recent.as_deref()?, self.now());
        match &self.keeping {
            Keeping::Cookies(_) => {
                let session = self.sealed_session(cookies)?;
                recent.find(session.key, now).is_some().then(|| Arc::new(session))
            }
            Keeping::Store(_) => self.recently_stored(self.keys.session(&cookies.session_secret()?)),
        }
    }

    fn recently_stored(&self, key: Key) -> Option<Arc<Session>> {
        let (recent, now) = (self.recent.as_deref()?, self.now());
        let session = recent.find(key, now)?.session.clone()?;
        // Somebody may have been here since, on another machine: the store knows.
        (!session.times.are_over(now)).then_some(session)
    }

    /// The session of this key, as the store has it or had it a moment ago.
    pub(super) async fn session_of_key(&self, key: Key) -> Result<Option<Arc<Session>>, StoreError> {
        if let Some(session) = self.recently_stored(key) {
            return Ok(Some(session));
        }
        let asked = self.ask_now();
        let Some(session) = self.stored_session(key).await?.map(Arc::new) else { return Ok(None) };
        if let Some((recent, asked)) = asked {
            let whose = self.whose(&session);
            recent.keep(key, Found { session: Some(Arc::clone(&session)), whose, asked });
        }
        Ok(Some(session))
    }

    /// Whether a logout ended a session in a cookie, as far as the store knows or knew a moment ago. Of marks only their absence is
    /// remembered.
    pub(super) async fn was_marked(&self, marks: &dyn SessionStore, session: &Session) -> Result<bool, StoreError> {
        if self.recent.as_deref().is_some_and(|recent| recent.find(session.key, self.now()).is_some()) {
            return Ok(false);
        }
        let (asked, whose) = (self.ask_now(), self.whose(session));
        let mark = marks.marks(&whose, self.now()).await?;
        if let (Some((recent, asked)), true) = (asked, mark == Mark::default()) {
            recent.keep(session.key, Found { session: None, whose, asked });
        }
        Ok(mark.ends(session.born))
    }

    fn ask_now(&self) -> Option<(&Recent, Asked)> {
        let recent = self.recent.as_deref()?;
        Some((recent, recent.ask(self.now())?))
    }

    /// The session of this key is not what it was, or may not be: a store that failed may have done its work all the same.
    pub(crate) fn forget_recent(&self, key: Key) {
        if let Some(recent) = &self.recent {
            recent.forget(key);
        }
    }
}

#[cfg(test)]
mod tests;

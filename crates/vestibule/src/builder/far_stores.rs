//! How a store is asked that is not in this process: with a deadline, and not each time, if that is wished for.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    clock::Clock,
    config_error::ConfigError,
    session::{endings::Endings, keeping::Keeping, recent::Recent},
    session_store::{Listener, Reach, SessionStore, guarded::Guarded},
};

/// What a store may take for an answer, unless said: as long as a person waits without a thought, and a hundred times what it takes.
const DEADLINE: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// A store in this process is asked as it is.
pub(super) fn guarded(
    keeping: Keeping,
    timeout: Option<Duration>,
    clock: &Arc<dyn Clock>,
) -> Result<Keeping, ConfigError> {
    if keeping.store().reach() == Reach::Process {
        return match timeout {
            Some(_) => Err(needless("sessions.timeout")),
            None => Ok(keeping),
        };
    }
    let deadline = timeout.unwrap_or(DEADLINE);
    if !(SHORTEST..=LONGEST).contains(&deadline) {
        return Err(ConfigError::new("sessions.timeout", "it must be between 100 milliseconds and 30 seconds")
            .value(format!("{deadline:?}"))
            .remedy("leave it out for one second"));
    }
    let guard = |store| -> Arc<dyn SessionStore> { Arc::new(Guarded::new(store, deadline, Arc::clone(clock))) };
    Ok(match keeping {
        Keeping::Cookies(marks) => Keeping::Cookies(guard(marks)),
        Keeping::Store(store) => Keeping::Store(guard(store)),
    })
}

/// What of its answers is remembered.
pub(super) fn recent(keeping: &Keeping, cache: Option<Duration>) -> Result<Option<Arc<Recent>>, ConfigError> {
    let Some(cache) = cache else { return Ok(None) };
    if keeping.store().reach() == Reach::Process {
        return Err(needless("sessions.cache"));
    }
    Recent::good_for(cache).map(|recent| Some(Arc::new(recent)))
}

fn needless(setting: &str) -> ConfigError {
    ConfigError::new(setting, "the only store is in this process, and answers at once")
        .remedy("leave it out, or give .sessions(..) or .marks(..) a store that machines share")
}

/// Whom a store tells: first what would be believed, then those who wait. It does not keep them alive.
pub(super) fn listener(recent: Option<&Arc<Recent>>, endings: &Arc<Endings>) -> Listener {
    let (recent, endings) = (recent.map(Arc::downgrade), endings.listener());
    Arc::new(move |notice| {
        if let Some(recent) = recent.as_ref().and_then(Weak::upgrade) {
            recent.hear(notice);
        }
        endings(notice);
    })
}

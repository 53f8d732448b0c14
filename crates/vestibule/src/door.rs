//! What the routes, the gates and the session layer share: the settings, made ready for work.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::Router;
use quick_cache::sync::Cache;
use vestibule_core::{NumericDate, error::Unsolicited};

use crate::{
    base_url::BaseUrl,
    clock::Clock,
    new_login::OnLogin,
    paths::Paths,
    provider::ConnectedProvider,
    return_address::ReturnAddress,
    session::{
        SessionPolicy,
        cookie::CookieNames,
        seal::{Role, Seal, SecretKey},
    },
};

/// One vestibule at work. Shared by reference; nothing in it changes but caches.
pub(crate) struct Door {
    pub(crate) base: BaseUrl,
    pub(crate) paths: Paths,
    pub(crate) names: CookieNames,
    pub(crate) seals: Seals,
    /// What the seal of the session binds it to: needed by every signed-in request, so made once.
    pub(crate) session_context: Vec<u8>,
    pub(crate) policy: SessionPolicy,
    pub(crate) providers: BTreeMap<String, Arc<ConnectedProvider>>,
    pub(crate) default_provider: Option<Arc<ConnectedProvider>>,
    pub(crate) after_logout: ReturnAddress,
    pub(crate) on_login: Option<OnLogin>,
    pub(crate) error_view: Option<Router>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) burnt: Burnt,
}

impl Door {
    pub(crate) fn now(&self) -> NumericDate {
        self.clock.now()
    }

    /// The provider of this name.
    pub(crate) fn provider(&self, name: &str) -> Option<&Arc<ConnectedProvider>> {
        self.providers.get(name)
    }

    /// What the seal of a cookie binds it to, besides its role: its name and our base URL (V67).
    pub(crate) fn context(&self, name: &str) -> Vec<u8> {
        context(&self.base, name)
    }
}

/// A name of ours at our base URL.
pub(crate) fn context(base: &BaseUrl, name: &str) -> Vec<u8> {
    [base.as_str().as_bytes(), b"\0", name.as_bytes()].concat()
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("base", &self.base).field("providers", &self.providers).finish_non_exhaustive()
    }
}

/// One seal a role.
#[derive(Debug)]
pub(crate) struct Seals {
    pub(crate) session: Seal,
    pub(crate) pending_login: Seal,
    pub(crate) return_address: Seal,
    pub(crate) login_error: Seal,
    pub(crate) logout: Seal,
}

impl Seals {
    pub(crate) fn new(ring: &[SecretKey]) -> Self {
        Self {
            session: Seal::new(Role::Session, ring),
            pending_login: Seal::new(Role::PendingLogin, ring),
            return_address: Seal::new(Role::ReturnAddress, ring),
            login_error: Seal::new(Role::LoginError, ring),
            logout: Seal::new(Role::Logout, ring),
        }
    }
}

/// The attempts that came back already, until they would have expired anyway (V22). Bounded: past its size the least recently
/// used give way, and the provider's one-time code is what is left against a replay by the same browser.
#[derive(Debug)]
pub(crate) struct Burnt {
    attempts: Cache<String, ()>,
}

impl Burnt {
    const MOST: usize = 100_000;

    pub(crate) fn new() -> Self {
        Self { attempts: Cache::new(Self::MOST) }
    }

    /// Burns an attempt. Of any number of callers at once, one succeeds.
    pub(crate) fn burn(&self, attempt: &str) -> Result<(), Unsolicited> {
        let mut first = false;
        let burnt = self.attempts.get_or_insert_with(attempt, || {
            first = true;
            Ok::<(), std::convert::Infallible>(())
        });
        match burnt {
            Ok(()) if first => Ok(()),
            Ok(()) => Err(Unsolicited::Used),
            Err(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V22, R28, R31
    #[test]
    fn an_attempt_is_burnt_once_however_many_come_at_once() {
        let burnt = Burnt::new();
        let first = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..1000).filter(|n| burnt.burn(&n.to_string()).is_ok()).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<usize>()
        });
        assert_eq!(first, 1000);
        assert_eq!(burnt.burn("7"), Err(Unsolicited::Used));
    }

    /// V105
    #[test]
    fn the_burnt_attempts_are_bounded() {
        let burnt = Burnt::new();
        for n in 0..Burnt::MOST * 3 {
            assert_eq!(burnt.burn(&n.to_string()), Ok(()));
        }
        assert!(burnt.attempts.len() <= Burnt::MOST);
    }
}

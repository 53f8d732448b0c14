//! What the routes, the gates and the session layer share: the settings, made ready for work.

#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicI64;
use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::Router;
use vestibule_core::NumericDate;

use crate::{
    base_url::BaseUrl,
    clock::Clock,
    decision::Latest,
    examination::Groundwork,
    health::StoreAnswered,
    kept_posts::Room,
    new_login::OnLogin,
    paths::Paths,
    provider::ConnectedProvider,
    refresh::flights::Refreshes,
    return_address::{Fragments, ReturnAddress},
    session::{
        SessionPolicy,
        cookie::CookieNames,
        endings::Endings,
        keeping::Keeping,
        keys::Keys,
        recent::Recent,
        seal::{Role, Seal, SecretKey},
    },
    session_store::Sizes,
    store::Key,
    tokens::Tokens,
    unreadable::Unreadable,
};

/// One vestibule at work. Shared by reference; nothing in it changes but caches.
pub(crate) struct Door {
    pub(crate) base: BaseUrl,
    pub(crate) paths: Paths,
    pub(crate) names: CookieNames,
    pub(crate) seals: Seals,
    pub(crate) keys: Keys,
    pub(crate) keeping: Keeping,
    pub(crate) tokens: Tokens,
    pub(crate) login_starts: LoginStarts,
    pub(crate) fragments: Fragments,
    pub(crate) refreshes: Refreshes,
    pub(crate) endings: Arc<Endings>,
    /// None where the store is asked each time.
    pub(crate) recent: Option<Arc<Recent>>,
    /// What the seal of the session binds it to: needed by every signed-in request, so made once.
    pub(crate) session_context: Vec<u8>,
    pub(crate) policy: SessionPolicy,
    pub(crate) providers: BTreeMap<String, Arc<ConnectedProvider>>,
    pub(crate) default_provider: Option<Arc<ConnectedProvider>>,
    pub(crate) after_logout: ReturnAddress,
    pub(crate) on_login: Option<OnLogin>,
    pub(crate) error_view: Option<Router>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) unreadable: Arc<Unreadable>,
    /// What only an examination asks for.
    pub(crate) groundwork: Groundwork,
    pub(crate) kept_room: Room,
    pub(crate) store_answered: StoreAnswered,
    pub(crate) stage: Stage,
    /// None in production: nobody is told there what was decided about them.
    pub(crate) latest: Option<Latest>,
    /// When the gauges were last set, in seconds.
    #[cfg(feature = "metrics")]
    pub(crate) sampled: AtomicI64,
}

/// Who sees our pages: whoever develops the application, or whoever uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    Development,
    #[default]
    Production,
}

/// From where a login may begin at our login page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LoginStarts {
    #[default]
    OfAnybody,
    /// From our own pages, or by the person themself.
    OfOurOwn,
}

impl Door {
    pub(crate) fn now(&self) -> NumericDate {
        self.clock.now()
    }

    /// Whether whoever asks may be told what was decided about them, and why.
    pub(crate) fn is_development(&self) -> bool {
        self.latest.is_some()
    }

    /// The provider of this name.
    pub(crate) fn provider(&self, name: &str) -> Option<&Arc<ConnectedProvider>> {
        self.providers.get(name)
    }

    /// A page of ours that somebody is to come back to, with its fragment where those come along.
    pub(crate) fn return_address(&self, text: &str) -> Option<ReturnAddress> {
        match self.fragments {
            Fragments::Dropped => ReturnAddress::parse(&self.base, text),
            Fragments::Kept => ReturnAddress::with_fragment(&self.base, text),
        }
    }

    /// How many entries everything has that is bounded, by name.
    pub(crate) fn sizes(&self) -> Vec<(&'static str, usize)> {
        let mut sizes = self.store().entries().map(Sizes::by_name).unwrap_or_default();
        sizes.extend(self.refreshes.sizes());
        sizes.extend(self.recent.as_ref().map(|recent| ("recent_sessions", recent.size())));
        sizes.extend(self.latest.as_ref().map(|latest| ("latest_decisions", latest.size())));
        let missing_keys = self.providers.values().map(|provider| provider.missing_keys()).sum();
        sizes.extend([
            ("waiting_for_ends", self.endings.size()),
            ("kept_posts", self.kept_room.size()),
            ("unreadable_records", self.unreadable.size()),
            ("missing_keys", missing_keys),
        ]);
        sizes
    }

    /// What a store keeps besides sessions, as it was sealed for this key. What cannot be opened is as good as none.
    pub(crate) fn open_kept(&self, what: &'static str, key: Key, sealed: Vec<u8>) -> Option<Vec<u8>> {
        let opened = self.seals.kept.open_bytes(key.as_bytes(), sealed);
        if opened.is_none() {
            self.unreadable.report(what, key);
        }
        opened
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
    pub(crate) stored_session: Seal,
    pub(crate) kept: Seal,
    pub(crate) pending_login: Seal,
    pub(crate) return_address: Seal,
    pub(crate) login_error: Seal,
    pub(crate) logout: Seal,
    pub(crate) wish: Seal,
    pub(crate) former: Seal,
    pub(crate) kept_name: Seal,
    pub(crate) kept_post: Seal,
    pub(crate) trips: Seal,
}

impl Seals {
    pub(crate) fn new(ring: &[SecretKey]) -> Self {
        Self {
            session: Seal::new(Role::Session, ring),
            stored_session: Seal::new(Role::StoredSession, ring),
            kept: Seal::new(Role::Kept, ring),
            pending_login: Seal::new(Role::PendingLogin, ring),
            return_address: Seal::new(Role::ReturnAddress, ring),
            login_error: Seal::new(Role::LoginError, ring),
            logout: Seal::new(Role::Logout, ring),
            wish: Seal::new(Role::Wish, ring),
            former: Seal::new(Role::Former, ring),
            kept_name: Seal::new(Role::KeptName, ring),
            kept_post: Seal::new(Role::KeptPost, ring),
            trips: Seal::new(Role::Trips, ring),
        }
    }
}

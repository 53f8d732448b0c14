//! Of all machines, one at a time refreshes a session: who has the lease. The others wait for what comes of it.

use std::{future::Future, sync::Arc, time::Duration};

use vestibule_core::{HttpError, NumericDate};

use super::{NotRefreshed, newer};
use crate::{
    door::Door,
    error::chain,
    session::Session,
    session_store::Fence,
    store::{Key, StoreError},
};

/// For how many seconds a lease is taken. Longer than an exchange with the provider may take.
const LENGTH: i64 = 30;
/// How often it is renewed while the provider answers.
const RENEWED_EVERY: Duration = Duration::from_secs(10);
/// How often somebody looks who waits for another machine, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Lease {
    door: Arc<Door>,
    name: Key,
    fence: Fence,
}

pub(super) enum Taken {
    /// It is ours to refresh.
    Lease(Lease),
    /// Somebody else did, meanwhile.
    Result(Arc<Session>),
}

impl Lease {
    /// Takes the lease of a session, or waits for what its holder finds.
    pub(super) async fn take(door: &Arc<Door>, seen: &Arc<Session>) -> Result<Taken, NotRefreshed> {
        let name = door.keys.refresh(seen.key);
        let mut waited = Duration::ZERO;
        loop {
            let now = door.now();
            if let Some(fence) = door.store().lease(name, now.plus(LENGTH), now).await? {
                return Ok(Taken::Lease(Self { door: Arc::clone(door), name, fence }));
            }
            if let Some(session) = newer(door, seen).await? {
                return Ok(Taken::Result(session));
            }
            if waited >= PATIENCE {
                return Err(NotRefreshed::Provider(
                    HttpError::Timeout("another machine refreshes, and takes long".into()).into(),
                ));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
    }

    /// Does the work and renews the lease meanwhile. A lease that was lost does not stop the work: what it writes is compared
    /// with what is there.
    pub(super) async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(RENEWED_EVERY, &mut work).await {
                Ok(done) => return done,
                Err(_) => {
                    let now = self.door.now();
                    report(self.door.store().renew_lease(self.name, self.fence, until(now), now).await.map(drop));
                }
            }
        }
    }

    pub(super) async fn give_back(self) {
        report(self.door.store().release_lease(self.name, self.fence, self.door.now()).await);
    }
}

fn until(now: NumericDate) -> NumericDate {
    now.plus(LENGTH)
}

/// Whoever comes next waits until the lease runs out.
fn report(result: Result<(), StoreError>) {
    if let Err(error) = result {
        let reason = chain(&error);
        if error.was_asked() {
            tracing::warn!(target: "vestibule::tokens", reason, "the lease of a refresh could not be renewed or given back");
        } else {
            tracing::debug!(target: "vestibule::tokens", reason, "the lease of a refresh was not renewed or given back");
        }
    }
}

//! Of all machines that share a store, one at a time does a thing: who has the lease. The others wait for what comes of it.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};
use vestibule_core::{HttpError, NumericDate};

use crate::{
    clock::{self, Clock},
    error::chain,
    patience::Patience,
    session_store::{Fence, SessionStore},
    store::{Key, StoreError},
};

/// For how many seconds a lease is taken. Longer than an exchange with a provider may take.
const LENGTH: i64 = 30;
/// How often it is renewed while the provider answers.
const RENEWED_EVERY: Duration = Duration::from_secs(10);
/// How soon it is renewed once more after a store did not answer: several times before it ends.
const RENEWED_AGAIN: Duration = Duration::from_secs(1);
/// When somebody looks for the first time who waits for another machine, and how long they wait at most between two looks: half as
/// long again each time, as many may wait at one store.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_millis(500);
/// How often a lease is asked for once more when no answer came.
const ASKED_AGAIN: u32 = 2;
/// For how long somebody waits who may be waiting for themselves: they were given no answer, and then were refused.
const DOUBT: Duration = Duration::from_secs(2);
/// For how long they do. They outwait one machine that died: its lease lasts for as long as [`LENGTH`], and whoever takes it over
/// then has to ask the provider.
const PATIENCE: Duration = Duration::from_secs(40);

/// A lease that is ours.
pub(crate) struct Lease {
    leases: Leases,
    name: Key,
    fence: Fence,
}

/// Where leases are taken, and by which clock.
#[derive(Clone)]
pub(crate) struct Leases {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

pub(crate) enum Taken<T> {
    /// It is ours to do.
    Lease(Lease),
    /// Somebody else did, meanwhile.
    Result(T),
}

impl Leases {
    pub(crate) fn new(store: &Arc<dyn SessionStore>, clock: &Arc<dyn Clock>) -> Self {
        Self { store: Arc::clone(store), clock: Arc::clone(clock) }
    }

    /// Takes the lease of this name, or waits for what its holder finds: `look` says whether that is there.
    pub(crate) async fn take<T, E, F>(&self, name: Key, look: impl Fn() -> F) -> Result<Taken<T>, E>
    where
        E: From<StoreError> + From<HttpError>,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let (began, patience, doubt) = (Instant::now(), self.clock.wait(PATIENCE), self.clock.wait(DOUBT));
        let (mut unanswered, mut pause) = (None, FIRST_LOOK);
        loop {
            if let Some(fence) = self.ask(name, &mut unanswered).await? {
                return Ok(Taken::Lease(Lease { leases: self.clone(), name, fence }));
            }
            if let Some(result) = look().await? {
                return Ok(Taken::Result(result));
            }
            if began.elapsed() >= patience {
                return Err(HttpError::Timeout("another machine is at it, and takes long".into()).into());
            }
            if let Some(error) = unanswered.take_if(|_| began.elapsed() >= doubt) {
                return Err(error.into());
            }
            clock::pause(self.clock.as_ref(), clock::spread(pause)).await;
            pause = pause.saturating_add(pause / 2).min(LOOK_AT_LEAST_EVERY);
        }
    }

    /// Asks for the lease, and again where no answer came. One that was given then is refused to everybody, and to us: who has it the
    /// store does not say.
    async fn ask(&self, name: Key, unanswered: &mut Option<StoreError>) -> Result<Option<Fence>, StoreError> {
        let mut patience = Patience::new(self.clock.as_ref());
        for _ in 0..ASKED_AGAIN {
            let now = self.clock.now();
            match self.store.lease(name, until(now), now).await {
                Err(error) if error.is_transient() && error.was_asked() => {
                    *unanswered = Some(StoreError::transient(chain(&error).to_string()));
                    patience.wait(error).await?;
                }
                answer => return answer,
            }
        }
        let now = self.clock.now();
        self.store.lease(name, until(now), now).await
    }
}

impl Lease {
    /// Does the work and renews the lease meanwhile. A lease that was lost does not stop the work: what it writes is compared
    /// with what is there.
    pub(crate) async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        let Leases { store, clock } = &self.leases;
        let (mut work, mut pause) = (pin!(work), RENEWED_EVERY);
        loop {
            if let Ok(done) = timeout(clock::least(clock.wait(pause)), &mut work).await {
                return done;
            }
            let now = clock.now();
            let renewed = store.renew_lease(self.name, self.fence, until(now), now).await;
            pause = if renewed.is_ok() { RENEWED_EVERY } else { RENEWED_AGAIN };
            report(renewed.map(drop));
        }
    }

    /// Whether it never left us, as far as the store knows. From now on it lasts as long as a new one.
    pub(crate) async fn is_still_ours(&self) -> Result<bool, StoreError> {
        let Leases { store, clock } = &self.leases;
        let mut patience = Patience::new(clock.as_ref());
        loop {
            let now = clock.now();
            match store.renew_lease(self.name, self.fence, until(now), now).await {
                Err(error) if error.is_transient() => patience.wait(error).await?,
                answer => return answer,
            }
        }
    }

    /// Gives it back. Whoever waits for what was done under it does not wait for a store that stumbles now.
    pub(crate) async fn give_back(self) {
        match self.release().await {
            Err(error) if error.is_transient() => drop(tokio::spawn(self.give_back_in_the_end(error))),
            released => report(released),
        }
    }

    async fn give_back_in_the_end(self, mut error: StoreError) {
        let clock = Arc::clone(&self.leases.clock);
        let mut patience = Patience::new(clock.as_ref());
        while error.is_transient() {
            if let Err(last) = patience.wait(error).await {
                return report(Err(last));
            }
            match self.release().await {
                Ok(()) => return,
                Err(next) => error = next,
            }
        }
        report(Err(error));
    }

    async fn release(&self) -> Result<(), StoreError> {
        let Leases { store, clock } = &self.leases;
        store.release_lease(self.name, self.fence, clock.now()).await
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
            tracing::warn!(target: "vestibule::session", reason, "a lease could not be renewed or given back");
        } else {
            tracing::debug!(target: "vestibule::session", reason, "a lease was not renewed or given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_store::{
        MemoryStore,
        guarded::tests::distant::{Distant, Mood},
    };

    /// A clock that stands still, and goes so many times as fast as time.
    #[derive(Debug)]
    struct Times(u32);

    impl Clock for Times {
        fn now(&self) -> NumericDate {
            NumericDate::from_seconds(1_700_000_000)
        }

        fn wait(&self, length: Duration) -> Duration {
            length / self.0
        }
    }

    async fn nothing_yet() -> Result<Option<()>, crate::provider::ProviderError> {
        Ok(None)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_outwaits_one_crash_by_the_clock_of_the_process() {
        for (times, least, most) in [(1, 40_000, 41_000), (100, 400, 500)] {
            let (store, clock): (Arc<dyn SessionStore>, Arc<dyn Clock>) =
                (Arc::new(MemoryStore::new()), Arc::new(Times(times)));
            let (leases, name) = (Leases::new(&store, &clock), Key::from_bytes([7; 32]));
            let taken = leases.take(name, nothing_yet).await;
            assert!(matches!(taken, Ok(Taken::Lease(_))));
            let began = Instant::now();
            assert!(leases.take(name, nothing_yet).await.is_err());
            let waited = began.elapsed().as_millis();
            assert!((least..most).contains(&waited), "{times}: {waited}");
            assert!(i64::try_from(PATIENCE.as_secs()).is_ok_and(|patience| patience > LENGTH));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_while_the_work_lasts_by_the_clock_of_the_process() {
        let (store, clock): (Arc<dyn SessionStore>, Arc<dyn Clock>) =
            (Arc::new(MemoryStore::new()), Arc::new(Times(10)));
        let (leases, name) = (Leases::new(&store, &clock), Key::from_bytes([7; 32]));
        let Ok(Taken::Lease(lease)) = leases.take(name, nothing_yet).await else { panic!("nobody has it") };
        let shorter = clock.now().plus(1);
        assert!(store.renew_lease(name, lease.fence, shorter, clock.now()).await.expect("in memory"));
        lease.hold(tokio::time::sleep(Duration::from_millis(1500))).await;
        let later = clock.now().plus(LENGTH - 1);
        assert!(store.lease(name, later.plus(1), later).await.expect("in memory").is_none(), "it was renewed");
        lease.give_back().await;
        assert!(store.lease(name, later, clock.now()).await.expect("in memory").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_failed_is_made_up_for_before_the_lease_ends() {
        let (distant, clock): (_, Arc<dyn Clock>) = (Arc::new(Distant::default()), Arc::new(Times(1)));
        let store: Arc<dyn SessionStore> = Arc::clone(&distant) as _;
        let (leases, name) = (Leases::new(&store, &clock), Key::from_bytes([7; 32]));
        let Ok(Taken::Lease(lease)) = leases.take(name, nothing_yet).await else { panic!("nobody has it") };
        let shorter = clock.now().plus(1);
        assert!(store.renew_lease(name, lease.fence, shorter, clock.now()).await.expect("it is well"));
        lease
            .hold(async {
                distant.is(Mood::Failing);
                tokio::time::sleep(RENEWED_EVERY + Duration::from_millis(500)).await;
                distant.is(Mood::Well);
                tokio::time::sleep(RENEWED_AGAIN).await;
            })
            .await;
        let later = clock.now().plus(LENGTH - 1);
        assert!(store.lease(name, later.plus(1), later).await.expect("it is well").is_none(), "it was renewed");
    }
}

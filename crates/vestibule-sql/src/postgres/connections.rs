//! The connections to PostgreSQL. The driver's pool asks a connection whether it lives each time it is given back, and waits out its
//! time limit where a server refuses; ours asks only where there is a doubt, and says at once that nobody is there.

use std::{
    fmt,
    ops::DerefMut,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use vestibule::StoreError;

use crate::{
    WAIT,
    fault::{Fault, postgres},
};

/// A connection that was used this short a time ago lives.
const FRESH: Duration = Duration::from_secs(10);

/// One that is as old as that is closed, used or not: who only reads would never learn that its server has become a standby.
const OLD: Duration = Duration::from_secs(300);

#[derive(Clone, Debug)]
pub(super) enum Connections {
    Own(Arc<Own>),
    Given(PgPool),
}

pub(super) struct Own {
    options: PgConnectOptions,
    at_most: u32,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
}

struct Live {
    connection: PgConnection,
    born: Instant,
}

struct Idle {
    live: Live,
    since: Instant,
    trust: Trust,
}

/// Whether a connection is asked before it is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Sound,
    Doubtful,
}

impl Connections {
    pub(super) fn own(options: PgConnectOptions, at_most: u32) -> Self {
        let room = Arc::new(Semaphore::new(usize::try_from(at_most).unwrap_or(1)));
        Self::Own(Arc::new(Own { options, at_most, room, idle: Mutex::default() }))
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        match self {
            Self::Own(own) => own.options.clone(),
            Self::Given(pool) => (*pool.connect_options()).clone(),
        }
    }

    /// The same with other options, as long as nobody has asked anything. A pool that was given stays as it is.
    pub(super) fn with(&self, change: impl FnOnce(PgConnectOptions) -> PgConnectOptions) -> Self {
        match self {
            Self::Own(own) => Self::own(change(own.options.clone()), own.at_most),
            Self::Given(pool) => Self::Given(pool.clone()),
        }
    }

    /// A pool for the one connection that listens, with what holds for the others by now.
    pub(super) fn for_an_ear(&self) -> PgPool {
        let settings = match self {
            Self::Own(_) => PgPoolOptions::new(),
            Self::Given(pool) => pool.options().clone().min_connections(0),
        };
        let settings = settings.max_connections(1).acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None);
        settings.connect_lazy_with(self.options())
    }

    /// A connection beside the others, or one of the pool's: its owner may have said much to it that no options tell.
    pub(super) async fn apart(&self) -> Result<Lent, StoreError> {
        match self {
            Self::Own(own) => connect(&own.options).await.map(Lent::Apart),
            Self::Given(_) => self.lend().await,
        }
    }

    /// A connection that is there, or a new one.
    pub(super) async fn lend(&self) -> Result<Lent, StoreError> {
        match self {
            Self::Own(own) => own.lend().await,
            Self::Given(pool) => {
                let acquired = timeout(WAIT, pool.acquire()).await;
                let acquired = acquired.map_err(|_| Fault::NoConnection(WAIT.as_secs()).transient())?;
                acquired.map(Lent::Given).map_err(postgres)
            }
        }
    }
}

impl Own {
    async fn lend(self: &Arc<Self>) -> Result<Lent, StoreError> {
        let permit = timeout(WAIT, Arc::clone(&self.room).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Fault::Busy(self.at_most, WAIT.as_secs()).transient());
        };
        let mut borrowed = match self.sound().await {
            Some(live) => self.borrowed(live, permit),
            None => self.made(permit).await?,
        };
        borrowed.trust = Trust::Doubtful;
        Ok(Lent::Own(borrowed))
    }

    /// A new connection, made beside whoever asks for it: if they go before it comes, it is there for the next one. Nobody makes more
    /// than there is room for.
    async fn made(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Result<Borrowed, StoreError> {
        let own = Arc::clone(self);
        let making = tokio::spawn(async move {
            let connection = connect(&own.options).await?;
            Ok(own.borrowed(Live { connection, born: Instant::now() }, permit))
        });
        let ended = |_| Err(Fault::Driver("the runtime in which it was made has ended".to_owned()).transient());
        making.await.unwrap_or_else(ended)
    }

    fn borrowed(self: &Arc<Self>, live: Live, permit: OwnedSemaphorePermit) -> Borrowed {
        Borrowed { live: Some(live), trust: Trust::Sound, own: Arc::clone(self), _permit: permit }
    }

    /// An idle connection that lives. Where one does not, the others are in doubt: one new connection is sooner there than all are
    /// asked.
    async fn sound(&self) -> Option<Live> {
        let mut idle = self.young()?;
        if idle.trust == Trust::Sound && idle.since.elapsed() < FRESH {
            return Some(idle.live);
        }
        if let Ok(Ok(())) = timeout(WAIT / 4, idle.live.connection.ping()).await {
            return Some(idle.live);
        }
        self.forget_idle();
        None
    }

    /// The idle connection that was used last, of those that are not too old.
    fn young(&self) -> Option<Idle> {
        let mut idle = self.idle();
        idle.retain(|idle| idle.live.born.elapsed() < OLD);
        idle.pop()
    }

    fn give_back(&self, live: Live, trust: Trust) {
        self.idle().push(Idle { live, since: Instant::now(), trust });
    }

    fn forget_idle(&self) {
        let forgotten = std::mem::take(&mut *self.idle());
        drop(forgotten);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Neither where it is nor who asks.
impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("at_most", &self.at_most).finish_non_exhaustive()
    }
}

/// A new connection, or why there is none.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    match timeout(WAIT, PgConnection::connect_with(options)).await {
        Ok(connected) => connected.map_err(postgres),
        Err(_) => Err(Fault::NoConnection(WAIT.as_secs()).transient()),
    }
}

/// A connection that goes back when it is dropped. Whoever drops it in the midst of a question leaves it in doubt.
pub(super) enum Lent {
    Own(Borrowed),
    Apart(PgConnection),
    Given(PoolConnection<Postgres>),
}

pub(super) struct Borrowed {
    live: Option<Live>,
    trust: Trust,
    own: Arc<Own>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    /// It has answered.
    pub(super) fn answered(mut self) {
        if let Self::Own(borrowed) = &mut self {
            borrowed.trust = Trust::Sound;
        }
    }

    /// It is of no use any more, and neither may be those that were made with it.
    pub(super) fn lost(self) {
        match self {
            Self::Own(mut borrowed) => {
                borrowed.own.forget_idle();
                drop(borrowed.live.take());
            }
            Self::Apart(connection) => drop(connection),
            Self::Given(connection) => drop(connection.detach()),
        }
    }

    pub(super) fn there(&mut self) -> Result<&mut PgConnection, StoreError> {
        let connection = match self {
            Self::Own(borrowed) => borrowed.live.as_mut().map(|live| &mut live.connection),
            Self::Apart(connection) => Some(connection),
            Self::Given(connection) => Some(connection.deref_mut()),
        };
        connection.ok_or_else(|| Fault::Driver("it is gone".to_owned()).transient())
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.own.give_back(live, self.trust);
        }
    }
}

//! Who waits for the end of a session, and how they learn of it: whatever ends one here tells, a store tells what it can, and
//! whoever waits looks again by themselves now and then.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore},
    time::timeout,
};
use vestibule_core::NumericDate;

use super::{Session, Times, keeping::Keeping};
use crate::{
    clock,
    door::Door,
    session_store::{Born, Listener, Notice},
    store::{Key, StoreError},
};

/// Those who wait for ends of sessions at one door.
#[derive(Debug)]
pub(crate) struct Endings {
    at_most: usize,
    waiting: Mutex<Waiting>,
    /// Turns to ask the store: what ends the sessions of a whole issuer wakes everybody at once.
    turns: Semaphore,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Each by all that can tell them, and by number.
    by_key: BTreeMap<(Key, u64), Arc<Waiter>>,
    count: usize,
    last: u64,
}

#[derive(Debug)]
struct Waiter {
    watched: Mutex<Watched>,
    over: Notify,
    again: Notify,
}

/// What is known of the session that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Watched {
    session: Key,
    /// Whose marks can end it, itself included.
    whose: [Key; 4],
    born: Born,
    times: Times,
}

/// How often those who wait look by themselves: no store has to be able to tell.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How soon, while the store does not answer and is not asked: it may tell that it hears again before it answers again.
const LOOK_SOON: Duration = Duration::from_secs(5);
/// How many ask the store at once.
const TURNS: usize = 32;
/// How many can be told; whoever comes when there are more looks by themselves alone.
const MOST: usize = 100_000;

impl Endings {
    pub(crate) fn new() -> Self {
        Self::at_most(MOST)
    }

    fn at_most(at_most: usize) -> Self {
        Self { at_most, waiting: Mutex::default(), turns: Semaphore::new(TURNS) }
    }

    /// How many wait.
    pub(crate) fn size(&self) -> usize {
        self.lock().count
    }

    /// What a store is given to tell. It does not keep the door alive.
    pub(crate) fn listener(self: &Arc<Self>) -> Listener {
        let endings = Arc::downgrade(self);
        Arc::new(move |notice| {
            let Some(endings) = endings.upgrade() else { return };
            match notice {
                Notice::Ended(key) => endings.tell(key),
                Notice::Hearing => endings.look_again(),
                Notice::Deaf => {}
            }
        })
    }

    /// The session of this key has ended, or a mark of this key was raised: then whom it may concern looks again, since it does
    /// not end every session.
    pub(crate) fn tell(&self, key: Key) {
        for (_, waiter) in self.concerned(key) {
            if waiter.watched().session == key { waiter.over.notify_one() } else { waiter.again.notify_one() }
        }
    }

    /// Something may have ended that nobody told.
    fn look_again(&self) {
        let waiting = self.lock();
        // Each has several entries, and to be told twice is to look twice.
        for ((key, _), waiter) in &waiting.by_key {
            if waiter.watched().session == *key {
                waiter.again.notify_one();
            }
        }
    }

    /// The session in cookies is good for longer.
    pub(super) fn prolonged(&self, session: Key, last_seen: NumericDate) {
        self.concerned(session).iter().for_each(|(_, waiter)| waiter.saw(session, last_seen));
    }

    /// The session goes on as another one: whoever waits for its end waits for the other's.
    pub(super) fn goes_on(&self, earlier: Key, later: &Session, door: &Door) {
        for (number, waiter) in self.concerned(earlier) {
            let (before, after) = (waiter.watched(), Watched::of(later, door));
            if before.session != earlier {
                continue;
            }
            let mut waiting = self.lock();
            // Whoever left meanwhile is not entered again.
            if waiting.by_key.contains_key(&(earlier, number)) {
                waiting.leave(number, &before);
                *waiter.lock() = after;
                waiting.sit(number, &waiter);
            }
            waiter.again.notify_one();
        }
    }

    fn concerned(&self, key: Key) -> Vec<(u64, Arc<Waiter>)> {
        let waiting = self.lock();
        let concerned = waiting.by_key.range((key, 0)..=(key, u64::MAX));
        concerned.map(|((_, number), waiter)| (*number, Arc::clone(waiter))).collect()
    }

    /// A seat for one who waits for the end of a session.
    fn enter(self: &Arc<Self>, watched: Watched) -> Seat {
        let waiter = Arc::new(Waiter { watched: Mutex::new(watched), over: Notify::new(), again: Notify::new() });
        let mut waiting = self.lock();
        let number = (waiting.count < self.at_most).then(|| {
            waiting.count += 1;
            waiting.last += 1;
            let number = waiting.last;
            waiting.sit(number, &waiter);
            number
        });
        Seat { endings: Arc::clone(self), waiter, number }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn sit(&mut self, number: u64, waiter: &Arc<Waiter>) {
        self.by_key.extend(waiter.watched().whose.map(|key| ((key, number), Arc::clone(waiter))));
    }

    fn leave(&mut self, number: u64, watched: &Watched) {
        for key in watched.whose {
            self.by_key.remove(&(key, number));
        }
    }
}

impl Waiter {
    fn watched(&self) -> Watched {
        *self.lock()
    }

    fn saw(&self, session: Key, at: NumericDate) {
        let mut watched = self.lock();
        if watched.session == session {
            watched.times = watched.times.seen(at);
        }
    }

    /// Held for an instant, and never to take another lock.
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn of(session: &Session, door: &Door) -> Self {
        Self { session: session.key, whose: door.whose(session), born: session.born, times: session.times }
    }
}

/// A seat among those who wait, given back when it is dropped.
#[derive(Debug)]
struct Seat {
    endings: Arc<Endings>,
    waiter: Arc<Waiter>,
    /// None for whoever came when there were too many.
    number: Option<u64>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut waiting = self.endings.lock();
        waiting.count -= 1;
        waiting.leave(number, &self.waiter.watched());
    }
}

/// One who waits for the end of a session.
#[derive(Debug)]
pub(crate) struct Wait {
    door: Arc<Door>,
    seat: Seat,
}

impl Wait {
    /// Told from now on, so that what happens before the first look is not missed.
    pub(crate) fn new(door: &Arc<Door>, session: &Session) -> Self {
        Self { door: Arc::clone(door), seat: door.endings.enter(Watched::of(session, door)) }
    }

    /// The same for a session that its response has prolonged already.
    pub(crate) fn prolonged(self, last_seen: Option<NumericDate>) -> Self {
        let waiter = &self.seat.waiter;
        last_seen.into_iter().for_each(|at| waiter.saw(waiter.watched().session, at));
        self
    }

    /// Until the session is over.
    pub(crate) async fn over(self) {
        first(self.seat.waiter.over.notified(), self.watch()).await;
    }

    async fn watch(&self) {
        loop {
            let watched = self.seat.waiter.watched();
            match self.look(&watched).await {
                // Who is told looks again, and so does who was told nothing for long enough.
                Some(wait) => {
                    let wait = clock::least(self.door.clock.wait(wait));
                    drop(timeout(wait, self.seat.waiter.again.notified()).await);
                }
                None if self.seat.waiter.watched().session == watched.session => return,
                // It went on as another one while somebody looked.
                None => {}
            }
        }
    }

    /// How long until the next look, at the end of the session or before; `None` when it is over.
    async fn look(&self, watched: &Watched) -> Option<Duration> {
        let asked = timeout(LOOK_EVERY, async {
            let _turn = self.seat.endings.turns.acquire().await;
            self.ask(watched).await
        });
        let (until, at_most) = match asked.await {
            Ok(Ok(times)) => (times?.expire_at(), LOOK_EVERY),
            // A store that cannot say has ended nothing. The absolute end needs no store.
            Ok(Err(error)) if !error.was_asked() => (watched.times.ends_at, LOOK_SOON),
            Ok(Err(_)) | Err(_) => (watched.times.ends_at, LOOK_EVERY),
        };
        let left = until.seconds_since(self.door.now());
        u64::try_from(left).ok().filter(|left| *left > 0).map(|left| Duration::from_secs(left).min(at_most))
    }

    /// The times of the session as they are now, which asking does not change.
    async fn ask(&self, watched: &Watched) -> Result<Option<Times>, StoreError> {
        let (door, now) = (&self.door, self.door.now());
        match &door.keeping {
            Keeping::Store(_) => Ok(door.stored_session(watched.session).await?.map(|session| session.times)),
            Keeping::Cookies(marks) => {
                let is_over = watched.times.are_over(now) || marks.marks(&watched.whose, now).await?.ends(watched.born);
                Ok((!is_over).then_some(watched.times))
            }
        }
    }
}

/// Until one of the two is done.
async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await;
}

#[cfg(test)]
mod tests;

//! The sessions, in shards by key, and the register of whose they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use vestibule_core::NumericDate;

use super::{
    bounds::{BATCH, Full},
    expiring::{Entry, Expiring},
    locks,
};
use crate::{
    session_store::{Born, Insertion, Mark, NewSession, StoredSession, Update, Version},
    store::{Key, StoreError},
};

const SHARDS: usize = 64;

/// Who makes or ends sessions holds the register, and only who holds the register holds more than one shard. Loads, updates and
/// touches hold one shard each. So each operation is one step to all others, and nobody waits in a circle.
#[derive(Debug)]
pub(super) struct Sessions {
    at_most: usize,
    register: Mutex<Register>,
    shards: [Shard; SHARDS - 1],
    last: Shard,
}

type Shard = RwLock<Expiring<Session>>;

/// How many there are, and whose.
#[derive(Debug, Default)]
struct Register {
    sessions: usize,
    /// Index and session, so that an index is there as long as it has a session.
    index: BTreeSet<(Key, Key)>,
}

#[derive(Debug)]
struct Session {
    value: Vec<u8>,
    version: Version,
    subject: Key,
    sid: Option<Key>,
    born: Born,
    last_seen: NumericDate,
}

impl Sessions {
    pub(super) fn at_most(at_most: usize) -> Self {
        Self {
            at_most,
            register: Mutex::default(),
            shards: std::array::from_fn(|_| Shard::default()),
            last: Shard::default(),
        }
    }

    pub(super) fn set_at_most(&mut self, at_most: usize) {
        self.at_most = at_most;
    }

    pub(super) fn insert(
        &self,
        key: Key,
        new: NewSession,
        version: Version,
        now: NumericDate,
    ) -> Result<Insertion, StoreError> {
        let mut register = self.register();
        if register.sessions >= self.at_most {
            self.purge_from(&mut register, now, &mut { BATCH });
        }
        let mut shard = self.write(number(key));
        if shard.get(key, now).is_some() {
            return Ok(Insertion::Exists);
        }
        if let Some(ended) = shard.take(key) {
            register.strike(key, &ended);
        }
        if register.sessions >= self.at_most {
            return Err(StoreError::permanent(Full::Sessions(self.at_most)));
        }
        let NewSession { value, subject, sid, born, last_seen, expires_at } = new;
        let session = Session { value, version, subject, sid, born, last_seen };
        register.enter(key, &session);
        shard.insert(key, session, expires_at);
        Ok(Insertion::Done)
    }

    pub(super) fn load(&self, key: Key, now: NumericDate) -> Option<StoredSession> {
        self.read(number(key)).get(key, now).map(stored)
    }

    pub(super) fn update(&self, key: Key, version: Version, value: Vec<u8>, next: Version, now: NumericDate) -> Update {
        match self.write(number(key)).get_mut(key, now) {
            None => Update::Gone,
            Some(session) if session.version != version => Update::Changed,
            Some(session) => {
                session.value = value;
                session.version = next;
                Update::Done(next)
            }
        }
    }

    pub(super) fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> bool {
        let mut shard = self.write(number(key));
        let Some(until) = shard.get(key, now).map(Entry::until) else { return false };
        if let Some(session) = shard.get_mut(key, now) {
            session.last_seen = session.last_seen.max(last_seen);
        }
        if until < expires_at {
            shard.set_until(key, expires_at);
        }
        true
    }

    pub(super) fn delete(&self, key: Key, now: NumericDate) -> bool {
        let mut register = self.register();
        let ended = self.write(number(key)).remove(key, now);
        if let Some(session) = &ended {
            register.strike(key, session);
        }
        ended.is_some()
    }

    pub(super) fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Vec<Key> {
        let mut register = self.register();
        let keys = register.of(index);
        let mut shards: BTreeMap<_, _> = keys.iter().map(|key| number(*key)).map(|n| (n, None)).collect();
        for (number, shard) in &mut shards {
            *shard = Some(self.write(*number));
        }
        let mut over = Vec::new();
        for key in keys {
            let Some(Some(shard)) = shards.get_mut(&number(key)) else { continue };
            if !shard.get(key, now).is_some_and(|session| mark.ends(session.value.born)) {
                continue;
            }
            if let Some(session) = shard.take(key) {
                register.strike(key, &session);
                over.push(key);
            }
        }
        over
    }

    pub(super) fn list(&self, index: Key, now: NumericDate) -> Vec<(Key, StoredSession)> {
        let register = self.register();
        let keys = register.of(index);
        let mut shards: BTreeMap<_, _> = keys.iter().map(|key| number(*key)).map(|n| (n, None)).collect();
        for (number, shard) in &mut shards {
            *shard = Some(self.read(*number));
        }
        let found = |key: Key| shards.get(&number(key))?.as_ref()?.get(key, now).map(stored);
        keys.into_iter().filter_map(|key| found(key).map(|session| (key, session))).collect()
    }

    /// Takes out what has ended, but not more than the budget, which it lessens.
    pub(super) fn purge(&self, now: NumericDate, budget: &mut usize) {
        self.purge_from(&mut self.register(), now, budget);
    }

    fn purge_from(&self, register: &mut Register, now: NumericDate, budget: &mut usize) {
        for number in 0..SHARDS {
            let mut shard = self.write(number);
            while *budget > 0 {
                let Some((key, session)) = shard.pop_ended(now) else { break };
                register.strike(key, &session);
                *budget -= 1;
            }
        }
    }

    /// How many sessions there are, and how many entries of the index.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let register = self.register();
        (register.sessions, register.index.len())
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        (0..SHARDS).map(|number| self.read(number).capacity()).sum()
    }

    #[cfg(test)]
    pub(super) fn is_locked(&self) -> bool {
        self.register.try_lock().is_err()
            || self.shards.iter().chain([&self.last]).any(|shard| shard.try_write().is_err())
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        locks::lock(&self.register)
    }

    fn read(&self, number: usize) -> RwLockReadGuard<'_, Expiring<Session>> {
        locks::read(self.shard(number))
    }

    fn write(&self, number: usize) -> RwLockWriteGuard<'_, Expiring<Session>> {
        locks::write(self.shard(number))
    }

    fn shard(&self, number: usize) -> &Shard {
        self.shards.get(number).unwrap_or(&self.last)
    }
}

/// The shard of a key, by its last byte: the first ones are its hash within the shard and must differ there.
fn number(key: Key) -> usize {
    let [.., last] = *key.as_bytes();
    usize::from(last) % SHARDS
}

fn stored(entry: &Entry<Session>) -> StoredSession {
    let session = &entry.value;
    StoredSession::new(session.value.clone(), session.version, session.last_seen, entry.until())
}

impl Register {
    fn enter(&mut self, key: Key, session: &Session) {
        self.sessions += 1;
        self.index.insert((session.subject, key));
        self.index.extend(session.sid.map(|sid| (sid, key)));
    }

    fn strike(&mut self, key: Key, session: &Session) {
        self.sessions -= 1;
        self.index.remove(&(session.subject, key));
        if let Some(sid) = session.sid {
            self.index.remove(&(sid, key));
        }
    }

    fn of(&self, index: Key) -> Vec<Key> {
        const FIRST: Key = Key::from_bytes([0; 32]);
        const LAST: Key = Key::from_bytes([0xff; 32]);
        self.index.range((index, FIRST)..=(index, LAST)).map(|(_, key)| *key).collect()
    }
}

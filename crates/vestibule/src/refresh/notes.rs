//! What is written down about the refresh of a session: that its refresh token was presented, before it is; and for sessions in
//! cookies what came of it, for whoever comes late with the old cookie.

use serde::{Deserialize, Serialize};
use vestibule_core::NumericDate;

use crate::{
    door::Door,
    error::chain,
    patience::Patience,
    session::Session,
    session_store::{Update, Version},
    store::{Key, StoreError},
};

/// A wire format, like the session's payload: add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written {
    V1 { presented: Option<Presented>, successor: Option<Vec<u8>> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Presented {
    /// Of the session whose refresh token it was.
    generation: u32,
    at: i64,
}

/// What was found written down.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Note {
    presented: Option<Presented>,
    successor: Option<Vec<u8>>,
}

impl Note {
    /// The session as it is since the last refresh.
    pub(super) fn successor(&self, door: &Door) -> Option<Session> {
        door.read_payload(self.successor.clone()?)
    }

    /// Whether the refresh token of this generation was presented by somebody who never said what came of it.
    pub(super) fn was_interrupted(&self, generation: u32) -> bool {
        self.presented.is_some_and(|presented| presented.generation == generation)
    }

    /// Whether the provider is set as forgiving a second use, and this one would be in time.
    pub(super) fn may_be_tried_again(&self, grace: Option<i64>, now: NumericDate) -> bool {
        let age = self.presented.map(|presented| now.seconds_since(NumericDate::from_seconds(presented.at)));
        age.zip(grace).is_some_and(|(age, grace)| age <= grace)
    }
}

/// What they are called in the log.
const WHAT: &str = "the notes of a refresh";
/// For how many seconds the successor of an old cookie is kept once the new one was seen: requests take that long.
const ON_THEIR_WAY: i64 = 120;

/// The place where the notes of one session are, as they were last seen.
pub(super) struct Notes<'a> {
    door: &'a Door,
    key: Key,
    /// Until when the session could live.
    until: NumericDate,
    version: Option<Version>,
}

impl<'a> Notes<'a> {
    pub(super) fn of(door: &'a Door, session: &Session) -> Self {
        Self { door, key: door.keys.refresh(session.key), until: session.times.ends_at, version: None }
    }

    pub(super) async fn read(&mut self) -> Result<Note, StoreError> {
        let Some(kept) = self.door.store().kept(self.key, self.door.now()).await? else {
            self.version = None;
            return Ok(Note::default());
        };
        self.version = Some(kept.version);
        let opened = self.door.seals.kept.open_bytes(self.key.as_bytes(), kept.value);
        Ok(match opened.and_then(|bytes| postcard::from_bytes(&bytes).ok()) {
            Some(Written::V1 { presented, successor }) => Note { presented, successor },
            // Of another key or version: as good as none.
            None => {
                self.door.unreadable.report(WHAT, self.key);
                Note::default()
            }
        })
    }

    /// Before the token is presented: whoever finds this and nobody at work knows that it was.
    pub(super) async fn write_attempt(&mut self, note: &Note, generation: u32) -> Result<(), StoreError> {
        let presented = Presented { generation, at: self.door.now().seconds() };
        self.write(Some(presented), note.successor.clone(), self.until).await
    }

    /// The attempt came to nothing, and the token is as good as before.
    pub(super) async fn take_back_attempt(&mut self, note: &Note) -> Result<(), StoreError> {
        match &note.successor {
            Some(successor) => self.write(None, Some(successor.clone()), self.until).await,
            None => {
                self.forget().await;
                Ok(())
            }
        }
    }

    /// What the session is from now on, for whoever comes late with the old cookie.
    pub(super) async fn write_successor(&mut self, session: &Session) -> Result<(), StoreError> {
        let payload = session.to_payload(&session.times);
        let mut patience = Patience::new(self.door.clock.as_ref());
        loop {
            match self.write(None, Some(payload.clone()), self.until).await {
                Err(error) if error.is_transient() => patience.wait(error).await?,
                result => return result,
            }
            // It may have been written, though the store could not say so.
            if self.read().await.is_ok_and(|note| note.successor.as_ref() == Some(&payload)) {
                return Ok(());
            }
        }
    }

    /// Nothing is left to tell. Notes that cannot be deleted expire with the session.
    pub(super) async fn forget(&self) {
        let discarded = self.door.store().discard(self.key, self.door.now()).await;
        report(discarded.map(drop));
    }

    /// The browser has the new cookie: only requests that are on their way still need what came of the refresh.
    pub(super) async fn forget_soon(&mut self) {
        let shortened = match self.read().await {
            Ok(Note { presented: None, successor: Some(successor) }) => {
                self.write(None, Some(successor), self.door.now().plus(ON_THEIR_WAY).min(self.until)).await
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        report(shortened);
    }

    async fn write(
        &mut self,
        presented: Option<Presented>,
        successor: Option<Vec<u8>>,
        until: NumericDate,
    ) -> Result<(), StoreError> {
        let written = Written::V1 { presented, successor };
        let bytes = postcard::to_stdvec(&written).expect("bytes and integers have a postcard form");
        let sealed = self.door.seals.kept.seal_bytes(self.key.as_bytes(), &bytes);
        let (store, now) = (self.door.store(), self.door.now());
        match store.keep(self.key, self.version, sealed, Some(until), now).await? {
            Update::Done(version) => {
                self.version = Some(version);
                Ok(())
            }
            // Only who has the lease writes here, so it was lost to somebody who is at it now.
            Update::Changed | Update::Gone => Err(StoreError::permanent("another machine took the refresh over")),
        }
    }
}

fn report(result: Result<(), StoreError>) {
    if let Err(error) = result {
        let reason = chain(&error);
        if error.was_asked() {
            tracing::warn!(target: "vestibule::tokens", reason, "the notes of a refresh stay until the session ends");
        } else {
            tracing::debug!(target: "vestibule::tokens", reason, "the notes of a refresh stay until the session ends");
        }
    }
}

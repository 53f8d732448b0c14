//! What is written down about the refresh of a session: that its refresh token was presented, before it is; and for sessions in
//! cookies what came of it, for whoever comes late with the old cookie.

use serde::{Deserialize, Serialize};
use vestibule_core::NumericDate;

use crate::{
    door::Door,
    error::chain,
    patience::Patience,
    session::{Session, seal::sha256},
    session_store::{Update, Version},
    store::{Key, StoreError},
};

/// A wire format, like the session's payload: add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Format {
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

/// By which one writing of notes is told from every other, though they say the same: each is sealed with randomness of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Imprint([u8; 32]);

impl Imprint {
    fn of(sealed: &[u8]) -> Self {
        Self(sha256(sealed))
    }
}

/// How something came to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    AtOnce,
    /// After the store had failed to say so, or to do it.
    InTheEnd,
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
    /// Of what was there when they were last seen.
    imprint: Option<Imprint>,
    /// Of the attempt that was to be written here.
    attempt: Option<Imprint>,
}

impl<'a> Notes<'a> {
    pub(super) fn of(door: &'a Door, session: &Session) -> Self {
        Self {
            door,
            key: door.keys.refresh(session.key),
            until: session.times.ends_at,
            version: None,
            imprint: None,
            attempt: None,
        }
    }

    pub(super) async fn read(&mut self) -> Result<Note, StoreError> {
        let Some(kept) = self.door.store().kept(self.key, self.door.now()).await? else {
            (self.version, self.imprint) = (None, None);
            return Ok(Note::default());
        };
        (self.version, self.imprint) = (Some(kept.version), Some(Imprint::of(&kept.value)));
        let opened = self.door.seals.kept.open_bytes(self.key.as_bytes(), kept.value);
        Ok(match opened.and_then(|bytes| postcard::from_bytes(&bytes).ok()) {
            Some(Format::V1 { presented, successor }) => Note { presented, successor },
            // Of another key or version: as good as none.
            None => {
                self.door.unreadable.report(WHAT, self.key);
                Note::default()
            }
        })
    }

    /// Of what was there when they were last seen.
    pub(super) fn imprint(&self) -> Option<Imprint> {
        self.imprint
    }

    /// Of the attempt that was to be written here, whether or not it is there.
    pub(super) fn attempt(&self) -> Option<Imprint> {
        self.attempt
    }

    /// Before the token is presented: whoever finds this and nobody at work knows that it was.
    pub(super) async fn write_attempt(&mut self, note: &Note, generation: u32) -> Result<Written, StoreError> {
        let presented = Presented { generation, at: self.door.now().seconds() };
        let sealed = self.seal(Some(presented), note.successor.clone());
        self.attempt = Some(Imprint::of(&sealed));
        self.write(sealed, self.until, Patience::new(self.door.clock.as_ref())).await
    }

    /// The attempt came to nothing, and the token is as good as before. What others wrote meanwhile stays.
    pub(super) async fn take_back_attempt(&mut self, note: &Note) -> Result<(), StoreError> {
        let mut patience = Patience::new(self.door.clock.as_ref());
        while self.imprint != self.attempt {
            // Whether it was written nobody said.
            match self.read().await {
                Ok(_) if self.imprint == self.attempt => {}
                Ok(_) => return Ok(()),
                Err(error) if error.is_transient() => patience.wait(error).await?,
                Err(error) => return Err(error),
            }
        }
        let until = if note.successor.is_some() { self.until } else { self.soon() };
        let sealed = self.seal(None, note.successor.clone());
        self.write(sealed, until, patience).await.map(drop)
    }

    /// What the session is from now on, for whoever comes late with the old cookie.
    pub(super) async fn write_successor(&mut self, session: &Session) -> Result<(), StoreError> {
        let sealed = self.seal(None, Some(session.to_payload(&session.times)));
        self.write(sealed, self.until, Patience::stubborn(self.door.clock.as_ref())).await.map(drop)
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
                let sealed = self.seal(None, Some(successor));
                self.put(&sealed, self.soon()).await.map(drop)
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        report(shortened);
    }

    fn soon(&self) -> NumericDate {
        self.door.now().plus(ON_THEIR_WAY).min(self.until)
    }

    fn seal(&self, presented: Option<Presented>, successor: Option<Vec<u8>>) -> Vec<u8> {
        let written = Format::V1 { presented, successor };
        let bytes = postcard::to_stdvec(&written).expect("bytes and integers have a postcard form");
        self.door.seals.kept.seal_bytes(self.key.as_bytes(), &bytes)
    }

    /// Puts this in the place of what was seen there. A store that stumbles may have done it without saying so, which it then is asked.
    async fn write(
        &mut self,
        sealed: Vec<u8>,
        until: NumericDate,
        mut patience: Patience<'_>,
    ) -> Result<Written, StoreError> {
        let (before, ours, mut written) = (self.imprint, Imprint::of(&sealed), Written::AtOnce);
        loop {
            let doubt = match self.put(&sealed, until).await {
                Ok(Update::Done(_)) => return Ok(written),
                Ok(Update::Changed | Update::Gone) => {
                    Some(StoreError::transient("the notes of a refresh were changed"))
                }
                Err(error) if error.is_transient() => {
                    patience.wait(error).await?;
                    None
                }
                Err(error) => return Err(error),
            };
            written = Written::InTheEnd;
            match self.read().await {
                Ok(_) if self.imprint == Some(ours) => return Ok(written),
                Ok(_) if self.imprint == before => {
                    if let Some(error) = doubt {
                        patience.wait(error).await?;
                    }
                }
                // Only who has the lease writes here, so it was lost to somebody who is at it now; or the session ended, and with it this.
                Ok(_) => return Err(StoreError::permanent("another machine took the refresh over")),
                Err(error) if error.is_transient() => patience.wait(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn put(&mut self, sealed: &[u8], until: NumericDate) -> Result<Update, StoreError> {
        let (store, now) = (self.door.store(), self.door.now());
        let update = store.keep(self.key, self.version, sealed.to_vec(), Some(until), now).await?;
        if let Update::Done(version) = update {
            (self.version, self.imprint) = (Some(version), Some(Imprint::of(sealed)));
        }
        Ok(update)
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

//! That a refresh token is about to be presented is written down first, and taken back where it was not, or where that came to nothing:
//! whoever finds it and nobody at work drops the tokens.

use super::{Current, NotRefreshed, notes::Written};
use crate::{door::Door, error::chain, lease::Lease, store::StoreError};

/// Writes down that the refresh token is about to be presented. After an error nothing may be presented.
pub(super) async fn note<'a>(
    door: &'a Door,
    lease: &Lease,
    mut current: Current<'a>,
) -> Result<Current<'a>, NotRefreshed> {
    match try_to_note(door, lease, &mut current).await {
        Ok(()) => Ok(current),
        Err(trouble) => {
            take_back(door, &mut current).await;
            Err(trouble)
        }
    }
}

async fn try_to_note<'a>(door: &'a Door, lease: &Lease, current: &mut Current<'a>) -> Result<(), NotRefreshed> {
    let generation = current.session.generation;
    let written = match current.notes.write_attempt(&current.note, generation).await {
        Err(error) if !error.is_transient() => {
            // The session may have ended meanwhile; or its new cookie was seen, and what is noted is only kept for less long.
            let now = Current::of(door, &current.session).await?;
            if now.note != current.note {
                return Err(error.into());
            }
            *current = now;
            current.notes.write_attempt(&current.note, generation).await
        }
        written => written,
    };
    match written? {
        Written::AtOnce => Ok(()),
        // That took a while, in which somebody may have taken the lease over, and found that we are not at work.
        Written::InTheEnd if lease.is_still_ours().await? => Ok(()),
        Written::InTheEnd => Err(StoreError::transient("the lease ran out before the token was presented").into()),
    }
}

/// The refresh token is as good as before. Where the store does not learn that, this process at least knows.
pub(super) async fn take_back(door: &Door, current: &mut Current<'_>) {
    // In any case, as a store can do late what it gave no answer to.
    if let Some(attempt) = current.notes.attempt() {
        door.refreshes.note_that_came_to_nothing(current.session.key, attempt);
    }
    if let Err(error) = current.notes.take_back_attempt(&current.note).await {
        tracing::warn!(target: "vestibule::tokens", provider = current.session.provider.name(), reason = chain(&error),
            "it could not be taken back that a refresh token is about to be presented: another machine may drop these tokens");
    }
}

/// Whether somebody presented the refresh token and was never heard of again.
pub(super) fn was_interrupted(door: &Door, current: &Current<'_>) -> bool {
    let session = &current.session;
    let came_to_nothing =
        current.notes.imprint().is_some_and(|found| door.refreshes.came_to_nothing(session.key, found));
    current.note.was_interrupted(session.generation) && !came_to_nothing
}

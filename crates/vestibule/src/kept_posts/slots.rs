//! The places of one person's kept POSTs in the store: so few that their number is the bound, whatever machine puts something there.

use vestibule_core::NumericDate;

use super::record::{Held, MOST, Name, Record};
use crate::{
    door::Door,
    session::seal::random,
    session_store::{Update, Version},
    store::{Key, StoreError},
};

/// For how many seconds it is remembered that something was taken: for as long as an answer may get lost.
const TAKEN: i64 = 60;
/// How often a place is looked for while others of the person's fill them too.
const ROUNDS: u8 = 3;

/// Puts what was sent into a place of its person: a free one, else that of the oldest. Gives its number; `None` when others were
/// always quicker.
pub(super) async fn put(
    door: &Door,
    subject: Key,
    mut record: Record,
    until: NumericDate,
) -> Result<Option<u8>, StoreError> {
    for _ in 0..ROUNDS {
        let mut places = Vec::with_capacity(usize::from(MOST));
        for slot in 0..MOST {
            places.push((look(door, door.keys.kept_post(subject, slot)).await?, slot));
        }
        let turns = places.iter().filter_map(|(there, _)| Some(there.as_ref()?.turn.saturating_add(1)));
        record.turn = turns.max().unwrap_or_default();
        places.sort_by_key(|(there, _)| there.as_ref().map(|there| (there.at, there.turn)));
        let free = places.iter().take_while(|(there, _)| there.is_none()).count();
        for (there, slot) in places.into_iter().take(free.saturating_add(1)) {
            let key = door.keys.kept_post(subject, slot);
            let version = there.map(|there| there.version);
            if let Update::Done(_) = keep(door, key, version, record.seal(door, key), until).await? {
                return Ok(Some(slot));
            }
        }
    }
    Ok(None)
}

/// What is in a place.
struct There {
    at: NumericDate,
    turn: u32,
    version: Version,
}

/// What is in a place, if anything is. What was taken, and what nobody can read, is older than anything.
async fn look(door: &Door, key: Key) -> Result<Option<There>, StoreError> {
    let Some(kept) = door.store().kept(key, door.now()).await? else { return Ok(None) };
    let (at, turn) = match Held::open(door, key, kept.value) {
        Some(Held::Record(record)) => (record.at, record.turn),
        Some(Held::Taken(_)) | None => (NumericDate::from_seconds(i64::MIN), 0),
    };
    Ok(Some(There { at, turn, version: kept.version }))
}

/// What a name names, unless it was taken, or gave way.
pub(super) async fn find(door: &Door, name: &Name) -> Result<Option<(Record, Version)>, StoreError> {
    let key = door.keys.kept_post(name.person.subject, name.slot);
    let Some(kept) = door.store().kept(key, door.now()).await? else { return Ok(None) };
    Ok(match Held::open(door, key, kept.value) {
        Some(Held::Record(record)) if record.is_of(name) => Some((record, kept.version)),
        _ => None,
    })
}

/// Takes it for good. Only one of any number of takers is told that it was them, so that what is sent twice is carried out once.
pub(super) async fn take(door: &Door, name: &Name, version: Version) -> Result<bool, StoreError> {
    let key = door.keys.kept_post(name.person.subject, name.slot);
    let by = random();
    let taken = Held::seal_taken(door, key, by);
    let was_us = match keep(door, key, Some(version), taken, door.now().plus(TAKEN)).await {
        Ok(update) => matches!(update, Update::Done(_)),
        // The answer may have got lost, and not the question.
        Err(error) => match door.store().kept(key, door.now()).await {
            Ok(Some(kept)) if kept.version != version => {
                matches!(Held::open(door, key, kept.value), Some(Held::Taken(taker)) if taker == by)
            }
            Ok(None) => false,
            _ => return Err(error),
        },
    };
    if was_us {
        door.kept_room.give_back(key);
    }
    Ok(was_us)
}

async fn keep(
    door: &Door,
    key: Key,
    version: Option<Version>,
    sealed: Vec<u8>,
    until: NumericDate,
) -> Result<Update, StoreError> {
    door.store().keep(key, version, sealed, Some(until), door.now()).await
}

//! How much this process keeps in all: as many people as there are may each have a few.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use vestibule_core::NumericDate;

use super::{keep::NotKept, record::MOST};
use crate::store::Key;

/// The room for what this process keeps, wherever the store is.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    most_bytes: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// What each place holds, and until when.
    by_place: BTreeMap<Key, (usize, NumericDate)>,
    bytes: usize,
    /// What is being read just now takes all that it may become.
    reading: usize,
    reading_bytes: usize,
    /// Of whom, by what stores call them: whoever sends slowly takes no more of the room than they could fill.
    reading_of: BTreeMap<Key, u8>,
    swept: Option<NumericDate>,
}

/// Room for one that is being read; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    room: &'a Room,
    subject: Key,
    bytes: usize,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::of(4096, 64 * 1024 * 1024)
    }

    fn of(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, taken: Mutex::default() }
    }

    /// Room for a body of this person of at most so many bytes, if there is any.
    pub(super) fn reserve(&self, subject: Key, bytes: usize, now: NumericDate) -> Result<Reserved<'_>, NotKept> {
        let mut taken = self.lock();
        taken.sweep(now);
        let own = taken.reading_of.get(&subject).copied().unwrap_or_default();
        if own >= MOST {
            return Err(NotKept::Crowd);
        }
        let count = taken.by_place.len().saturating_add(taken.reading);
        let all = taken.bytes.saturating_add(taken.reading_bytes).saturating_add(bytes);
        if count >= self.most || all > self.most_bytes {
            return Err(NotKept::NoRoom);
        }
        taken.reading_of.insert(subject, own.saturating_add(1));
        taken.reading = taken.reading.saturating_add(1);
        taken.reading_bytes = taken.reading_bytes.saturating_add(bytes);
        drop(taken);
        Ok(Reserved { room: self, subject, bytes })
    }

    /// How many there are, those included whose time is up and which nobody has cleared away.
    pub(crate) fn size(&self) -> usize {
        self.lock().by_place.len()
    }

    /// What was kept in this place is kept no more.
    pub(super) fn give_back(&self, place: Key) {
        self.lock().remove(place);
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reserved<'_> {
    /// It is kept in this place, of this size, until then.
    pub(super) fn keep(self, place: Key, bytes: usize, until: NumericDate) {
        let mut taken = self.room.lock();
        taken.remove(place);
        taken.by_place.insert(place, (bytes, until));
        taken.bytes = taken.bytes.saturating_add(bytes);
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        taken.reading = taken.reading.saturating_sub(1);
        taken.reading_bytes = taken.reading_bytes.saturating_sub(self.bytes);
        if let Entry::Occupied(mut own) = taken.reading_of.entry(self.subject) {
            match own.get().saturating_sub(1) {
                0 => drop(own.remove()),
                left => *own.get_mut() = left,
            }
        }
    }
}

impl Taken {
    fn remove(&mut self, place: Key) {
        if let Some((bytes, _)) = self.by_place.remove(&place) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// Once a second at most: nothing ends in between.
    fn sweep(&mut self, now: NumericDate) {
        if self.swept == Some(now) {
            return;
        }
        self.swept = Some(now);
        self.by_place.retain(|_, (_, until)| now < *until);
        self.bytes = self.by_place.values().fold(0, |sum, (bytes, _)| sum.saturating_add(*bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate::from_seconds(1_000_000);

    const ALICE: Key = Key::from_bytes([1; 32]);

    fn place(number: u8) -> Key {
        Key::from_bytes([number; 32])
    }

    fn keep(room: &Room, number: u8, bytes: usize) -> Option<()> {
        let reserved = reserve(room, bytes, NOW)?;
        reserved.keep(place(number), bytes, NOW.plus(60));
        Some(())
    }

    fn reserve(room: &Room, bytes: usize, now: NumericDate) -> Option<Reserved<'_>> {
        room.reserve(ALICE, bytes, now).ok()
    }

    /// However slowly they are sent, and however many.
    #[test]
    fn a_person_has_no_more_under_way_than_they_may_have_kept() {
        let room = Room::of(1000, 1_000_000);
        let mut reading: Vec<_> = (0..MOST).map(|_| room.reserve(ALICE, 10, NOW).expect("room")).collect();
        assert!(matches!(room.reserve(ALICE, 10, NOW), Err(NotKept::Crowd)));
        let others = room.reserve(Key::from_bytes([2; 32]), 10, NOW).expect("there is room for others");
        reading.pop();
        let again = room.reserve(ALICE, 10, NOW).expect("one of hers came to its end");
        drop((reading, others, again));
        assert!(room.lock().reading_of.is_empty());
    }

    #[test]
    fn ten_times_more_than_there_is_room_for_takes_no_more_than_there_is() {
        let (by_count, by_bytes) = (Room::of(3, 1000), Room::of(1000, 30));
        for number in 0..30 {
            assert_eq!(keep(&by_count, number, 1).is_some(), number < 3, "{number}");
            assert_eq!(keep(&by_bytes, number, 10).is_some(), number < 3, "{number}");
        }
        assert_eq!((by_count.lock().by_place.len(), by_bytes.lock().bytes), (3, 30));
    }

    #[test]
    fn what_is_read_just_now_takes_all_that_it_may_become_until_it_is_kept_or_given_up() {
        let room = Room::of(10, 100);
        let reading = reserve(&room, 90, NOW).expect("room");
        assert!(reserve(&room, 20, NOW).is_none());
        reading.keep(place(1), 5, NOW.plus(60));
        let given_up = reserve(&room, 95, NOW).expect("room");
        drop(given_up);
        assert!(reserve(&room, 95, NOW).is_some() && reserve(&room, 96, NOW).is_none());
    }

    #[test]
    fn what_ended_or_was_taken_or_gave_way_takes_no_room() {
        let room = Room::of(1, 100);
        keep(&room, 1, 100).expect("room");
        assert!(reserve(&room, 1, NOW.plus(59)).is_none());
        let reserved = reserve(&room, 100, NOW.plus(60)).expect("it has ended");
        reserved.keep(place(2), 100, NOW.plus(120));
        room.give_back(place(2));
        let reserved = reserve(&room, 100, NOW.plus(60)).expect("it was taken");
        reserved.keep(place(2), 10, NOW.plus(120));
        room.lock().remove(place(2));
        let taken = room.lock();
        assert_eq!((taken.bytes, taken.reading, taken.reading_bytes), (0, 0, 0));
    }
}

//! Records of a store that nobody here can read: each is as good as none, and is said once.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::store::Key;

/// Which records could not be read.
#[derive(Debug, Default)]
pub(crate) struct Unreadable(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    keys: BTreeSet<Key>,
    further: u64,
}

/// So many are told apart. Of more it is only counted how often they were read, and said each time that there were as many again.
const MOST: usize = 1000;

/// What to think of a record that cannot be read.
const REASON: &str = "what the store has under this key cannot be read, and is as good as none: it is of a secret key, a base URL, a \
                      provider or a version that this process does not have, or somebody changed it; if you rotate keys, keep the \
                      previous one";

impl Unreadable {
    /// Says that what the store has under this key cannot be read.
    pub(crate) fn report(&self, what: &'static str, key: Key) {
        match self.lock().note(key) {
            Worth::Saying => tracing::warn!(target: "vestibule::session", what, ?key, REASON),
            Worth::Counting(further) => {
                tracing::warn!(target: "vestibule::session", further, "more and more of what the store has cannot be read");
            }
            Worth::Nothing => {}
        }
    }

    /// How many records are told apart.
    pub(crate) fn size(&self) -> usize {
        self.lock().keys.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Worth {
    Saying,
    Counting(u64),
    Nothing,
}

impl Said {
    fn note(&mut self, key: Key) -> Worth {
        if self.keys.contains(&key) {
            return Worth::Nothing;
        }
        if self.keys.len() < MOST {
            self.keys.insert(key);
            return Worth::Saying;
        }
        self.further = self.further.saturating_add(1);
        if self.further.is_multiple_of(MOST as u64) { Worth::Counting(self.further) } else { Worth::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        let mut bytes = [0_u8; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Key::from_bytes(bytes)
    }

    #[test]
    fn each_record_is_said_once_and_a_flood_of_them_now_and_then() {
        let mut said = Said::default();
        for _ in 0..3 {
            let worth: Vec<_> = (0..1000).map(|number| said.note(key(number))).collect();
            assert!(worth.windows(2).all(|pair| pair[0] == pair[1]));
        }
        let loud = |said: &mut Said, numbers: std::ops::Range<u64>| -> Vec<Worth> {
            numbers.map(|number| said.note(key(number))).filter(|worth| *worth != Worth::Nothing).collect()
        };
        assert_eq!(loud(&mut said, 1000..4000), [Worth::Counting(1000), Worth::Counting(2000), Worth::Counting(3000)]);
        assert_eq!(said.keys.len(), 1000, "and no more memory");
        assert_eq!(Said::default().note(key(7)), Worth::Saying);
    }
}

//! Mutations of seeds, always the same for the same number: what failed once fails again.

use crate::{seeds::Seed, target::Target};

/// A generator of numbers that look random (SplitMix64). Nothing here is secret.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Which begins here.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % end).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.roll().to_le_bytes();
        byte
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// The longest input that mutations make.
const MOST_BYTES: usize = 16 * 1024;

/// A seed of the target, changed in one place or in a few.
#[must_use]
pub fn mutated(target: &Target, seeds: &[Seed], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.one_of(seeds).map_or_else(Vec::new, |seed| seed.bytes.clone());
    for _ in 0..=dice.below(4) {
        change(&mut bytes, target, seeds, dice);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

fn change(bytes: &mut Vec<u8>, target: &Target, seeds: &[Seed], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    let length = dice.below(bytes.len().saturating_sub(at).min(64)) + 1;
    let end = at.saturating_add(length).min(bytes.len());
    match dice.below(9) {
        0 => set(bytes, at, |byte| byte ^ (1 << dice.below(8))),
        1 => {
            let other = dice.byte();
            set(bytes, at, |_| other);
        }
        2 => {
            let telling = [0, 1, 0x7f, 0x80, 0xff, b'"', b'.', b'/', b'=', b';', b'\n'];
            let other = dice.one_of(&telling).copied().unwrap_or_default();
            set(bytes, at, |_| other);
        }
        3 => drop(bytes.drain(at..end)),
        4 => bytes.truncate(at),
        5 => {
            let piece: Vec<u8> = bytes.get(at..end).unwrap_or_default().to_vec();
            insert(bytes, at, &piece);
        }
        6 | 7 => {
            let word = dice.one_of(target.words).copied().unwrap_or_default();
            // In the place of what is there, or between.
            if dice.below(2) == 0 {
                drop(bytes.drain(at..end.min(at.saturating_add(word.len()))));
            }
            insert(bytes, at, word.as_bytes());
        }
        _ => {
            let other = dice.one_of(seeds).map_or(&[][..], |seed| &seed.bytes);
            let tail = other.get(dice.below(other.len())..).unwrap_or_default().to_vec();
            bytes.truncate(at);
            bytes.extend(tail);
        }
    }
}

fn set(bytes: &mut [u8], at: usize, value: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = value(*byte);
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let at = at.min(bytes.len());
    drop(bytes.splice(at..at, piece.iter().copied()));
}

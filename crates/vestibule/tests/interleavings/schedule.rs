//! Who goes next: every order in turn, or one at random.

use std::collections::BTreeMap;

use crate::turns::Choice;

/// Decides who goes next.
pub(crate) trait Schedule {
    /// The place in the list of the one who goes.
    fn choose(&mut self, choices: &[Choice]) -> usize;
}

/// Every order, depth first: each run replays the decisions of the one before up to the last that can be another.
#[derive(Debug, Default)]
pub(crate) struct DepthFirst {
    decisions: Vec<Decision>,
    at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Decision {
    chosen: usize,
    of: usize,
}

impl DepthFirst {
    /// On to the next order. Says whether there is one.
    pub(crate) fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some(last) = self.decisions.last_mut() {
            last.chosen += 1;
            if last.chosen < last.of {
                return true;
            }
            self.decisions.pop();
        }
        false
    }
}

impl Schedule for DepthFirst {
    fn choose(&mut self, choices: &[Choice]) -> usize {
        if self.at == self.decisions.len() {
            self.decisions.push(Decision { chosen: 0, of: choices.len() });
        }
        let decision = self.decisions[self.at];
        assert_eq!(decision.of, choices.len(), "the same decisions lead to the same place");
        self.at += 1;
        decision.chosen
    }
}

/// One order by its number. Every other number lets anybody go; the rest let the one of highest rank go for as long as they can,
/// and change the ranks a few times: so both fine shuffles and long runs are seen.
#[derive(Debug)]
pub(crate) struct Sample {
    random: Random,
    is_by_rank: bool,
    /// By lane.
    ranks: BTreeMap<usize, u64>,
}

/// How often ranks change: once in so many steps.
const CHANGED_EVERY: u64 = 8;

impl Sample {
    pub(crate) fn of(number: u64) -> Self {
        Self { random: Random(number), is_by_rank: number % 2 == 1, ranks: BTreeMap::new() }
    }

    fn rank(&mut self, lane: usize) -> u64 {
        let random = &mut self.random;
        *self.ranks.entry(lane).or_insert_with(|| random.next())
    }
}

impl Schedule for Sample {
    fn choose(&mut self, choices: &[Choice]) -> usize {
        let any = self.random.below(choices.len());
        if !self.is_by_rank {
            return any;
        }
        let ranks: Vec<_> = choices.iter().map(|choice| self.rank(choice.lane)).collect();
        let highest = (0..ranks.len()).max_by_key(|place| ranks[*place]).unwrap_or_default();
        if self.random.next().is_multiple_of(CHANGED_EVERY) {
            let rank = self.random.next();
            self.ranks.insert(choices[highest].lane, rank);
        }
        highest
    }
}

/// `SplitMix64`: small, and the same everywhere.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("small")).expect("small")
    }
}

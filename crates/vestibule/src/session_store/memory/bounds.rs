//! How much the store holds, and what it says when that is not enough.

/// How many expired entries one operation clears away on its way: enough to keep up with any rate, few enough to go unnoticed.
pub(super) const BATCH: usize = 128;

/// The most that each map holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) sessions: usize,
    pub(super) marks: usize,
    pub(super) issuers: usize,
    pub(super) attempts: usize,
    pub(super) jtis: usize,
    pub(super) leases: usize,
    pub(super) kept: usize,
}

impl Bounds {
    /// Some two gigabytes when all is full, nearly all of it sessions.
    pub(super) const USUAL: Self = Self {
        sessions: 1_000_000,
        marks: 250_000,
        issuers: 1_000,
        attempts: 100_000,
        jtis: 100_000,
        leases: 100_000,
        kept: 100_000,
    };
}

/// There is no room, and nothing may give way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error(
        "there are {0} sessions in memory, as many as there may be: raise `MemoryStore::at_most_sessions`, shorten the \
         lifetime of sessions, or keep them in a store outside of this process"
    )]
    Sessions(usize),
    #[error(
        "the marks of {0} issuers are in memory, as many as there may be: keep sessions in a store outside of this process"
    )]
    Issuers(usize),
    #[error("{0} logout tokens are remembered in memory, as many as there may be: try again when some have expired")]
    Jtis(usize),
    #[error("{0} leases are taken in memory, as many as there may be: try again when some have ended")]
    Leases(usize),
    #[error(
        "{0} values are kept in memory for good, as many as there may be: discard some, or use a store outside of this process"
    )]
    Kept(usize),
}

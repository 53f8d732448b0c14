//! What a provider gave exists once, so a store that stumbles is asked again before it is lost.

use std::time::Duration;

use crate::{
    clock::{self, Clock},
    store::StoreError,
};

/// How long is waited before each further try, in milliseconds: less than a second in all.
const PAUSES: [u64; 5] = [20, 50, 100, 200, 400];
/// How often somebody waits, and for how many milliseconds, for a store that is not asked because it did not answer others: two
/// seconds in all, in which a server that was started anew is back. That was no try.
const WAITS: usize = 10;
const WAIT: u64 = 200;

/// The tries that are left.
pub(crate) struct Patience<'a> {
    clock: &'a dyn Clock,
    pauses: std::slice::Iter<'static, u64>,
    waits: std::iter::RepeatN<u64>,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, pauses: PAUSES.iter(), waits: std::iter::repeat_n(WAIT, WAITS) }
    }

    /// Waits before the next try; gives the error back when there is none left.
    pub(crate) async fn wait(&mut self, error: StoreError) -> Result<(), StoreError> {
        if error.was_asked() {
            let pause = self.pauses.next().ok_or(error)?;
            clock::pause(self.clock, Duration::from_millis(*pause)).await;
        } else {
            // In real time, as the store is looked at meanwhile.
            let wait = self.waits.next().ok_or(error)?;
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Ok(())
    }
}

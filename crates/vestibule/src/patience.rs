//! What a provider gave exists once, so a store that stumbles is asked again before it is lost.

use std::time::Duration;

use tokio::time::Instant;

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
/// For how long somebody tries who has what nobody can give them again: as long as a lease lasts without being renewed, since a
/// server that takes over from another needs more than the moment that whoever waits can be asked to wait.
const STUBBORN: Duration = Duration::from_secs(30);
/// How long is waited before each try after the first ones, in milliseconds.
const AT_MOST: u64 = 1000;

/// The tries that are left.
pub(crate) struct Patience<'a> {
    clock: &'a dyn Clock,
    /// When it began, and how long it lasts, whatever the number of tries.
    lasts: Option<(Instant, Duration)>,
    pauses: std::slice::Iter<'static, u64>,
    waits: std::iter::RepeatN<u64>,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, lasts: None, pauses: PAUSES.iter(), waits: std::iter::repeat_n(WAIT, WAITS) }
    }

    /// For as long as a lease lasts, by the clock.
    pub(crate) fn stubborn(clock: &'a dyn Clock) -> Self {
        Self { lasts: Some((Instant::now(), clock.wait(STUBBORN))), ..Self::new(clock) }
    }

    /// Waits before the next try; gives the error back when there is none left.
    pub(crate) async fn wait(&mut self, error: StoreError) -> Result<(), StoreError> {
        if error.was_asked() {
            let pause = self.pauses.next().copied();
            let pause = pause.or_else(|| self.one_more()).ok_or(error)?;
            clock::pause(self.clock, Duration::from_millis(pause)).await;
        } else {
            // In real time, as the store is looked at meanwhile.
            let wait = self.waits.next().or_else(|| self.one_more()).ok_or(error)?;
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Ok(())
    }

    fn one_more(&self) -> Option<u64> {
        self.lasts.is_some_and(|(began, length)| began.elapsed() < length).then_some(AT_MOST)
    }
}

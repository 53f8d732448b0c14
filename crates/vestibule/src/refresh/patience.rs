//! What a provider gave exists once, so a store that stumbles is asked again before it is lost.

use std::time::Duration;

use crate::store::StoreError;

/// How long is waited before each further try, in milliseconds: less than a second in all.
const PAUSES: [u64; 5] = [20, 50, 100, 200, 400];

/// The tries that are left.
pub(super) struct Patience {
    pauses: std::slice::Iter<'static, u64>,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { pauses: PAUSES.iter() }
    }

    /// Waits before the next try; gives the error back when there is none left.
    pub(super) async fn wait(&mut self, error: StoreError) -> Result<(), StoreError> {
        let pause = self.pauses.next().ok_or(error)?;
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        Ok(())
    }
}

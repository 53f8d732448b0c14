//! A provider that takes its time: how long its answers take, as a test draws it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::provider::DevelopmentProvider;

/// Draws how long an answer takes.
type Draw = Arc<dyn Fn() -> Duration + Send + Sync>;

/// By the whole path, that of the issuer included.
#[derive(Default)]
pub(crate) struct Latencies(BTreeMap<String, Draw>);

impl DevelopmentProvider {
    /// Lets each answer of this path below the issuer's, such as `/token`, take as long as is drawn for it, in place of what was
    /// said before. All that the request asks for is done by then; whoever hangs up meanwhile is counted by
    /// [`Tally::refreshes_unheard`](crate::Tally::refreshes_unheard).
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    ///
    /// use vestibule_provider::DevelopmentProvider;
    ///
    /// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
    /// provider.answers_take("/token", || Duration::from_millis(300));
    /// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
    /// ```
    pub fn answers_take(&self, path: &str, draw: impl Fn() -> Duration + Send + Sync + 'static) {
        let path = format!("{}{path}", self.base_path());
        self.state().latencies.0.insert(path, Arc::new(draw));
    }

    /// Waits for as long as the answer of this path takes.
    pub(crate) async fn take_time(&self, path: &str) {
        let draw = self.state().latencies.0.get(path).cloned();
        if let Some(draw) = draw {
            tokio::time::sleep(draw()).await;
        }
    }
}

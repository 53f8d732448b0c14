//! Work beside the requests, which ends with the store that it is for.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use tokio::{runtime::Handle, task::JoinHandle};

/// At most one task at a time.
#[derive(Debug, Default)]
pub(crate) struct Task(Mutex<Option<JoinHandle<()>>>);

impl Task {
    /// Starts it, unless it is under way. Outside of a runtime it is left for the next time.
    pub(crate) fn ensure<F>(&self, work: impl FnOnce() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut task = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            *task = Some(runtime.spawn(work()));
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

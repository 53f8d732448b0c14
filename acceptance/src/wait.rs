//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

use crate::Failure;

/// How long anything may take. Long, because machines that run tests are busy; only a failure ever takes this long.
pub const DEADLINE: Duration = Duration::from_secs(40);
/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// Waits until the condition has an answer. An error is a reason to look again: a page may be on its way in or out.
///
/// # Errors
/// At the deadline, with what was waited for and what the last look showed.
pub async fn until<T>(
    what: &str,
    mut condition: impl AsyncFnMut() -> Result<Result<T, String>, Failure>,
) -> Result<T, Failure> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let seen = match condition().await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(seen)) => seen,
            Err(error) => error.to_string(),
        };
        if Instant::now() > deadline {
            return Err(format!("waited in vain for {what}; last seen: {seen}").into());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

//! What every [`SessionStore`] must do, as a suite that whoever writes one runs over it.

mod concurrency;
mod crowds;
mod ends;
mod index;
mod kept;
mod keys;
mod leases;
mod marks;
mod once;
mod probe;
mod sessions;
#[cfg(test)]
mod tests;
mod together;

use std::fmt;

use vestibule_core::NumericDate;

use self::probe::Probe;
use super::{SessionStore, StoreError};

/// Asks a store whether it keeps the contract: every sentence of [`SessionStore`], one after the other.
///
/// It may run again and again over a store that holds other things: all its keys are fresh and random. But not two at a time, and
/// never over a store at work: it asks as if up to five minutes had passed since `now`, and a store may then forget what expires
/// within them. A store that has a clock of its own is given that clock's time as `now`. Give the test a time limit: a
/// store that never answers is waited for.
///
/// # Errors
/// [`Breach`], which names the first clause that the store does not keep.
///
/// # Example
/// ```
/// use vestibule::{
///     Clock, SystemClock,
///     session_store::{MemoryStore, contract},
/// };
///
/// # /*
/// #[tokio::test]
/// # */ #[tokio::main(flavor = "current_thread")]
/// async fn my_store_keeps_the_contract() -> Result<(), contract::Breach> {
///     let store = MemoryStore::new(); // yours
///     contract::check(&store, SystemClock::default().now()).await
/// }
/// # fn main() -> Result<(), contract::Breach> { my_store_keeps_the_contract() }
/// ```
pub async fn check(store: &dyn SessionStore, now: NumericDate) -> Result<(), Breach> {
    let probe = Probe::new(store, now);
    sessions::check(probe).await?;
    index::check(probe).await?;
    marks::check(probe).await?;
    once::check(probe).await?;
    leases::check(probe).await?;
    kept::check(probe).await?;
    keys::check(probe).await?;
    ends::check(probe).await?;
    crowds::check(probe).await?;
    concurrency::check(probe).await
}

/// A clause of the contract that a store does not keep.
///
/// # Example
/// ```
/// use vestibule::{NumericDate, session_store::{MemoryStore, contract}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let full = MemoryStore::new().at_most_sessions(0);
/// let breach = contract::check(&full, NumericDate::from_seconds(1_700_000_000)).await.expect_err("it takes no session");
/// assert_eq!(breach.to_string(), "every method answers: `insert` failed");
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{clause}{found}")]
pub struct Breach {
    clause: &'static str,
    found: String,
    source: Option<StoreError>,
}

impl Breach {
    /// The clause, in one sentence.
    #[must_use]
    pub fn clause(&self) -> &str {
        self.clause
    }

    fn failed(method: &'static str, source: StoreError) -> Self {
        Self { clause: "every method answers", found: format!(": `{method}` failed"), source: Some(source) }
    }
}

fn holds(clause: &'static str, held: bool) -> Result<(), Breach> {
    if held { Ok(()) } else { Err(Breach { clause, found: String::new(), source: None }) }
}

fn same<T: PartialEq + fmt::Debug>(clause: &'static str, got: &T, expected: &T) -> Result<(), Breach> {
    if got == expected {
        Ok(())
    } else {
        Err(Breach { clause, found: format!(": expected {expected:?}, got {got:?}"), source: None })
    }
}

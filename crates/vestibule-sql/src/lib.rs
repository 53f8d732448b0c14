#![doc = include_str!("../README.md")]

mod chore;
mod column;
mod fault;
mod listeners;
mod migrations;
mod options;
mod postgres;
mod sqlite;
mod task;

use std::{error::Error, time::Duration};

use vestibule::StoreError;

pub use migrations::Migration;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

/// How long a connection may take to come, and then an answer.
const WAIT: Duration = Duration::from_secs(2);

/// What a first look at a database means for a start: one that is down may come back.
fn first_look(checked: Result<(), StoreError>) -> Result<(), StoreError> {
    match checked {
        Err(error) if error.is_transient() => {
            tracing::warn!(target: "vestibule::session", error = &error as &dyn Error, "the store of the sessions is not ready yet");
            Ok(())
        }
        checked => checked,
    }
}

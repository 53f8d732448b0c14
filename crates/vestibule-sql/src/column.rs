//! Values as they stand in columns. What does not fit stands for something that is never there.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{ColumnIndex, Decode, Row, Type, error::BoxDynError};
use vestibule::{
    NumericDate, StoreError,
    session_store::{Key, Mark, Moment, StoredSession, Version},
};

use crate::fault::Fault;

/// The end of what is kept for good.
pub(crate) const NEVER: i64 = i64::MAX;

/// A version or a fence. No negative one is ever given.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

/// A moment. The greatest that fits is in some thousand centuries.
pub(crate) fn moment(moment: Moment) -> i64 {
    i64::try_from(moment.0).unwrap_or(i64::MAX)
}

/// No moment of this second is before it.
pub(crate) fn floor(now: NumericDate) -> i64 {
    moment(Moment::default().next(now))
}

/// A row of one of our tables is not as only we write it.
fn unreadable(table: &'static str, reason: impl Into<BoxDynError>) -> StoreError {
    StoreError::permanent(Fault::Unreadable { table, reason: reason.into().to_string() })
}

/// What a column of ours says. The driver of SQLite would read NULL as zero, or as empty.
pub(crate) fn read<'r, R, T>(row: &'r R, column: usize, table: &'static str) -> Result<T, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    nullable(row, column, table)?.ok_or_else(|| unreadable(table, "NULL where there is none"))
}

/// What a column says that may be NULL.
pub(crate) fn nullable<'r, R, T>(row: &'r R, column: usize, table: &'static str) -> Result<Option<T>, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get(column).map_err(|error| unreadable(table, error))
}

/// A count, a version, a fence or a moment.
pub(crate) fn count<'r, R>(row: &'r R, column: usize, table: &'static str) -> Result<u64, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let number: i64 = read(row, column, table)?;
    u64::try_from(number).map_err(|error| unreadable(table, error))
}

pub(crate) fn key<'r, R>(row: &'r R, column: usize, table: &'static str) -> Result<Key, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    let bytes: Vec<u8> = read(row, column, table)?;
    bytes.try_into().map(Key::from_bytes).map_err(|_| unreadable(table, "a key of another length than 32 bytes"))
}

/// A value, its version, when it was last seen, and when it expires, from this column on.
pub(crate) fn session<'r, R>(row: &'r R, first: usize) -> Result<StoredSession, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    const TABLE: &str = "vestibule_sessions";
    let seconds = |column| read(row, column, TABLE).map(NumericDate::from_seconds);
    let version = Version(count(row, first + 1, TABLE)?);
    Ok(StoredSession::new(read(row, first, TABLE)?, version, seconds(first + 2)?, seconds(first + 3)?))
}

/// The rows of sessions that are none of ours, and that are passed over.
#[derive(Debug, Default)]
pub(crate) struct PassedOver(AtomicBool);

impl PassedOver {
    /// A row that is not one of ours is no session: whoever comes with it signs in anew, and so its owner is nobody else. It is said
    /// once: there may be many.
    pub(crate) fn ours<T>(&self, read: Result<T, StoreError>) -> Option<T> {
        read.inspect_err(|error| {
            if !self.0.swap(true, Ordering::Relaxed) {
                let reason = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(
                    target: "vestibule::session", reason,
                    "a row of vestibule_sessions cannot be read and is passed over; further ones are not said"
                );
            }
        })
        .ok()
    }
}

/// The three parts of a mark. One that cannot be read is an error: to pass over it would let in whom it ended.
pub(crate) fn mark<'r, R>(row: &'r R) -> Result<Mark, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    const TABLE: &str = "vestibule_marks";
    let issued_at: Option<i64> = nullable(row, 0, TABLE)?;
    let moment = |column| count(row, column, TABLE).map(Moment);
    Ok(Mark::from_parts(issued_at.map(NumericDate::from_seconds), moment(1)?, moment(2)?))
}

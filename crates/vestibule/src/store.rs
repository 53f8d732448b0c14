//! What every store has in common: answers that may take their time, errors that are not misses, and keys that tell nothing.

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// What a store gives: at once, or later. A store in memory answers without an allocation.
///
/// # Example
/// ```
/// use vestibule::store::Answer;
///
/// # async fn ask_elsewhere() -> Result<u8, vestibule::StoreError> { Ok(7) }
/// let at_hand: Answer<'_, u8> = Answer::ready(Ok(7));
/// let later: Answer<'_, u8> = Answer::later(async { ask_elsewhere().await });
/// # let _ = (at_hand, later);
/// ```
#[must_use = "what a store has to say is known once it is awaited, and some do nothing before"]
pub struct Answer<'a, T>(Kind<'a, T>);

enum Kind<'a, T> {
    Ready(Option<Result<T, StoreError>>),
    Later(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> Answer<'a, T> {
    /// An answer that is there.
    pub const fn ready(result: Result<T, StoreError>) -> Self {
        Self(Kind::Ready(Some(result)))
    }

    /// An answer that takes its time.
    pub fn later(future: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self(Kind::Later(Box::pin(future)))
    }
}

/// Nothing in it is ever pinned: what is ready is moved out, and the rest has its own box.
impl<T> Unpin for Answer<'_, T> {}

impl<T> Future for Answer<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            // Whoever asks once more after the answer waits for ever, as with any finished future.
            Kind::Ready(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            Kind::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Ready(_) => "Answer(ready)",
            Kind::Later(_) => "Answer(later)",
        })
    }
}

/// A store could not do its work. That is not the same as "there is nothing there".
#[derive(Debug, thiserror::Error)]
#[error("the store failed")]
pub struct StoreError {
    source: Box<dyn Error + Send + Sync>,
    kind: Trouble,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Transient,
    Permanent,
    /// The store does not answer, so it was left alone. Transient too.
    NotAsked,
}

impl StoreError {
    /// Trying again may help.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Trouble::Transient }
    }

    /// Trying again will not help.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Trouble::Permanent }
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.kind != Trouble::Permanent
    }

    /// The store was not asked at all.
    pub(crate) fn not_asked(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Trouble::NotAsked }
    }

    /// Whether the store itself failed: what it was not asked the log has said once.
    pub(crate) fn was_asked(&self) -> bool {
        self.kind != Trouble::NotAsked
    }
}

/// The name of a thing in a store: a hash, or random bytes, that tells a reader of the store nothing (V68).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// From its bytes, as a store kept them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The beginning is enough to tell two apart in a log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Key({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

//! Values that must not be printed, and randomness handed in from outside.

use std::fmt;

use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::jose::digest;

/// A value that prints as `***`, compares in constant time and is wiped when dropped.
///
/// # Example
/// ```
/// use vestibule_core::Secret;
///
/// let secret = Secret::new(String::from("correct horse"));
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "correct horse");
/// ```
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, to be filled or cut. What it outgrows is not wiped: give it its room first.
    pub(crate) fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        digest::constant_time_eq(self.expose().as_ref(), other.expose().as_ref())
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

/// 32 fresh random bytes for one protocol value, drawn by the caller from a cryptographic generator.
///
/// It is neither `Clone` nor `Copy`: what was drawn once is used once.
///
/// # Example
/// ```
/// use vestibule_core::{Entropy, NumericDate, PendingLogin};
///
/// # let drawn = [7; 32]; // from the operating system, in real life
/// let pending = PendingLogin::begin(Entropy::from_bytes(drawn), NumericDate::from_seconds(1_700_000_000));
/// # let _ = pending;
/// ```
#[derive(Debug)]
pub struct Entropy(Secret<[u8; 32]>);

impl Entropy {
    /// Takes bytes that were just drawn from a cryptographic generator.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    pub(crate) fn into_secret(self) -> Secret<[u8; 32]> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("canary");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
    }

    #[test]
    fn secrets_are_equal_only_byte_for_byte() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("A"));
        assert_ne!(Secret::from("a"), Secret::from("aa"));
    }
}

//! Fresh bytes for one message: content keys, initialization vectors, and what stands in for a key that could not be decrypted.

use aws_lc_rs::rand;

use crate::secret::Secret;

/// `None` when the operating system gives no randomness.
pub(super) fn bytes(count: usize) -> Option<Secret<Vec<u8>>> {
    let mut bytes = vec![0; count];
    rand::fill(&mut bytes).ok()?;
    Some(Secret::new(bytes))
}

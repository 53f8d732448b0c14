//! What was not wrong enough to be refused, and not right either.

use crate::provider::DevelopmentProvider;

/// Something in a request that a specification would have otherwise, or that a stricter provider refuses.
///
/// # Example
/// ```
/// use vestibule_provider::DevelopmentProvider;
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// assert_eq!(provider.warnings(), []);
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A request object has no `iss` (Core 6.1).
    RequestObjectWithoutIssuer,
    /// A request object has no `aud` (Core 6.1).
    RequestObjectWithoutAudience,
    /// A nonce has more than 43 characters, or one that is not safe in a URL.
    UnusualNonce,
}

/// The most warnings that are remembered; the oldest goes first.
const MOST_WARNINGS: usize = 1_000;

impl DevelopmentProvider {
    /// What there was to find fault with in the requests so far, oldest first: the newest 1,000.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        self.state().warnings.iter().copied().collect()
    }

    pub(crate) fn warn(&self, warning: Warning) {
        let warnings = &mut self.state().warnings;
        if warnings.len() >= MOST_WARNINGS {
            warnings.pop_front();
        }
        warnings.push_back(warning);
    }
}

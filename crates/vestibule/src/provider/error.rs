//! Why a provider could not be worked with.

use std::sync::Arc;

use vestibule_core::{
    HttpError, Misbehaviour, ProtocolError, SignatureAlgorithm, client::InvalidClient, error::InvalidMetadata,
    exchange::Endpoint,
};

use super::not_available::{NotAvailable, RETRY_AFTER};
use crate::store::StoreError;

/// Why a provider could not be worked with.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It answered, and not as it should.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// It did not answer.
    #[error("the provider cannot be reached")]
    Unreachable(#[source] Arc<HttpError>),
    /// It answered that it cannot answer now.
    #[error(transparent)]
    Unavailable(#[from] NotAvailable),
    /// Our own store of registrations failed.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// Our own keys could not be made or used.
    #[error(transparent)]
    Keys(#[from] KeysFailed),
    /// What was agreed on with the provider cannot work with the keys and secrets that we have.
    #[error("as a client of this provider we cannot work")]
    Client(#[from] InvalidClient),
}

/// Why our own keys are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysFailed {
    /// The operating system gave no memory or randomness.
    #[error("a key of our own could not be made")]
    NotMade,
    /// The same, for a signature.
    #[error("a request object could not be signed")]
    NotSigned,
    /// There is no key, or secret, for the algorithm that was agreed on.
    #[error("there is no key for request objects signed with {0}")]
    NoneFor(SignatureAlgorithm),
    /// The provider has no key that request objects could be encrypted for, or the crypto library failed.
    #[error("a request object could not be encrypted for the provider")]
    NotEncrypted,
}

impl ProviderError {
    /// Whether the provider may answer better soon: it could not be reached, or is in trouble.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Unavailable(_) => true,
            Self::Protocol(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Keys(_) | Self::Client(_) => false,
        }
    }
}

impl ProviderError {
    /// After how many seconds whoever is told of it may try again, where another try makes sense: as the provider says, and not later
    /// than we would say ourselves.
    pub(crate) fn retry_after(&self) -> Option<u8> {
        match self {
            Self::Unavailable(unavailable) => Some(unavailable.told_retry_after()),
            error => error.is_transient().then_some(RETRY_AFTER),
        }
    }

    /// What came of asking, in one word.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Protocol(ProtocolError::Denied(_)) => "denied",
            Self::Protocol(_) => "misbehaved",
            Self::Unreachable(_) => "unreachable",
            Self::Unavailable(_) => "unavailable",
            Self::Store(_) | Self::Keys(_) | Self::Client(_) => "failed_here",
        }
    }
}

impl From<HttpError> for ProviderError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::BodyTooLarge { limit } => Misbehaviour::BodyTooLarge { limit }.into(),
            error => Self::Unreachable(Arc::new(error)),
        }
    }
}

/// A provider that confirms what nobody has: it was asked for all of it.
pub(super) fn nothing_to_confirm() -> ProviderError {
    Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Configuration, status: 304 }.into()
}

impl From<Misbehaviour> for ProviderError {
    fn from(misbehaviour: Misbehaviour) -> Self {
        Self::Protocol(misbehaviour.into())
    }
}

impl From<InvalidMetadata> for ProviderError {
    fn from(invalid: InvalidMetadata) -> Self {
        Misbehaviour::from(invalid).into()
    }
}

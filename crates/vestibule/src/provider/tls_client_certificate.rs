//! Our certificate for one provider, and its key (RFC 8705 2).

use std::fmt;

use vestibule_core::Secret;

use crate::config_error::ConfigError;

/// A certificate and a key that belong together, as far as that can be told here.
#[derive(Clone)]
pub(crate) struct TlsClientCertificate {
    #[cfg(feature = "reqwest")]
    identity: reqwest::Identity,
}

impl TlsClientCertificate {
    #[cfg(feature = "reqwest")]
    pub(super) fn parse(certificate: &[u8], key: &Secret<Vec<u8>>) -> Result<Self, ConfigError> {
        crate::reqwest_client::identity::parse(certificate, key).map(|identity| Self { identity })
    }

    /// Without our own HTTP client nobody could show it: `build()` says so.
    #[cfg(not(feature = "reqwest"))]
    pub(super) fn parse(_: &[u8], _: &Secret<Vec<u8>>) -> Result<Self, ConfigError> {
        Ok(Self {})
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn identity(&self) -> reqwest::Identity {
        self.identity.clone()
    }
}

impl fmt::Debug for TlsClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsClientCertificate(***)")
    }
}

//! Whom our certificate names, where a provider knows us by it.

use std::net::IpAddr;

/// Whom our certificate names (RFC 8705 2.1.2): the one of its names by which the provider knows us with `tls_client_auth`.
///
/// # Example
/// ```
/// use vestibule_core::{ClientMetadata, TokenEndpointAuthMethod, registration::TlsClientAuthSubject};
///
/// let metadata = ClientMetadata::new("Photo Album")
///     .token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth)
///     .tls_client_auth_subject(TlsClientAuthSubject::SanDns("app.example.com".to_owned()));
/// assert_eq!(metadata.check(), Ok(()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsClientAuthSubject {
    /// The distinguished name of the subject, as a string (RFC 4514).
    Dn(String),
    /// A DNS name among the alternative names.
    SanDns(String),
    /// A URI among the alternative names.
    SanUri(String),
    /// An address among the alternative names.
    SanIp(IpAddr),
    /// An e-mail address among the alternative names.
    SanEmail(String),
}

impl TlsClientAuthSubject {
    /// The member that says so, and its value.
    pub(super) fn member(&self) -> (&'static str, String) {
        match self {
            Self::Dn(name) => ("tls_client_auth_subject_dn", name.clone()),
            Self::SanDns(name) => ("tls_client_auth_san_dns", name.clone()),
            Self::SanUri(uri) => ("tls_client_auth_san_uri", uri.clone()),
            Self::SanIp(address) => ("tls_client_auth_san_ip", address.to_string()),
            Self::SanEmail(address) => ("tls_client_auth_san_email", address.clone()),
        }
    }
}

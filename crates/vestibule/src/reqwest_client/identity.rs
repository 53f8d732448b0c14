//! Our certificate and its key, for providers that know us by them (RFC 8705 2).

use reqwest::{Certificate, Identity};
use vestibule_core::Secret;

use crate::config_error::ConfigError;

/// Reads a chain of certificates and the key of its first.
pub(crate) fn parse(certificate: &[u8], key: &Secret<Vec<u8>>) -> Result<Identity, ConfigError> {
    let refuse = |setting: &str, problem: &str| ConfigError::new(setting, problem);
    match Certificate::from_pem_bundle(certificate) {
        Ok(chain) if !chain.is_empty() => {}
        Ok(_) => {
            return Err(refuse("tls_client_certificate", "it holds no certificate")
                .remedy("give a PEM file with our certificate, and those between it and its authority"));
        }
        Err(_) => {
            return Err(refuse("tls_client_certificate", "it is not a PEM certificate")
                .remedy("give a PEM file with our certificate"));
        }
    }
    // reqwest takes both from one text. Its errors say nothing about either, and are not shown.
    let both = Secret::new([certificate, b"\n", key.expose().as_slice()].concat());
    let identity = Identity::from_pem(both.expose()).map_err(|_| {
        refuse("tls_client_key", "it holds no private key").remedy("give a PEM file with the key, without a passphrase")
    })?;
    // Whether they belong together shows when a client is made of them.
    let made = reqwest::Client::builder().tls_backend_rustls().tls_certs_only([]).identity(identity.clone()).build();
    made.map_err(|_| {
        refuse("tls_client_key", "it is not the key of tls_client_certificate, or one of them cannot be read")
            .remedy("give the key that the certificate was made for")
    })?;
    Ok(identity)
}

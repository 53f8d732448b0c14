//! Why no answer came, in plain words.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::Response;
use vestibule_core::HttpError;

use super::{Code, Finding, words};
use crate::{error::chain, provider::Probe};

/// Whether the connection held, and what to do where it did not: `Err` is the reason why there is nothing to look at.
pub(super) fn examine<T>(probe: &Probe<T>) -> Result<(Finding, &Response<Bytes>), Finding> {
    let (url, answer) = (&probe.url, probe.answer.as_ref().map_err(|error| no_answer(&probe.url, error))?);
    let held = if url.starts_with("https:") {
        Finding::new(Code::Tls, "the certificate of the provider holds")
    } else {
        Finding::new(Code::PlainHttp, "the provider is asked by plain http, on this machine alone")
            .with_remedy("that is for development: in production the issuer begins with https://")
    };
    Ok((held, answer))
}

/// Why there is no answer from there.
pub(super) fn no_answer(url: &str, error: &Arc<HttpError>) -> Finding {
    if let Some(finding) = certificate(url, error.as_ref()) {
        return finding;
    }
    if let HttpError::BodyTooLarge { limit } = error.as_ref() {
        return Finding::new(Code::DiscoveryUnusable, format!("{url} answered with more than {limit} bytes"))
            .with_remedy("see whether that is the address of the provider: metadata has a few thousand");
    }
    let (found, remedy) = match error.as_ref() {
        HttpError::Timeout(_) => (
            format!("{url} does not answer in time"),
            "see whether the address is right, and whether a firewall drops what this machine sends there",
        ),
        _ => (
            format!("{url} cannot be reached: {}", words::reason(&chain(error.as_ref()))),
            "see whether the address is right, whether its name resolves on this machine, and whether somebody listens there",
        ),
    };
    Finding::new(Code::Unreachable, found).with_remedy(format!(
        "{remedy}; people who are signed in stay so, and the provider is asked again until it answers"
    ))
}

#[cfg(feature = "reqwest")]
fn certificate(url: &str, error: &(dyn Error + 'static)) -> Option<Finding> {
    use rustls::{CertificateError, Error as TlsError};

    let error = tls_error(error)?;
    let (code, found, remedy) = match error {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => (
            Code::TlsUnknownIssuer,
            "was signed by an authority that is not trusted here, or comes without the certificates in between",
            "have the provider send its whole chain; where the authority is your own, give its certificate as trusted_ca (PEM)",
        ),
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => (
            Code::TlsExpired,
            "has expired",
            "have it renewed by whoever runs the provider; if it was, see whether the clock of this machine is right",
        ),
        TlsError::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            (Code::TlsNotYetValid, "does not hold yet", "see whether the clock of this machine is right")
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            Code::TlsWrongName,
            "is for another name than this address has",
            "write the issuer with the name that is in the certificate, or have this one added to it",
        ),
        _ => (
            Code::TlsFails,
            "or what it was shown with, cannot be used",
            "see what answers there: it may not speak TLS 1.2 or later, or want a certificate of ours",
        ),
    };
    let found = format!("the certificate at {url} {found} ({})", words::reason(&error.to_string()));
    Some(Finding::new(code, found).with_remedy(remedy))
}

#[cfg(not(feature = "reqwest"))]
fn certificate(_: &str, _: &(dyn Error + 'static)) -> Option<Finding> {
    None
}

/// What TLS says, however deep it lies. An error of the operating system hides what it was made of from `source`.
#[cfg(feature = "reqwest")]
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let within: Option<&'a (dyn Error + 'static)> =
        error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref()).map(|inner| inner as _);
    within.or_else(|| error.source()).and_then(tls_error)
}

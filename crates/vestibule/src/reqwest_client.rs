//! [`HttpClient`] by reqwest.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{Certificate, redirect, tls};
use vestibule_core::{HttpClient, HttpError, Limits, http_client::Answer, issuer::is_https_or_loopback};

use crate::{config_error::ConfigError, error::chain};

/// The HTTP client that is used unless another is given.
///
/// It verifies certificates with the platform's trust anchors and those that are added, follows no redirect, ignores the
/// environment's proxies, and gives up after 3 s without a connection and 10 s in all.
#[derive(Clone)]
pub struct ReqwestClient {
    client: reqwest::Client,
}

impl ReqwestClient {
    /// A client that trusts the platform's certificate authorities, and those of `trusted_ca` (PEM) besides.
    ///
    /// # Errors
    /// [`ConfigError`] when `trusted_ca` is not PEM, or when this machine has no trust anchors at all.
    pub fn new(trusted_ca: Option<&[u8]>) -> Result<Self, ConfigError> {
        let builder = reqwest::Client::builder().tls_certs_merge(certificates(trusted_ca)?);
        Self::build(builder).map_err(|error| match trusted_ca {
            // With one anchor of its own it asks nothing of the machine.
            Some(_) => unusable(&format!("a certificate in it cannot be used: {}", chain(&error))),
            None => without_anchors(&error),
        })
    }

    /// A client for providers on loopback over plain http: it needs no trust anchors, and trusts nobody.
    pub(crate) fn loopback_only() -> Result<Self, ConfigError> {
        Self::build(reqwest::Client::builder().tls_certs_only([])).map_err(|error| without_anchors(&error))
    }

    fn build(builder: reqwest::ClientBuilder) -> reqwest::Result<Self> {
        builder
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            // Features of one dependency add up over all that are compiled in. Another crate's wish for native-tls must not
            // change who verifies, and its wish for compression not unpack what the limit has measured (V83).
            .tls_backend_rustls()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .tls_version_min(tls::Version::TLS_1_2)
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .build()
            .map(|client| Self { client })
    }

    async fn carry_out(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(sort)?;
        if !is_https_or_loopback(request.url()) {
            return Err(HttpError::Connect("plain http is for loopback hosts only".into()));
        }
        let mut response = self.client.execute(request).await.map_err(sort)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(sort)? {
            if body.len() + chunk.len() > limits.body_bytes {
                return Err(HttpError::BodyTooLarge { limit: limits.body_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(self.carry_out(request, limits))
    }
}

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestClient")
    }
}

fn certificates(trusted_ca: Option<&[u8]>) -> Result<Vec<Certificate>, ConfigError> {
    let Some(pem) = trusted_ca else { return Ok(Vec::new()) };
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => Err(unusable("it holds no certificate")),
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(unusable("it is not a PEM certificate")),
    }
}

fn unusable(problem: &str) -> ConfigError {
    ConfigError::new("trusted_ca", problem).remedy("give a PEM file with the CA's certificate")
}

fn without_anchors(error: &reqwest::Error) -> ConfigError {
    ConfigError::new("trusted_ca", format!("no trust anchors to verify providers with: {}", chain(error)))
        .remedy("install the system's CA certificates (Debian: apt-get install ca-certificates), or name a PEM file")
}

/// The URL is left out: it is ours, and a query of it may hold what no log should.
fn sort(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if error.is_timeout() {
        HttpError::Timeout(error.into())
    } else if error.is_connect() {
        HttpError::Connect(error.into())
    } else {
        HttpError::Transport(error.into())
    }
}

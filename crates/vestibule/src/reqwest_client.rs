//! [`HttpClient`] by reqwest.

pub(crate) mod identity;
mod resolver;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{Certificate, Identity, dns::Resolve, redirect, tls};
use vestibule_core::{
    HttpClient, HttpError, Limits, Secret,
    http_client::{Answer, ClientCertificate, DynamicHost},
    issuer::is_https_or_loopback,
};

use self::resolver::{PublicOnly, SystemResolver};
use crate::{
    config_error::ConfigError,
    error::chain,
    outbound::{Allowed, Way},
};

/// The HTTP client that is used unless another is given.
///
/// It verifies certificates with the platform's trust anchors and those that are added, follows no redirect, ignores the
/// environment's proxies, and gives up after 3 s without a connection and 10 s in all. A request whose host comes from outside
/// ([`DynamicHost`]) goes to public addresses only.
///
/// # Example
/// ```no_run
/// use vestibule::ReqwestClient;
///
/// // A provider of our own network that WebFinger leads to, and one that knows us by a certificate.
/// let client = ReqwestClient::new(None)?
///     .outbound_allow(["login.internal:443"])?
///     .with_client_certificate(std::fs::read("client.pem")?, std::fs::read("client.key")?)?;
/// # let _ = client;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ReqwestClient {
    lines: Arc<Lines>,
    /// The same with our certificate, for the requests that are marked so.
    certified: Option<Arc<Lines>>,
    allowed: Allowed,
}

/// A client for hosts that the settings name, and one for those that come from outside. They share no connection.
struct Lines {
    making: Making,
    open: reqwest::Client,
    /// Made when first needed: few applications have providers that nobody named.
    guarded: OnceLock<reqwest::Client>,
}

/// What clients are made from.
#[derive(Clone)]
struct Making {
    anchors: Anchors,
    identity: Option<Identity>,
    resolver: Arc<dyn Resolve>,
}

/// Whose certificates are believed.
#[derive(Clone)]
enum Anchors {
    PlatformAnd(Vec<Certificate>),
    Nobody,
}

impl ReqwestClient {
    /// A client that trusts the platform's certificate authorities, and those of `trusted_ca` (PEM) besides.
    ///
    /// # Errors
    /// [`ConfigError`] when `trusted_ca` is not PEM, or when this machine has no trust anchors at all.
    pub fn new(trusted_ca: Option<&[u8]>) -> Result<Self, ConfigError> {
        Self::build(Making::new(Anchors::PlatformAnd(certificates(trusted_ca)?))).map_err(|error| match trusted_ca {
            // With one anchor of its own it asks nothing of the machine.
            Some(_) => unusable(&format!("a certificate in it cannot be used: {}", chain(&error))),
            None => without_anchors(&error),
        })
    }

    /// A client for providers on loopback over plain http: it needs no trust anchors, and trusts nobody.
    pub(crate) fn loopback_only() -> Result<Self, ConfigError> {
        Self::build(Making::new(Anchors::Nobody)).map_err(|error| without_anchors(&error))
    }

    /// How many certificate authorities of its own it trusts besides the platform's; `None` when it trusts nobody.
    pub(crate) fn own_anchors(&self) -> Option<usize> {
        match &self.lines.making.anchors {
            Anchors::PlatformAnd(certificates) => Some(certificates.len()),
            Anchors::Nobody => None,
        }
    }

    /// The same, connecting for requests whose host comes from outside to these places too, each `host:port`: what an operator
    /// vouches for.
    ///
    /// # Errors
    /// [`ConfigError`] when one of them is not a host and a port.
    pub fn outbound_allow<S: AsRef<str>>(self, places: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        Ok(Self { allowed: Allowed::parse(places)?, ..self })
    }

    /// The same with a certificate of our own and its key, both PEM: shown to whom a request marked [`ClientCertificate`] goes, and
    /// to nobody else (RFC 8705 2).
    ///
    /// # Errors
    /// [`ConfigError`] when one of them is not PEM, or the key not the certificate's.
    pub fn with_client_certificate(
        &self,
        certificate: impl AsRef<[u8]>,
        key: impl Into<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        self.with_identity(identity::parse(certificate.as_ref(), &Secret::new(key.into()))?)
    }

    /// The same with another certificate. What is not marked goes over the same connections as before.
    pub(crate) fn with_identity(&self, identity: Identity) -> Result<Self, ConfigError> {
        let making = Making { identity: Some(identity), ..self.lines.making.clone() };
        let certified = Lines::new(making).map_err(|error| {
            ConfigError::new("tls_client_certificate", format!("it cannot be used: {}", chain(&error)))
        })?;
        Ok(Self { certified: Some(Arc::new(certified)), ..self.clone() })
    }

    fn build(making: Making) -> reqwest::Result<Self> {
        Ok(Self { lines: Arc::new(Lines::new(making)?), certified: None, allowed: Allowed::default() })
    }

    /// The client that may carry this request out.
    fn client_for(&self, marks: Marks, request: &reqwest::Request) -> Result<&reqwest::Client, HttpError> {
        let lines = match (marks.client_certificate, &self.certified) {
            (None, _) => &self.lines,
            (Some(ClientCertificate), Some(certified)) => certified,
            // Without it the provider would refuse us, or worse, take us for somebody who needs none.
            (Some(ClientCertificate), None) => {
                return Err(HttpError::Connect("a client certificate is needed; give tls_client_certificate".into()));
            }
        };
        match marks.dynamic_host {
            None => Ok(&lines.open),
            Some(DynamicHost) => match self.allowed.judge(request.url()) {
                Ok(Way::Open) => Ok(&lines.open),
                Ok(Way::Guarded) => lines.guarded(),
                Err(not_public) => Err(HttpError::Connect(not_public.into())),
            },
        }
    }

    async fn carry_out(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        let marks = Marks::of(&request);
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(sort)?;
        if !is_https_or_loopback(request.url()) {
            return Err(HttpError::Connect("plain http is for loopback hosts only".into()));
        }
        let client = self.client_for(marks, &request)?;
        let mut response = client.execute(request).await.map_err(sort)?;
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

/// What core says of a request besides the request.
#[derive(Clone, Copy)]
struct Marks {
    dynamic_host: Option<DynamicHost>,
    client_certificate: Option<ClientCertificate>,
}

impl Marks {
    fn of(request: &Request<Bytes>) -> Self {
        let marks = request.extensions();
        Self { dynamic_host: marks.get().copied(), client_certificate: marks.get().copied() }
    }
}

impl Lines {
    fn new(making: Making) -> reqwest::Result<Self> {
        let open = making.client().build()?;
        Ok(Self { making, open, guarded: OnceLock::new() })
    }

    fn guarded(&self) -> Result<&reqwest::Client, HttpError> {
        if let Some(client) = self.guarded.get() {
            return Ok(client);
        }
        let resolver = PublicOnly(Arc::clone(&self.making.resolver));
        let client = self.making.client().dns_resolver(Arc::new(resolver)).build().map_err(sort)?;
        Ok(self.guarded.get_or_init(|| client))
    }
}

impl Making {
    fn new(anchors: Anchors) -> Self {
        Self { anchors, identity: None, resolver: Arc::new(SystemResolver) }
    }

    fn client(&self) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder();
        let builder = match &self.anchors {
            Anchors::PlatformAnd(certificates) => builder.tls_certs_merge(certificates.iter().cloned()),
            Anchors::Nobody => builder.tls_certs_only([]),
        };
        let builder = builder
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
            .timeout(Duration::from_secs(10));
        self.identity.iter().cloned().fold(builder, reqwest::ClientBuilder::identity)
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

#[cfg(test)]
mod tests;

//! Authentication by a certificate below the request (RFC 8705 2): `tls_client_auth` and `self_signed_tls_client_auth`.

mod subject;

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Extensions, Uri};
use serde_json::Value;
use url::Url;
use vestibule_core::{TokenEndpointAuthMethod, http_client::ClientCertificate};

use super::refused;
use crate::{client::RegisteredClient, denial::Denial, provider::DevelopmentProvider};

/// The certificate that a client presented when it connected, in DER.
///
/// By function call there is no connection: it comes along as an extension of the request. The provider takes it for proven that
/// the client has the key to it.
///
/// # Example
/// ```
/// use http::Request;
/// use vestibule_provider::PresentedCertificate;
///
/// let request = Request::post("http://127.0.0.1:3001/token").extension(PresentedCertificate::new(vec![0x30, 0]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedCertificate(Vec<u8>);

impl PresentedCertificate {
    /// The certificate with these bytes.
    #[must_use]
    pub fn new(der: impl Into<Vec<u8>>) -> Self {
        Self(der.into())
    }
}

impl DevelopmentProvider {
    /// As an [`HttpClient`](vestibule_core::HttpClient), presents this certificate with requests that are marked by
    /// [`ClientCertificate`]: where there are [aliases](Self::with_mtls_aliases), with those alone that go there.
    ///
    /// # Example
    /// ```
    /// use vestibule_provider::{DevelopmentProvider, PresentedCertificate};
    ///
    /// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
    /// provider.present_certificate(Some(PresentedCertificate::new(vec![0x30, 0])));
    /// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
    /// ```
    pub fn present_certificate(&self, certificate: Option<PresentedCertificate>) {
        self.state().proofs.presented = certificate;
    }

    /// Has the endpoints that take client certificates below `base` too (`mtls_endpoint_aliases`, RFC 8705 5), and only there: at
    /// the others nobody can present one. To be said before the provider becomes a router.
    ///
    /// # Panics
    /// When `base` is not a URL, or has the path of the issuer.
    pub fn with_mtls_aliases(self, base: &str) -> Self {
        let url = Url::parse(base).unwrap_or_else(|_| panic!("not a URL: {base}"));
        assert!(without_slash(url.path()) != self.base_path(), "the aliases need a path of their own");
        self.state().proofs.aliases = Some(url);
        self
    }

    /// The URL of an endpoint that takes client certificates, if there are aliases.
    pub(crate) fn mtls_endpoint(&self, path: &str) -> Option<String> {
        let base = self.state().proofs.aliases.clone()?;
        Some(format!("{}{path}", without_slash(base.as_str())))
    }

    /// The path below which those endpoints are.
    pub(crate) fn mtls_base_path(&self) -> Option<String> {
        self.state().proofs.aliases.as_ref().map(|base| without_slash(base.path()).to_owned())
    }

    /// Whether a URL is one of those.
    pub(crate) fn is_mtls_alias(&self, uri: &Uri) -> bool {
        let base = self.mtls_endpoint("/");
        base.is_some_and(|base| uri.to_string().starts_with(&base))
    }

    /// What a connection would have brought for a request that says so.
    pub(crate) fn connect(&self, uri: &Uri, extensions: &mut Extensions) {
        let is_marked = extensions.get::<ClientCertificate>().is_some();
        let has_aliases = self.state().proofs.aliases.is_some();
        let is_taken = !has_aliases || self.is_mtls_alias(uri);
        if !is_taken {
            extensions.remove::<PresentedCertificate>();
        } else if is_marked && let Some(certificate) = self.state().proofs.presented.clone() {
            extensions.insert(certificate);
        }
    }
}

fn without_slash(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

/// Whether the certificate below the request is the one that is registered.
pub(super) async fn check(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    certificate: Option<&PresentedCertificate>,
) -> Result<(), Denial> {
    let PresentedCertificate(der) = certificate.ok_or_else(|| refused("no client certificate"))?;
    let is_registered = match client.registered_certificate() {
        Some(registered) => registered == der,
        // RFC 8705 2.2.2: it is among the client's keys.
        None if client.auth_method() == TokenEndpointAuthMethod::SelfSignedTlsClientAuth => {
            provider.keys_of(client).await.is_some_and(|keys| has_certificate(&keys, der))
        }
        // RFC 8705 2.1.2
        None => client.subject_dn().is_some_and(|registered| subject::of(der).as_deref() == Some(registered)),
    };
    if is_registered { Ok(()) } else { Err(refused("the client certificate is not the one that is registered")) }
}

/// RFC 7517 4.7: the first of `x5c` is that of the key itself.
fn has_certificate(keys: &Value, der: &[u8]) -> bool {
    let keys = keys.get("keys").and_then(Value::as_array).into_iter().flatten();
    let mut own = keys.filter_map(|key| key.get("x5c")?.get(0)?.as_str());
    own.any(|text| STANDARD.decode(text).is_ok_and(|registered| registered == der))
}

impl fmt::Debug for PresentedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedCertificate").field("bytes", &self.0.len()).finish()
    }
}

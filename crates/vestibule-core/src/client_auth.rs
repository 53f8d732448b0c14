//! How a client proves who it is where it asks for tokens or gives them back (Core 9, RFC 6749 2.3.1, RFC 8705 2).

mod assertion;

pub(crate) use assertion::ClientAssertion;
pub use assertion::{AssertionAudience, AssertionTyp};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::{
    discovery::Offered,
    http_client::ClientCertificate,
    issuer::uri,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// The methods of client authentication, by their registered names (Core 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// The secret in an `Authorization: Basic` header (the default of Registration 2).
    ClientSecretBasic,
    /// The secret in the form body.
    ClientSecretPost,
    /// An assertion signed by HMAC with the secret (RFC 7523 2.2): the secret itself stays here.
    ClientSecretJwt,
    /// An assertion signed with a private key of ours (RFC 7523 2.2).
    PrivateKeyJwt,
    /// A certificate that an authority signed (RFC 8705 2.1).
    TlsClientAuth,
    /// A certificate of our own making (RFC 8705 2.2).
    SelfSignedTlsClientAuth,
    /// No secret: a public client.
    None,
}

impl TokenEndpointAuthMethod {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// Whether the proof is the certificate of the connection (RFC 8705 2).
    pub(crate) const fn is_by_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}

/// The methods that the metadata offers for one endpoint, the member that says so, and the algorithms for assertions there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferedAuthMethods<'a> {
    pub(crate) member: &'static str,
    pub(crate) names: Option<&'a [String]>,
    pub(crate) signing: Offered<'a>,
}

impl OfferedAuthMethods<'_> {
    /// When the metadata does not say, it is `client_secret_basic` (Discovery 3, RFC 8414 2).
    pub(crate) fn contain(&self, method: TokenEndpointAuthMethod) -> bool {
        match self.names {
            Some(offered) => offered.iter().any(|name| name == method.name()),
            None => method == TokenEndpointAuthMethod::ClientSecretBasic,
        }
    }
}

/// An endpoint to which a client posts forms, with the proof of who it is.
#[derive(Debug)]
pub(crate) struct AuthenticatedEndpoint {
    pub(crate) url: Url,
    pub(crate) client_id: String,
    pub(crate) authentication: Authentication,
}

impl AuthenticatedEndpoint {
    /// A form of these parameters, in their order, and the proof after them: a new one for each request.
    pub(crate) fn post<'p>(
        &self,
        now: NumericDate,
        entropy: Entropy,
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri(&self.url);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(parameters);
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        match &self.authentication {
            Authentication::Basic(secret) => {
                headers.insert(header::AUTHORIZATION, basic(&self.client_id, secret.expose()));
            }
            Authentication::Post(secret) => {
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", secret.expose());
            }
            Authentication::Assertion(assertion) => assertion.prove(&self.client_id, now, entropy, &mut form),
            // RFC 8705 2: "the client MUST include the client_id".
            Authentication::Certificate => {
                form.append_pair("client_id", &self.client_id);
                request.extensions_mut().insert(ClientCertificate);
            }
            // RFC 6749 3.2.1: a client that does not authenticate says who it is.
            Authentication::None => {
                form.append_pair("client_id", &self.client_id);
            }
        }
        *request.body_mut() = Bytes::from(form.finish());
        request
    }
}

/// What a client shows of itself; made by [`Client::authentication`](crate::Client).
#[derive(Clone, Debug)]
pub(crate) enum Authentication {
    Basic(Secret<String>),
    Post(Secret<String>),
    Assertion(ClientAssertion),
    Certificate,
    None,
}

/// RFC 6749 2.3.1: id and secret are form-url-encoded *before* they are joined with a colon.
#[expect(clippy::expect_used, reason = "every character of base64 may stand in a header")]
fn basic(client_id: &str, secret: &str) -> HeaderValue {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = Secret::new(format!("{}:{}", encode(client_id), encode(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(credentials.expose())))
        .expect("base64 has only characters that a header may have");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests;

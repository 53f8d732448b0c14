//! How a client proves who it is where it asks for tokens or gives them back (Core 9, RFC 6749 2.3.1).

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::secret::Secret;

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
}

/// The methods that the metadata offers for one endpoint, and the member that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferedAuthMethods<'a> {
    pub(crate) member: &'static str,
    pub(crate) names: Option<&'a [String]>,
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
    /// A form of these parameters, in their order, and the proof after them.
    pub(crate) fn post<'p>(&self, parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.as_str().parse().expect("metadata has only URLs that a request can be sent to");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(parameters);
        let headers = request.headers_mut();
        self.authentication.prove(&self.client_id, headers, &mut form);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        *request.body_mut() = Bytes::from(form.finish());
        request
    }
}

/// What a client shows of itself; made by [`Client::authentication`](crate::Client).
#[derive(Clone, Debug)]
pub(crate) enum Authentication {
    Basic(Secret<String>),
    Post(Secret<String>),
    None,
}

impl Authentication {
    /// Adds the proof to a request.
    fn prove(&self, client_id: &str, headers: &mut HeaderMap, form: &mut form_urlencoded::Serializer<'_, String>) {
        match self {
            Self::Basic(secret) => {
                headers.insert(header::AUTHORIZATION, basic(client_id, secret.expose()));
            }
            Self::Post(secret) => {
                form.append_pair("client_id", client_id).append_pair("client_secret", secret.expose());
            }
            // RFC 6749 3.2.1: a client that does not authenticate says who it is.
            Self::None => {
                form.append_pair("client_id", client_id);
            }
        }
    }
}

/// RFC 6749 2.3.1: id and secret are form-url-encoded *before* they are joined with a colon.
fn basic(client_id: &str, secret: &str) -> HeaderValue {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = Secret::new(format!("{}:{}", encode(client_id), encode(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(credentials.expose())))
        .expect("base64 has only characters that a header may have");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R54: the provider decodes exactly what we hold, whatever characters it has.
    #[test]
    fn basic_credentials_survive_every_character() {
        for (id, secret) in [("rp", "plain"), ("a:b", "a:b%+é &=\"'\\"), ("client_ab 1%", "secret_:%+\" ")] {
            let value = basic(id, secret);
            let encoded = value.to_str().expect("ASCII").strip_prefix("Basic ").expect("Basic");
            let joined = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8");
            let parts: Vec<_> = joined.split(':').collect();
            assert_eq!(parts.len(), 2, "{joined}");
            let decode =
                |part: &str| form_urlencoded::parse(format!("v={part}").as_bytes()).next().expect("one").1.into_owned();
            assert_eq!((decode(parts[0]).as_str(), decode(parts[1]).as_str()), (id, secret));
        }
    }

    #[test]
    fn the_header_does_not_print_its_secret() {
        assert_eq!(format!("{:?}", basic("rp", "canary")), "Sensitive");
    }
}

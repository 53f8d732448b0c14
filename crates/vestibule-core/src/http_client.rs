//! The trait by which an exchange is carried out.

use std::{error::Error, future::Future, pin::Pin};

use bytes::Bytes;
use http::{Request, Response};

use crate::exchange::Limits;

/// What sends requests to a provider.
///
/// The development provider implements it too, so relying party and provider can talk by function call in tests.
///
/// # Security
/// An implementation
/// - never follows a redirect: a 3xx is handed back as it came (V79),
/// - ignores proxies named in the environment (V78),
/// - verifies certificates and host names, TLS 1.2 or later (R63), and speaks plain http to loopback hosts only,
/// - stops reading at [`Limits::body_bytes`] and answers [`HttpError::BodyTooLarge`] (V83),
/// - has a deadline for the whole exchange,
/// - sends a request whose extensions have a [`ClientCertificate`] with the client's certificate (RFC 8705 2), or not at all, and no
///   other request with it,
/// - connects for a request whose extensions have a [`DynamicHost`] only to an address that is public or allowed by name: looked at
///   after the resolution of the name, literal addresses too, and kept for the connection (V78),
/// - does not log headers or bodies: they hold client secrets, codes and tokens.
///
/// # Example
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use vestibule_core::http_client::{Answer, HttpClient};
/// use vestibule_core::Limits;
///
/// #[derive(Debug)]
/// struct NobodyHome;
///
/// impl HttpClient for NobodyHome {
///     fn send(&self, _request: Request<Bytes>, _limits: Limits) -> Answer<'_> {
///         Box::pin(std::future::ready(Ok(Response::builder().status(503).body(Bytes::new()).expect("valid"))))
///     }
/// }
/// ```
pub trait HttpClient: Send + Sync {
    /// Carries one request out.
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_>;
}

/// Send this with the client's certificate: an extension of a request that proves by it who we are (RFC 8705 2), or presents a token
/// that is bound to it (RFC 8705 3).
///
/// # Example
/// ```
/// use vestibule_core::http_client::ClientCertificate;
///
/// let mut request = http::Request::new(bytes::Bytes::new());
/// assert!(request.extensions().get::<ClientCertificate>().is_none());
/// request.extensions_mut().insert(ClientCertificate);
/// assert!(request.extensions().get::<ClientCertificate>().is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a mark says all by being there")]
pub struct ClientCertificate;

/// The address came from outside, not from the settings: an extension of a request that must not reach what only we can reach (V78).
///
/// # Example
/// ```
/// use vestibule_core::http_client::DynamicHost;
///
/// let mut request = http::Request::new(bytes::Bytes::new());
/// request.extensions_mut().insert(DynamicHost);
/// assert!(request.extensions().get::<DynamicHost>().is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a mark says all by being there")]
pub struct DynamicHost;

/// What [`HttpClient::send`] gives: boxed, so that the trait has objects.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection: refused, no route, no such host, or a certificate that does not hold.
    #[error("could not connect")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// The deadline passed first.
    #[error("no answer in time")]
    Timeout(#[source] Box<dyn Error + Send + Sync>),
    /// The body has more bytes than [`Limits::body_bytes`].
    #[error("the body has more than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The connection broke, or what came over it was not HTTP.
    #[error("the connection failed")]
    Transport(#[source] Box<dyn Error + Send + Sync>),
}

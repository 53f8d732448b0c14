//! Looking after a registration: reading it, changing it, ending it (RFC 7592).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use url::Url;

use super::{ClientInformation, RegistrationRequest, bearer};
use crate::{
    error::{Excerpt, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, error_in, json_body},
    issuer::{is_https_or_loopback, is_requestable, uri},
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Asks a provider what it has us registered as (RFC 7592 2.1). Its secret and its access may have changed: keep the answer in
/// the place of what was kept.
///
/// # Example
/// ```
/// use vestibule_core::{ClientInformation, ClientMetadata, Entropy, Exchange, NumericDate, ProviderMetadata, Secret};
/// use vestibule_core::registration::{RegistrationRequest, management::ReadRegistration};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize", "registration_endpoint": "https://login.example.com/register",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let kept = Secret::new(br#"{"client_id": "s6BhdRkqt3", "token_endpoint_auth_method": "none",
/// #   "id_token_signed_response_alg": "ES256", "registration_access_token": "this.is.a.token",
/// #   "registration_client_uri": "https://login.example.com/register?client_id=s6BhdRkqt3"}"#.to_vec());
/// # let held = ClientInformation::from_bytes(&kept).expect("what to_bytes wrote");
/// let asked = RegistrationRequest::new(
///     &metadata,
///     &ClientMetadata::new("Photo Album"),
///     "https://app.example.com/auth/callback/corp",
///     "https://app.example.com/auth/logged_out",
/// )?;
/// let mut exchange = ReadRegistration::new(asked, &held)?;
/// let request = exchange.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://login.example.com/register?client_id=s6BhdRkqt3");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReadRegistration {
    access: Access,
    asked: RegistrationRequest,
    held: ClientInformation,
}

/// Asks a provider to register us anew under the same client_id (RFC 7592 2.2): all of what is asked for takes the place of all
/// that was.
///
/// # Example
/// ```
/// use vestibule_core::{ClientInformation, registration::{RegistrationRequest, management::UpdateRegistration}};
///
/// # let _ = |asked: RegistrationRequest, held: ClientInformation| -> Result<(), Box<dyn std::error::Error>> {
/// let exchange = UpdateRegistration::new(asked, &held)?;
/// # let _ = exchange;
/// # Ok(())
/// # };
/// ```
#[derive(Debug)]
pub struct UpdateRegistration {
    access: Access,
    asked: RegistrationRequest,
    held: ClientInformation,
}

/// Asks a provider to forget us (RFC 7592 2.3): what was granted to the client ends with it.
///
/// # Example
/// ```
/// use vestibule_core::{ClientInformation, registration::{RegistrationRequest, management::DeleteRegistration}};
///
/// # let _ = |asked: RegistrationRequest, held: ClientInformation| -> Result<(), Box<dyn std::error::Error>> {
/// let exchange = DeleteRegistration::new(&asked, &held)?;
/// # let _ = exchange;
/// # Ok(())
/// # };
/// ```
#[derive(Debug)]
pub struct DeleteRegistration {
    access: Access,
}

/// Why a registration cannot be looked after: nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum Unmanageable {
    #[error("the provider gave no {member} with the registration: it can be changed at the provider only")]
    NoAccess { member: &'static str },
    #[error("registration_client_uri '{got}' is not an https URL")]
    ClientUri { got: Excerpt },
    #[error("registration_client_uri is at '{got}', the registration endpoint at '{expected}'")]
    ForeignOrigin { expected: String, got: Excerpt },
    #[error("registration_access_token is empty or has characters that a header may not have")]
    AccessToken,
}

/// Why a provider does not let us look after a registration (RFC 7592 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagementRefused {
    /// 401: the token is not good any more, or the client is not there. Registering anew is what is left.
    #[error("does not know the registration_access_token, or the client is gone (RFC 7592 2.1)")]
    Token,
    /// 403: the client may not do this to its registration.
    #[error("does not let this client do that (RFC 7592 2.1)")]
    Forbidden,
    /// 404: there is no such place.
    #[error("is not there")]
    NotFound,
    /// 405: the provider does not offer this, for any client.
    #[error("does not support this (RFC 7592 2.3)")]
    NotSupported,
}

const LIMITS: Limits = RegistrationRequest::LIMITS;

impl ReadRegistration {
    /// Of the registration `held`, which was made for what is `asked`.
    ///
    /// # Errors
    /// [`Unmanageable`] when the registration came without access, or with access at another place.
    pub fn new(asked: RegistrationRequest, held: &ClientInformation) -> Result<Self, Unmanageable> {
        let access = Access::new(&asked, held)?;
        Ok(Self { access, asked: asked.with_terms_of(held), held: held.clone() })
    }
}

impl Exchange for ReadRegistration {
    type Output = ClientInformation;
    const ENDPOINT: Endpoint = Endpoint::ClientConfiguration;
    const LIMITS: Limits = LIMITS;

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        self.access.request(Method::GET)
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let answer = management_answer(&response)?;
        let information = self.asked.adopt(&answer, Some(&self.held)).map_err(Misbehaviour::from)?;
        Ok(Step::Done(information))
    }
}

impl UpdateRegistration {
    /// Of the registration `held`, to what is `asked` now.
    ///
    /// # Errors
    /// [`Unmanageable`] when the registration came without access, or with access at another place.
    pub fn new(asked: RegistrationRequest, held: &ClientInformation) -> Result<Self, Unmanageable> {
        Ok(Self { access: Access::new(&asked, held)?, asked, held: held.clone() })
    }

    /// RFC 7592 2.2: all metadata, the client_id, and the secret, which must be the one that we have. What the provider added of
    /// its own is said again; when and where the registration is kept is not ours to say.
    fn body(&self) -> Map<String, Value> {
        let mut body = self.held.added.0.clone();
        // Registration 2: "The jwks_uri and jwks parameters MUST NOT be used together."
        if ["jwks", "jwks_uri"].into_iter().any(|member| self.asked.asked.0.contains_key(member)) {
            body.remove("jwks");
            body.remove("jwks_uri");
        }
        body.extend(self.asked.asked.0.clone());
        body.insert("client_id".to_owned(), json!(self.held.client_id));
        if let Some(secret) = &self.held.client_secret {
            body.insert("client_secret".to_owned(), json!(secret.expose()));
        }
        body
    }
}

impl Exchange for UpdateRegistration {
    type Output = ClientInformation;
    const ENDPOINT: Endpoint = Endpoint::ClientConfiguration;
    const LIMITS: Limits = LIMITS;

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = self.access.request(Method::PUT);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Bytes::from(Value::Object(self.body()).to_string());
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let answer = management_answer(&response)?;
        let information = self.asked.adopt(&answer, Some(&self.held)).map_err(Misbehaviour::from)?;
        Ok(Step::Done(information))
    }
}

impl DeleteRegistration {
    /// Of the registration `held`, which was made for what is `asked`.
    ///
    /// # Errors
    /// [`Unmanageable`] when the registration came without access, or with access at another place.
    pub fn new(asked: &RegistrationRequest, held: &ClientInformation) -> Result<Self, Unmanageable> {
        Ok(Self { access: Access::new(asked, held)? })
    }
}

impl Exchange for DeleteRegistration {
    /// The provider knows us no more.
    type Output = ();
    const ENDPOINT: Endpoint = Endpoint::ClientConfiguration;
    const LIMITS: Limits = LIMITS;

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        self.access.request(Method::DELETE)
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        match response.status() {
            // RFC 7592 2.3: "the server MUST respond with an HTTP 204 No Content message".
            StatusCode::NO_CONTENT => Ok(Step::Done(())),
            _ => Err(refusal(&response)),
        }
    }
}

/// Where a registration is kept, and the token that opens it.
#[derive(Debug)]
struct Access {
    registration_client_uri: Url,
    registration_access_token: Secret<String>,
}

impl Access {
    fn new(asked: &RegistrationRequest, held: &ClientInformation) -> Result<Self, Unmanageable> {
        let no_access = |member| Unmanageable::NoAccess { member };
        let uri = held.registration_client_uri.as_ref().ok_or(no_access("registration_client_uri"))?;
        let token = held.registration_access_token.as_ref().ok_or(no_access("registration_access_token"))?;
        if token.expose().is_empty() || bearer(token).is_none() {
            return Err(Unmanageable::AccessToken);
        }
        let is_endpoint = |url: &Url| {
            is_https_or_loopback(url)
                && is_requestable(url)
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        // RFC 7592 5: "MUST require the use of a transport-layer security mechanism" (V80).
        let url = Url::parse(uri)
            .ok()
            .filter(is_endpoint)
            .ok_or_else(|| Unmanageable::ClientUri { got: Excerpt::new(uri) })?;
        // RFC 7592 says nothing of where it may be. But the token goes there, and whoever has it has the registration: so it stays
        // where the registration was made, whatever a later answer says (as R108 holds metadata to its hosts).
        let (expected, got) = (asked.registration_endpoint.origin(), url.origin());
        if expected != got {
            let got = Excerpt::new(&got.ascii_serialization());
            return Err(Unmanageable::ForeignOrigin { expected: expected.ascii_serialization(), got });
        }
        Ok(Self { registration_client_uri: url, registration_access_token: token.clone() })
    }

    fn request(&self, method: Method) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri(&self.registration_client_uri);
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // RFC 7592 2: the token as a bearer token, in the header.
        if let Some(bearer) = bearer(&self.registration_access_token) {
            headers.insert(header::AUTHORIZATION, bearer);
        }
        request
    }
}

/// The JSON of a 200 answer, or why there is none.
fn management_answer(response: &Response<Bytes>) -> Result<Map<String, Value>, ProtocolError> {
    match response.status() {
        StatusCode::OK => Ok(json_body(Endpoint::ClientConfiguration, &LIMITS, response)?),
        _ => Err(refusal(response)),
    }
}

/// What a status other than the good one says (RFC 7592 2.1 to 2.3).
fn refusal(response: &Response<Bytes>) -> ProtocolError {
    let endpoint = Endpoint::ClientConfiguration;
    let unexpected = Misbehaviour::UnexpectedStatus { endpoint, status: response.status().as_u16() };
    let refused = match response.status() {
        StatusCode::UNAUTHORIZED => ManagementRefused::Token,
        StatusCode::FORBIDDEN => ManagementRefused::Forbidden,
        StatusCode::NOT_FOUND => ManagementRefused::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ManagementRefused::NotSupported,
        // RFC 7592 2.2: as at registration, where what is asked for is not to the provider's liking.
        StatusCode::BAD_REQUEST => {
            let error = json_body(endpoint, &LIMITS, response).and_then(|object| error_in(endpoint, &object));
            return match error {
                Ok(Some(error)) => ProtocolError::Denied(error),
                Ok(None) | Err(_) => unexpected.into(),
            };
        }
        _ => return unexpected.into(),
    };
    Misbehaviour::from(refused).into()
}

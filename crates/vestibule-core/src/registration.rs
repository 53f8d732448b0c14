//! Introducing ourselves to a provider: what we ask to be known as, and what we got (OpenID Connect Dynamic Client
//! Registration 1.0, RFC 7591).

mod client_metadata;

pub use client_metadata::ClientMetadata;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    client::Client,
    client_auth::TokenEndpointAuthMethod,
    discovery::{LogoutSupport, ProviderMetadata},
    error::{Excerpt, InvalidMetadata, InvalidRegistration, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, error_in, json_body},
    jose::SignatureAlgorithm,
    json,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Asks a provider to register us (Registration 3.1).
#[derive(Debug)]
pub struct RegistrationRequest {
    registration_endpoint: Url,
    initial_access_token: Option<Secret<String>>,
    asked: Map<String, Value>,
    redirect_uri: String,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
    logout: LogoutSupport,
}

impl RegistrationRequest {
    /// For an application with this redirect URI and this place to come back to after signing out.
    ///
    /// # Errors
    /// [`InvalidMetadata::NoRegistration`] when the provider registers nobody.
    pub fn new(
        metadata: &ProviderMetadata,
        client_metadata: &ClientMetadata,
        redirect_uri: impl Into<String>,
        post_logout_redirect_uri: &str,
    ) -> Result<Self, InvalidMetadata> {
        let redirect_uri = redirect_uri.into();
        Ok(Self {
            registration_endpoint: metadata.registration_endpoint().ok_or(InvalidMetadata::NoRegistration)?.clone(),
            initial_access_token: client_metadata.initial_access_token.clone(),
            asked: client_metadata.asked(metadata, &redirect_uri, post_logout_redirect_uri),
            token_endpoint_auth_method: client_metadata.auth_method(metadata),
            id_token_signed_response_alg: client_metadata.algorithm(metadata),
            logout: metadata.logout_support(),
            redirect_uri,
        })
    }

    /// Where we take logout tokens (Back-Channel Logout 2.2). It is asked for where the provider says that it posts any, and with
    /// a `sid` in each where it says that it has them.
    #[must_use]
    pub fn backchannel_logout_uri(mut self, uri: &str) -> Self {
        if self.logout.backchannel_logout_supported {
            self.ask("backchannel_logout_uri", uri);
            self.ask("backchannel_logout_session_required", self.logout.backchannel_logout_session_supported);
        }
        self
    }

    /// Which page of ours ends a session when a frame loads it (Front-Channel Logout 2). It is asked for where the provider says
    /// that it loads such pages and names the session: a request that names none ends none (V72).
    #[must_use]
    pub fn frontchannel_logout_uri(mut self, uri: &str) -> Self {
        if self.logout.frontchannel_logout_supported && self.logout.frontchannel_logout_session_supported {
            self.ask("frontchannel_logout_uri", uri);
            self.ask("frontchannel_logout_session_required", true);
        }
        self
    }

    fn ask(&mut self, name: &str, value: impl Into<Value>) {
        self.asked.insert(name.to_owned(), value.into());
    }

    /// Where the request goes.
    #[must_use]
    pub fn registration_endpoint(&self) -> &Url {
        &self.registration_endpoint
    }

    /// What is asked for, as JSON: a registration is good for exactly this.
    #[must_use]
    pub fn asked(&self) -> Vec<u8> {
        serde_json::to_vec(&self.asked).expect("a map of strings to JSON values is JSON")
    }
}

impl Exchange for RegistrationRequest {
    type Output = ClientInformation;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(self.asked()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() =
            self.registration_endpoint.as_str().parse().expect("metadata has only URLs that a request can be sent to");
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // A token that no header can carry is left out: the provider says so.
        let bearer =
            self.initial_access_token.as_ref().map(|token| HeaderValue::try_from(format!("Bearer {}", token.expose())));
        if let Some(Ok(mut bearer)) = bearer {
            bearer.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, bearer);
        }
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = registration_answer(&Self::LIMITS, &response)?;
        self.read(&object).map(Step::Done).map_err(|invalid| Misbehaviour::from(invalid).into())
    }
}

impl RegistrationRequest {
    /// The answer is adopted where it differs from what was asked (RFC 7591 3.2.1), save for what would make it useless.
    fn read(&self, object: &Map<String, Value>) -> Result<ClientInformation, InvalidRegistration> {
        let client_id: String = json::required(object, "client_id")?;
        if client_id.is_empty() {
            return Err(InvalidRegistration::EmptyClientId);
        }
        let redirect_uris: Option<Vec<String>> = json::member(object, "redirect_uris")?;
        if redirect_uris.is_some_and(|uris| !uris.contains(&self.redirect_uri)) {
            return Err(InvalidRegistration::RedirectUris);
        }
        let client_secret =
            json::member::<String>(object, "client_secret")?.filter(|secret| !secret.is_empty()).map(Secret::new);
        let method = self.registered_method(object, client_secret.is_some())?;
        let information = ClientInformation {
            client_id,
            client_secret: client_secret.filter(|_| method != TokenEndpointAuthMethod::None),
            // Registration 3.2: 0 means never.
            client_secret_expires_at: json::member::<NumericDate>(object, "client_secret_expires_at")?
                .filter(|date| date.seconds() != 0),
            token_endpoint_auth_method: method,
            id_token_signed_response_alg: self.registered_algorithm(object)?,
            registration_access_token: json::member::<String>(object, "registration_access_token")?.map(Secret::new),
            registration_client_uri: json::member(object, "registration_client_uri")?,
        };
        information.client().check().map_err(InvalidRegistration::Unusable)?;
        Ok(information)
    }

    fn registered_method(
        &self,
        object: &Map<String, Value>,
        has_secret: bool,
    ) -> Result<TokenEndpointAuthMethod, InvalidRegistration> {
        let method = match json::member::<String>(object, "token_endpoint_auth_method")? {
            Some(name) => TokenEndpointAuthMethod::deserialize(Value::String(name.clone()))
                .map_err(|_| InvalidRegistration::AuthMethod { got: Excerpt::new(&name) })?,
            None => self.token_endpoint_auth_method,
        };
        if method != TokenEndpointAuthMethod::None && !has_secret {
            return Err(InvalidRegistration::NoSecret);
        }
        Ok(method)
    }

    fn registered_algorithm(&self, object: &Map<String, Value>) -> Result<SignatureAlgorithm, InvalidRegistration> {
        match json::member::<String>(object, "id_token_signed_response_alg")? {
            // V33: what comes of `none` is refused at the ID Token, which must have what we asked for.
            Some(name) if name != "none" => {
                name.parse().map_err(|_| InvalidRegistration::Algorithm { got: Excerpt::new(&name) })
            }
            _ => Ok(self.id_token_signed_response_alg),
        }
    }
}

/// The JSON of a 201 answer (200 is taken for one too), or the error that the endpoint gave (Registration 3.3).
fn registration_answer(limits: &Limits, response: &Response<Bytes>) -> Result<Map<String, Value>, ProtocolError> {
    let unexpected =
        Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Registration, status: response.status().as_u16() };
    match response.status() {
        StatusCode::CREATED | StatusCode::OK => Ok(json_body(Endpoint::Registration, limits, response)?),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let object = json_body(Endpoint::Registration, limits, response).map_err(|_| unexpected.clone())?;
            Err(error_in(Endpoint::Registration, &object)?.map_or_else(|| unexpected.into(), ProtocolError::Denied))
        }
        _ => Err(unexpected.into()),
    }
}

/// What a provider registered us as (Registration 3.2). It holds secrets: keep it sealed.
#[derive(Clone, Debug, Deserialize)]
pub struct ClientInformation {
    client_id: String,
    client_secret: Option<Secret<String>>,
    client_secret_expires_at: Option<NumericDate>,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
    registration_access_token: Option<Secret<String>>,
    registration_client_uri: Option<String>,
}

impl ClientInformation {
    /// The client that we are by this registration.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = match &self.client_secret {
            Some(secret) => Client::confidential(self.client_id.as_str(), secret.clone()),
            None => Client::public(self.client_id.as_str()),
        };
        client
            .token_endpoint_auth_method(self.token_endpoint_auth_method)
            .id_token_signed_response_alg(self.id_token_signed_response_alg)
    }

    /// When the secret stops being good; `None` for never.
    #[must_use]
    pub fn client_secret_expires_at(&self) -> Option<NumericDate> {
        self.client_secret_expires_at
    }

    /// Its bytes, secrets and all: seal them.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let kept = json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret.as_ref().map(Secret::expose),
            "client_secret_expires_at": self.client_secret_expires_at,
            "token_endpoint_auth_method": self.token_endpoint_auth_method,
            "id_token_signed_response_alg": self.id_token_signed_response_alg,
            "registration_access_token": self.registration_access_token.as_ref().map(Secret::expose),
            "registration_client_uri": self.registration_client_uri,
        });
        Secret::new(kept.to_string().into_bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub fn from_bytes(bytes: &Secret<Vec<u8>>) -> Option<Self> {
        serde_json::from_slice(bytes.expose()).ok()
    }
}

#[cfg(test)]
mod tests;

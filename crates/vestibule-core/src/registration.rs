//! Introducing ourselves to a provider: what we ask to be known as, and what we got (OpenID Connect Dynamic Client
//! Registration 1.0, RFC 7591).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    client::Client,
    client_auth::TokenEndpointAuthMethod,
    discovery::ProviderMetadata,
    error::{ErrorResponse, Excerpt, InvalidMetadata, InvalidRegistration, JsonFault, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_body},
    jose::SignatureAlgorithm,
    json,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// What we ask a provider to know us as (Registration 2).
///
/// # Example
/// ```
/// use vestibule_core::ClientMetadata;
///
/// let metadata = ClientMetadata::new("Photo Album").contact("ops@example.com");
/// # let _ = metadata;
/// ```
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    client_name: String,
    contacts: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    id_token_signed_response_alg: Option<SignatureAlgorithm>,
    initial_access_token: Option<Secret<String>>,
}

impl ClientMetadata {
    /// An application of this name, which people see when they sign in.
    #[must_use]
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            contacts: Vec::new(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            token_endpoint_auth_method: None,
            id_token_signed_response_alg: None,
            initial_access_token: None,
        }
    }

    /// The e-mail address of somebody responsible. Several may be given.
    #[must_use]
    pub fn contact(mut self, address: impl Into<String>) -> Self {
        self.contacts.push(address.into());
        self
    }

    /// The application's home page.
    #[must_use]
    pub fn client_uri(self, uri: impl Into<String>) -> Self {
        Self { client_uri: Some(uri.into()), ..self }
    }

    /// A picture that people see when they sign in.
    #[must_use]
    pub fn logo_uri(self, uri: impl Into<String>) -> Self {
        Self { logo_uri: Some(uri.into()), ..self }
    }

    /// How the application uses what it learns about people.
    #[must_use]
    pub fn policy_uri(self, uri: impl Into<String>) -> Self {
        Self { policy_uri: Some(uri.into()), ..self }
    }

    /// The terms of service.
    #[must_use]
    pub fn tos_uri(self, uri: impl Into<String>) -> Self {
        Self { tos_uri: Some(uri.into()), ..self }
    }

    /// How we want to authenticate at the token endpoint. Unset: by `client_secret_basic`, or by what the provider offers.
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: Some(method), ..self }
    }

    /// The algorithm that our ID Tokens shall be signed with. Unset: RS256, or the first that the provider offers.
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { id_token_signed_response_alg: Some(algorithm), ..self }
    }

    /// The token that a provider demands of those who register (Registration 3).
    #[must_use]
    pub fn initial_access_token(self, token: impl Into<Secret<String>>) -> Self {
        Self { initial_access_token: Some(token.into()), ..self }
    }

    /// The body of the request, as JSON: what this provider is asked for.
    fn asked(
        &self,
        metadata: &ProviderMetadata,
        redirect_uri: &str,
        post_logout_redirect_uri: &str,
    ) -> Map<String, Value> {
        let mut asked = Map::new();
        let mut ask = |name: &str, value: Value| asked.insert(name.to_owned(), value);
        ask("application_type", json!("web"));
        ask("client_name", json!(self.client_name));
        ask("redirect_uris", json!([redirect_uri]));
        ask("post_logout_redirect_uris", json!([post_logout_redirect_uri]));
        ask("response_types", json!(["code"]));
        ask("grant_types", json!(["authorization_code"]));
        ask("token_endpoint_auth_method", json!(self.auth_method(metadata)));
        ask("id_token_signed_response_alg", json!(self.algorithm(metadata)));
        if !self.contacts.is_empty() {
            ask("contacts", json!(self.contacts));
        }
        for (name, value) in [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
        ] {
            if let Some(value) = value {
                ask(name, json!(value));
            }
        }
        asked
    }

    fn auth_method(&self, metadata: &ProviderMetadata) -> TokenEndpointAuthMethod {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Unauthenticated};
        let offered = || {
            [ClientSecretBasic, ClientSecretPost, Unauthenticated]
                .into_iter()
                .find(|method| metadata.offers_auth_method(method.name()))
        };
        self.token_endpoint_auth_method.or_else(offered).unwrap_or(ClientSecretBasic)
    }

    fn algorithm(&self, metadata: &ProviderMetadata) -> SignatureAlgorithm {
        let offered = || {
            SignatureAlgorithm::ALL
                .into_iter()
                .filter(|algorithm| !algorithm.is_symmetric())
                .find(|algorithm| metadata.offers_algorithm(*algorithm))
        };
        self.id_token_signed_response_alg.or_else(offered).unwrap_or(SignatureAlgorithm::Rs256)
    }
}

/// Asks a provider to register us (Registration 3.1).
#[derive(Debug)]
pub struct RegistrationRequest {
    registration_endpoint: Url,
    initial_access_token: Option<Secret<String>>,
    asked: Map<String, Value>,
    redirect_uri: String,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
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
            redirect_uri,
        })
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
            let read = |fault: JsonFault| fault.at(Endpoint::Registration);
            let error: String = json::member(&object, "error").map_err(read)?.ok_or(unexpected)?;
            let description: Option<String> = json::member(&object, "error_description").map_err(read)?;
            Err(ErrorResponse::new(&error, description.as_deref())
                .map_or_else(|| Misbehaviour::MalformedError.into(), ProtocolError::Denied))
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

//! The variants in which a plan runs its modules: the suite's five parameters.

use vestibule::{ResponseMode, ResponseType, TokenEndpointAuthMethod};

/// The suite's parameters of one run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Variant {
    /// `client_auth_type`
    pub client_auth_type: TokenEndpointAuthMethod,
    /// `response_type`
    pub response_type: ResponseType,
    /// `response_mode`: the default one where it is `None`.
    pub response_mode: Option<ResponseMode>,
    /// `request_type`
    pub request_type: RequestType,
    /// `client_registration`
    pub client_registration: ClientRegistration,
}

/// How the authorization request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestType {
    /// `plain_http_request`
    PlainHttpRequest,
    /// `request_object`: by value.
    RequestObject,
    /// `request_uri`: by reference.
    RequestUri,
}

/// How the client became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientRegistration {
    /// `static_client`
    StaticClient,
    /// `dynamic_client`
    DynamicClient,
}

impl Variant {
    /// What the certification plans have where they do not say otherwise: `client_secret_basic`, the default response mode, a plain
    /// request, a static client.
    #[must_use]
    pub const fn of(response_type: ResponseType) -> Self {
        Self {
            client_auth_type: TokenEndpointAuthMethod::ClientSecretBasic,
            response_type,
            response_mode: None,
            request_type: RequestType::PlainHttpRequest,
            client_registration: ClientRegistration::StaticClient,
        }
    }

    /// With the response in a form that the browser posts.
    #[must_use]
    pub const fn form_post(self) -> Self {
        Self { response_mode: Some(ResponseMode::FormPost), ..self }
    }

    /// With a client that registers itself.
    #[must_use]
    pub const fn dynamic_client(self) -> Self {
        Self { client_registration: ClientRegistration::DynamicClient, ..self }
    }

    /// With another way to make the request.
    #[must_use]
    pub const fn request_type(self, request_type: RequestType) -> Self {
        Self { request_type, ..self }
    }

    /// With another method of client authentication.
    #[must_use]
    pub const fn client_auth_type(self, client_auth_type: TokenEndpointAuthMethod) -> Self {
        Self { client_auth_type, ..self }
    }

    /// Whether the client registers itself.
    #[must_use]
    pub fn registers(self) -> bool {
        self.client_registration == ClientRegistration::DynamicClient
    }

    /// Whether the client proves itself by a secret.
    #[must_use]
    pub fn has_secret(self) -> bool {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost};
        matches!(self.client_auth_type, ClientSecretBasic | ClientSecretPost | ClientSecretJwt)
    }

    /// Whether the client proves itself by a key of its own.
    #[must_use]
    pub fn proves_itself_by_key(self) -> bool {
        self.client_auth_type == TokenEndpointAuthMethod::PrivateKeyJwt
    }

    /// Whether authorization requests are objects.
    #[must_use]
    pub fn has_request_objects(self) -> bool {
        self.request_type != RequestType::PlainHttpRequest
    }

    /// Whether the client signs with a key of its own, unless a module says otherwise.
    #[must_use]
    pub fn signs(self) -> bool {
        self.proves_itself_by_key() || self.has_request_objects()
    }

    /// What the provider is asked for until there is an ID Token and the keys to verify it, in order. No bad ID Token takes the
    /// relying party any further.
    #[must_use]
    pub fn until_the_first_id_token(self) -> Vec<&'static str> {
        let mut expected = vec!["discovery"];
        if self.registers() {
            expected.push("register");
        }
        expected.push("authorize");
        if !self.response_type.has_id_token() {
            expected.push("token");
        }
        expected.push("jwks");
        expected
    }

    /// The same until userinfo is asked, which it is wherever there is an access token.
    #[must_use]
    pub fn complete(self) -> Vec<&'static str> {
        let mut expected = self.until_the_first_id_token();
        if self.response_type.has_id_token() && self.response_type.has_code() {
            expected.push("token");
        }
        if self.has_access_token() {
            expected.push("userinfo");
        }
        expected
    }

    /// Whether the relying party gets an access token from anywhere.
    #[must_use]
    pub fn has_access_token(self) -> bool {
        self.response_type.has_code() || self.response_type.has_token()
    }
}

//! What we ask a provider to know us as.

mod algorithms;
mod asked;
mod contradictions;
mod wants;

pub use contradictions::InvalidClientMetadata;

use super::{
    client_keys::ClientKeys,
    terms::{SubjectType, Terms},
    tls_client_auth::TlsClientAuthSubject,
};
use crate::{
    authorization::ResponseType, client_auth::TokenEndpointAuthMethod, jose::SignatureAlgorithm, secret::Secret,
};

/// What we ask a provider to know us as (Registration 2).
///
/// What is unset is asked for as the provider offers it, or not mentioned: then the specification's default holds.
///
/// # Example
/// ```
/// use vestibule_core::ClientMetadata;
///
/// let metadata = ClientMetadata::new("Photo Album").contact("ops@example.com").client_name_in("ja", "写真アルバム");
/// assert_eq!(metadata.check(), Ok(()));
/// ```
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    client_name: String,
    application_type: ApplicationType,
    contacts: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    localized: Vec<Localized>,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    request_uris: Vec<String>,
    initiate_login_uri: Option<String>,
    sector_identifier_uri: Option<String>,
    keys: Option<ClientKeys>,
    tls_client_auth_subject: Option<TlsClientAuthSubject>,
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    id_token_signed_response_alg: Option<SignatureAlgorithm>,
    terms: Terms,
    refresh_tokens: bool,
    software_id: Option<String>,
    software_version: Option<String>,
    software_statement: Option<Secret<String>>,
    pub(super) initial_access_token: Option<Secret<String>>,
}

/// A member in another language (Registration 2.1).
#[derive(Clone, Debug)]
struct Localized {
    member: &'static str,
    language: String,
    value: String,
}

/// Where the application runs (Registration 2, `application_type`).
///
/// # Example
/// ```
/// use vestibule_core::{ClientMetadata, registration::ApplicationType};
///
/// let metadata = ClientMetadata::new("Photo Album").application_type(ApplicationType::Native);
/// # let _ = metadata;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApplicationType {
    /// On a server.
    #[default]
    Web,
    /// On the device of the one who signs in.
    Native,
}

impl ClientMetadata {
    /// An application of this name, which people see when they sign in.
    #[must_use]
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            application_type: ApplicationType::default(),
            contacts: Vec::new(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            localized: Vec::new(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            request_uris: Vec::new(),
            initiate_login_uri: None,
            sector_identifier_uri: None,
            keys: None,
            tls_client_auth_subject: None,
            token_endpoint_auth_method: None,
            id_token_signed_response_alg: None,
            terms: Terms::default(),
            refresh_tokens: false,
            software_id: None,
            software_version: None,
            software_statement: None,
            initial_access_token: None,
        }
    }

    /// Where the application runs: on a server, unless said (Registration 2).
    #[must_use]
    pub fn application_type(self, application_type: ApplicationType) -> Self {
        Self { application_type, ..self }
    }

    /// The e-mail address of somebody responsible. Several may be given.
    #[must_use]
    pub fn contact(mut self, address: impl Into<String>) -> Self {
        self.contacts.push(address.into());
        self
    }

    /// The application's name in another language, by its tag (Registration 2.1, BCP 47): `client_name#ja`.
    #[must_use]
    pub fn client_name_in(self, language: impl Into<String>, name: impl Into<String>) -> Self {
        self.localized("client_name", language, name)
    }

    /// The application's home page.
    #[must_use]
    pub fn client_uri(self, uri: impl Into<String>) -> Self {
        Self { client_uri: Some(uri.into()), ..self }
    }

    /// The home page in another language (Registration 2.1).
    #[must_use]
    pub fn client_uri_in(self, language: impl Into<String>, uri: impl Into<String>) -> Self {
        self.localized("client_uri", language, uri)
    }

    /// A picture that people see when they sign in.
    #[must_use]
    pub fn logo_uri(self, uri: impl Into<String>) -> Self {
        Self { logo_uri: Some(uri.into()), ..self }
    }

    /// The picture for another language (Registration 2.1).
    #[must_use]
    pub fn logo_uri_in(self, language: impl Into<String>, uri: impl Into<String>) -> Self {
        self.localized("logo_uri", language, uri)
    }

    /// How the application uses what it learns about people.
    #[must_use]
    pub fn policy_uri(self, uri: impl Into<String>) -> Self {
        Self { policy_uri: Some(uri.into()), ..self }
    }

    /// The same in another language (Registration 2.1).
    #[must_use]
    pub fn policy_uri_in(self, language: impl Into<String>, uri: impl Into<String>) -> Self {
        self.localized("policy_uri", language, uri)
    }

    /// The terms of service.
    #[must_use]
    pub fn tos_uri(self, uri: impl Into<String>) -> Self {
        Self { tos_uri: Some(uri.into()), ..self }
    }

    /// The terms of service in another language (Registration 2.1).
    #[must_use]
    pub fn tos_uri_in(self, language: impl Into<String>, uri: impl Into<String>) -> Self {
        self.localized("tos_uri", language, uri)
    }

    fn localized(mut self, member: &'static str, language: impl Into<String>, value: impl Into<String>) -> Self {
        self.localized.push(Localized { member, language: language.into(), value: value.into() });
        self
    }

    /// A redirect URI beside the one of the login. Several may be given.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// A place to come back to after signing out, beside the one of the logout (RP-Initiated Logout 3.1). Several may be given.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// Where the provider may fetch a request object of ours from (Registration 2). Several may be given.
    #[must_use]
    pub fn request_uri(mut self, uri: impl Into<String>) -> Self {
        self.request_uris.push(uri.into());
        self
    }

    /// Where others may send a person to sign in here (Core 4): an https URL.
    #[must_use]
    pub fn initiate_login_uri(self, uri: impl Into<String>) -> Self {
        Self { initiate_login_uri: Some(uri.into()), ..self }
    }

    /// Where the provider finds which redirect URIs are of one sector (Registration 5): an https URL, at which we serve a
    /// [`SectorIdentifierDocument`](super::SectorIdentifierDocument).
    #[must_use]
    pub fn sector_identifier_uri(self, uri: impl Into<String>) -> Self {
        Self { sector_identifier_uri: Some(uri.into()), ..self }
    }

    /// How the provider shall name the people who sign in (Core 8). Unset: as it likes.
    #[must_use]
    pub fn subject_type(mut self, subject_type: SubjectType) -> Self {
        self.terms.subject_type = Some(subject_type);
        self
    }

    /// What may come back from the authorization endpoint (Registration 2). Unset: a code. Several may be given; the grant types
    /// that go with them are asked for too.
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        if !self.terms.response_types.contains(&response_type) {
            self.terms.response_types.push(response_type);
        }
        self
    }

    /// That we may use refresh tokens (`grant_types`, Registration 2). Providers give none to a client that did not ask.
    #[must_use]
    pub fn refresh_tokens(self) -> Self {
        Self { refresh_tokens: true, ..self }
    }

    /// How many seconds ago a person may have authenticated, where a login does not say (Registration 2, `default_max_age`).
    #[must_use]
    pub fn default_max_age(mut self, seconds: u64) -> Self {
        self.terms.default_max_age = Some(seconds);
        self
    }

    /// That ID Tokens must say when the person authenticated (Registration 2, `require_auth_time`).
    #[must_use]
    pub fn require_auth_time(mut self) -> Self {
        self.terms.require_auth_time = true;
        self
    }

    /// How people shall authenticate where a login does not say (Registration 2, `default_acr_values`). Several may be given, the
    /// dearest first.
    #[must_use]
    pub fn default_acr_value(mut self, value: impl Into<String>) -> Self {
        self.terms.default_acr_values.push(value.into());
        self
    }

    /// The scopes that we may ask for, with spaces between them (RFC 7591 2). Unset: what the provider gives by default.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.terms.scope = Some(scope.into());
        self
    }

    /// Which software this is, in all its installations (RFC 7591 2, `software_id`).
    #[must_use]
    pub fn software_id(self, id: impl Into<String>) -> Self {
        Self { software_id: Some(id.into()), ..self }
    }

    /// The version of the software (RFC 7591 2, `software_version`).
    #[must_use]
    pub fn software_version(self, version: impl Into<String>) -> Self {
        Self { software_version: Some(version.into()), ..self }
    }

    /// What somebody whom the provider trusts has signed about this software (RFC 7591 2.3).
    #[must_use]
    pub fn software_statement(self, statement: impl Into<Secret<String>>) -> Self {
        Self { software_statement: Some(statement.into()), ..self }
    }

    /// The token that a provider demands of those who register (Registration 3).
    #[must_use]
    pub fn initial_access_token(self, token: impl Into<Secret<String>>) -> Self {
        Self { initial_access_token: Some(token.into()), ..self }
    }
}

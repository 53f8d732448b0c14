//! A provider that people sign in with: its settings, and at work its metadata and keys, fetched when first needed.

mod addresses;
mod asking;
mod bucket;
mod checks;
mod connected;
mod error;
mod examined;
mod flight;
mod found;
mod fresh;
mod grants;
mod hosts;
mod identity;
mod logout_tokens;
mod management;
mod not_available;
mod own_keys;
mod proof;
mod registrar;
mod request_objects;
mod tls_client_certificate;
mod vigil;

use std::{sync::Arc, time::Duration};

use vestibule_core::{
    Client, ClientMetadata, Issuer, ProviderMetadata, Secret, UserInfoMethod,
    discovery::WebFingerResource,
    tenants::{InvalidTenants, Tenants},
};

pub(crate) use self::{
    addresses::Addresses,
    bucket::Empty,
    connected::{ConnectedProvider, Surroundings},
    examined::Probe,
    grants::{RefreshFailed, Refreshed},
    identity::Introduced,
    logout_tokens::NotVerified,
    not_available::RETRY_AFTER,
    own_keys::KeptValues,
    proof::Proved,
    registrar::Remembered,
    tls_client_certificate::TlsClientCertificate,
};
use self::{asking::Asking, request_objects::RequestObjectSettings};
pub use self::{
    error::{KeysFailed, ProviderError},
    not_available::NotAvailable,
    own_keys::OwnKeys,
    request_objects::RequestObjects,
};
use crate::config_error::ConfigError;

/// A provider that people sign in with, and who we are there.
///
/// # Example
/// ```
/// use vestibule::{Client, Provider};
///
/// let provider = Provider::discovered("https://login.example.com", Client::confidential("my-app", "secret"))?
///     .scope("openid profile email");
/// # let _ = provider;
///
/// // A provider that lets clients register themselves:
/// use vestibule::ClientMetadata;
/// let lab = Provider::discovered("https://lab.example.com", ClientMetadata::new("Photo Album").contact("ops@example.com"))?;
/// # let _ = lab;
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Provider {
    source: Source,
    client: ClientSource,
    asking: Asking,
    userinfo: UserInfoMethod,
    redirect_path: Option<String>,
    refresh_token_reuse_grace: Option<Duration>,
    logout_token_type_required: bool,
    others_may_initiate_login: bool,
    tls_client_certificate: Option<TlsClientCertificate>,
    own_keys: Option<OwnKeys>,
    request_objects: RequestObjectSettings,
    fetches_distributed_claims: bool,
    tenants: Option<Result<Tenants, InvalidTenants>>,
}

/// Who we are at a provider: a client that somebody registered by hand, or one that registers itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientSource {
    /// Registered by hand.
    Given(Client),
    /// Registers itself when somebody first signs in.
    Registers(Box<ClientMetadata>),
}

impl From<Client> for ClientSource {
    fn from(client: Client) -> Self {
        Self::Given(client)
    }
}

impl From<ClientMetadata> for ClientSource {
    fn from(metadata: ClientMetadata) -> Self {
        Self::Registers(Box::new(metadata))
    }
}

#[derive(Clone, Debug)]
enum Source {
    Described(Arc<ProviderMetadata>),
    Discovered(Issuer),
    /// Boxed, since it is the largest and the rarest.
    WebFinger(Box<WebFingerResource>),
}

impl Provider {
    /// A provider that publishes its metadata (Discovery 4); it is asked when somebody first signs in.
    ///
    /// # Errors
    /// [`ConfigError`] when the issuer is not one: https, or http on a loopback host; no query, no fragment.
    pub fn discovered(issuer: &str, client: impl Into<ClientSource>) -> Result<Self, ConfigError> {
        let issuer = Issuer::parse(issuer).map_err(|reason| {
            ConfigError::new("issuer", reason.to_string())
                .value(issuer)
                .remedy("copy the issuer from the provider's documentation, such as https://login.example.com")
        })?;
        Ok(Self::new(Source::Discovered(issuer), client.into()))
    }

    /// The provider that is responsible for an identifier, such as `acct:joe@example.com` or `https://example.com/joe`: its host is
    /// asked for the issuer when somebody first signs in (WebFinger, Discovery 2), and that is kept until the process ends.
    ///
    /// The issuer that it names may be anywhere on the internet, but not in our own network, unless it is at the identifier's own
    /// host and port or [`outbound_allow`](crate::Builder::outbound_allow) has it.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no identifier that a provider can be found by (Discovery 2.1).
    ///
    /// # Example
    /// ```
    /// use vestibule::{ClientMetadata, Provider};
    ///
    /// let provider = Provider::webfinger("acct:joe@example.com", ClientMetadata::new("Photo Album"))?;
    /// # let _ = provider;
    /// # Ok::<_, vestibule::ConfigError>(())
    /// ```
    pub fn webfinger(identifier: &str, client: impl Into<ClientSource>) -> Result<Self, ConfigError> {
        let resource = WebFingerResource::parse(identifier).map_err(|reason| {
            ConfigError::new("webfinger", reason.to_string())
                .value(identifier)
                .remedy("write for example \"acct:joe@example.com\" or \"https://example.com/joe\"")
        })?;
        Ok(Self::new(Source::WebFinger(Box::new(resource)), client.into()))
    }

    /// A provider whose metadata you give (Discovery 3): nothing is fetched but its keys.
    #[must_use]
    pub fn described(metadata: ProviderMetadata, client: impl Into<ClientSource>) -> Self {
        Self::new(Source::Described(Arc::new(metadata)), client.into())
    }

    fn new(source: Source, client: ClientSource) -> Self {
        Self {
            source,
            client,
            asking: Asking::default(),
            userinfo: UserInfoMethod::Get,
            redirect_path: None,
            refresh_token_reuse_grace: None,
            logout_token_type_required: false,
            others_may_initiate_login: false,
            tls_client_certificate: None,
            own_keys: None,
            request_objects: RequestObjectSettings::default(),
            fetches_distributed_claims: false,
            tenants: None,
        }
    }

    /// How the userinfo endpoint is asked, where there is one: by GET unless said.
    #[must_use]
    pub fn userinfo(self, method: UserInfoMethod) -> Self {
        Self { userinfo: method, ..self }
    }

    /// Fetches claims that the provider says are elsewhere (Core 5.6.2, distributed claims), at each login. Unless said, nobody is asked
    /// for them.
    ///
    /// They are taken from wherever the provider says, on public addresses only, save for
    /// [`outbound_allow`](crate::Builder::outbound_allow); but they count only when one of the providers of this application has signed
    /// them. Those that come along (aggregated claims) count under the same rule, without this setting.
    #[must_use]
    pub fn distributed_claims(self) -> Self {
        Self { fetches_distributed_claims: true, ..self }
    }

    /// The tenants whose people may sign in, where the issuer stands for many of them, as
    /// `https://login.microsoftonline.com/organizations/v2.0` does: by the ids that their tokens have as `tid`. Such a provider
    /// publishes a template in the place of its issuer, and everybody's sessions are of the issuer of their tenant. Unless said, a
    /// template is refused.
    ///
    /// # Example
    /// ```
    /// use vestibule::{Client, Provider};
    ///
    /// let issuer = "https://login.microsoftonline.com/organizations/v2.0";
    /// let provider = Provider::discovered(issuer, Client::confidential("my-app", "secret"))?
    ///     .tenants(["72f988bf-86f1-41af-91ab-2d7cd011db47"]);
    /// # let _ = provider;
    /// # Ok::<_, vestibule::ConfigError>(())
    /// ```
    #[must_use]
    pub fn tenants<T: Into<String>>(self, tenants: impl IntoIterator<Item = T>) -> Self {
        Self { tenants: Some(Tenants::new(tenants)), ..self }
    }

    /// The path of the redirect URI, in the place of `/auth/callback/NAME`: to keep one that is registered already.
    #[must_use]
    pub fn redirect_path(self, path: impl Into<String>) -> Self {
        Self { redirect_path: Some(path.into()), ..self }
    }

    /// For how long this provider takes a refresh token again that was used already, as Auth0 and Okta can be set to. Only then is
    /// one presented a second time, after a process died between the provider's answer and our keeping it. Unless said, the
    /// tokens are dropped then, and the session lives on without them.
    #[must_use]
    pub fn refresh_token_reuse_grace(self, grace: Duration) -> Self {
        Self { refresh_token_reuse_grace: Some(grace), ..self }
    }

    /// Takes only logout tokens whose header says `typ: logout+jwt`, from the first one on. Unless said, that is required of a
    /// provider once a token of its, verified by this process, had it (Back-Channel Logout 2.4 recommends it).
    #[must_use]
    pub fn require_logout_token_type(self) -> Self {
        Self { logout_token_type_required: true, ..self }
    }

    /// Lets the provider, or a page of links, send people to `/auth/initiate_login/NAME` to sign in here (Core 4). Unless said, a
    /// login begins on pages of this application alone.
    #[must_use]
    pub fn initiate_login(self) -> Self {
        Self { others_may_initiate_login: true, ..self }
    }

    /// Our certificate and its key, both PEM, the certificate's chain behind it: shown to this provider alone, with the requests
    /// that RFC 8705 wants it for (`tls_client_auth`, `self_signed_tls_client_auth`). The key is without a passphrase.
    ///
    /// # Errors
    /// [`ConfigError`] when one of them is not PEM, or the key not the certificate's.
    ///
    /// # Example
    /// ```no_run
    /// use std::fs::read;
    /// use vestibule::{Client, Provider, TokenEndpointAuthMethod};
    ///
    /// let client = Client::public("my-app").token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    /// let provider = Provider::discovered("https://login.example.com", client)?
    ///     .tls_client_certificate(read("client.pem")?, read("client.key")?)?;
    /// # let _ = provider;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn tls_client_certificate(
        self,
        certificate: impl AsRef<[u8]>,
        key: impl Into<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        let certificate = TlsClientCertificate::parse(certificate.as_ref(), &Secret::new(key.into()))?;
        Ok(Self { tls_client_certificate: Some(certificate), ..self })
    }

    /// Our own keys there. Unless said, a client that registers itself has [made](OwnKeys::made) ones when it needs any, and one that
    /// was registered by hand has none.
    #[must_use]
    pub fn keys(self, keys: OwnKeys) -> Self {
        Self { own_keys: Some(keys), ..self }
    }

    pub(crate) fn own_tls_client_certificate(&self) -> Option<&TlsClientCertificate> {
        self.tls_client_certificate.as_ref()
    }

    /// Whether somebody's certificate may have to be verified.
    #[cfg(feature = "reqwest")]
    pub(crate) fn may_be_asked_over_tls(&self) -> bool {
        !self.issuer().is_some_and(|issuer| issuer.as_str().starts_with("http:"))
    }

    pub(crate) fn own_redirect_path(&self) -> Option<&str> {
        self.redirect_path.as_deref()
    }

    /// The tenants whose people may sign in, where the issuer stands for many.
    fn listed_tenants(&self) -> Option<&Tenants> {
        self.tenants.as_ref().and_then(|tenants| tenants.as_ref().ok())
    }

    /// The issuer, if the settings have it.
    fn issuer(&self) -> Option<&Issuer> {
        match &self.source {
            Source::Described(metadata) => Some(metadata.issuer()),
            Source::Discovered(issuer) => Some(issuer),
            Source::WebFinger(_) => None,
        }
    }
}

//! A provider at work: its metadata, its keys and our client there, each fetched when first needed.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use vestibule_core::{
    AuthorizationCode, AuthorizationRequest, ClaimsSet, Client, ClientInformation, ClientMetadata, Exchange,
    HttpClient, IdToken, Issuer, JwkSet, Misbehaviour, ProtocolError, ProviderMetadata, Step, TokenResponse,
    UnverifiedIdToken,
    discovery::{DiscoveryRequest, KeysRequest},
    error::InvalidIdToken,
    freshness::{Answer, Conditional, Freshness},
    jose::{InvalidJws, jwk::SkipReason},
    registration::RegistrationRequest,
    userinfo::UserInfoRequest,
};

use super::{
    ClientSource, Provider, ProviderError, Source,
    fresh::Fresh,
    registrar::{Registrar, Remembered},
};
use crate::clock::{self, Clock};

/// A provider at work.
pub(crate) struct ConnectedProvider {
    name: String,
    provider: Provider,
    redirect_uri: String,
    surroundings: Surroundings,
    client: Identity,
    metadata: Fresh<ProviderMetadata>,
    keys: Fresh<JwkSet>,
}

/// Who we are at the provider: known from the start, or found out.
enum Identity {
    Given(Arc<Client>),
    Registers(Box<ClientMetadata>, Registrar),
}

/// What every provider at work needs from the house.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) remembered: Remembered,
    pub(crate) post_logout_redirect_uri: String,
}

/// A provider that knows us and whom we know: what every exchange with it starts from.
#[derive(Clone, Debug)]
pub(crate) struct Introduced {
    pub(crate) metadata: Arc<ProviderMetadata>,
    pub(crate) client: Arc<Client>,
}

impl ConnectedProvider {
    pub(crate) fn new(name: String, provider: Provider, redirect_uri: String, surroundings: Surroundings) -> Self {
        let client = match &provider.client {
            ClientSource::Given(client) => Identity::Given(Arc::new(client.clone())),
            ClientSource::Registers(metadata) => Identity::Registers(Box::new(metadata.clone()), Registrar::new()),
        };
        Self { name, provider, redirect_uri, surroundings, client, metadata: Fresh::new(), keys: Fresh::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        self.provider.issuer()
    }

    /// The client_id that the settings give; empty for a client that registers itself, whose id may change while its people
    /// stay the same.
    pub(crate) fn given_client_id(&self) -> &str {
        match &self.client {
            Identity::Given(client) => client.client_id(),
            Identity::Registers(..) => "",
        }
    }

    /// The route of the callback, if it is not the one below our prefix.
    pub(crate) fn own_redirect_path(&self) -> Option<&str> {
        self.provider.own_redirect_path()
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// What every login asks for, as the settings have it.
    pub(crate) fn authorization_request(&self) -> AuthorizationRequest {
        let request = AuthorizationRequest::new(self.redirect_uri.as_str(), self.provider.scope.as_str());
        self.provider.parameters.iter().fold(request, |request, (name, value)| {
            request.parameter(name, value).expect("build() refuses the parameters that the protocol sets")
        })
    }

    /// The metadata, and who we are there: as given, or fetched and registered when first needed. They fit each other.
    pub(crate) async fn introduced(self: &Arc<Self>) -> Result<Introduced, ProviderError> {
        let metadata = self.metadata().await?;
        let client = match &self.client {
            Identity::Given(client) => Arc::clone(client),
            Identity::Registers(asked, registrar) => self.registered(&metadata, asked, registrar).await?,
        };
        client.check_provider(&metadata)?;
        Ok(Introduced { metadata, client })
    }

    /// The metadata: as described, or fetched when first needed.
    pub(crate) async fn metadata(self: &Arc<Self>) -> Result<Arc<ProviderMetadata>, ProviderError> {
        match &self.provider.source {
            Source::Described(metadata) => Ok(Arc::clone(metadata)),
            Source::Discovered(issuer) => {
                let (this, request) = (Arc::clone(self), DiscoveryRequest::new(issuer.clone()));
                self.metadata.get(|etag| this.fetch_metadata(Conditional::new(request, etag))).await
            }
        }
    }

    async fn fetch_metadata(
        self: Arc<Self>,
        request: Conditional<DiscoveryRequest>,
    ) -> Result<Answer<ProviderMetadata>, ProviderError> {
        let answer = self.carry_out(request).await?;
        match (&answer, self.metadata.held()) {
            // R108: a provider does not move overnight. Somebody who can change its metadata would like it to.
            (Answer::Modified(new, _), Some(held)) if !new.has_the_hosts_of(&held) => {
                tracing::error!(target: "vestibule::provider", provider = %self.name,
                    "the provider's metadata names other hosts than before: it is not used until a restart; ask whoever runs the provider");
                Ok(Answer::NotModified(Freshness::default()))
            }
            _ => Ok(answer),
        }
    }

    async fn registered(
        self: &Arc<Self>,
        metadata: &ProviderMetadata,
        asked: &ClientMetadata,
        registrar: &Registrar,
    ) -> Result<Arc<Client>, ProviderError> {
        let Surroundings { remembered, clock, post_logout_redirect_uri, .. } = &self.surroundings;
        let request = RegistrationRequest::new(metadata, asked, self.redirect_uri.as_str(), post_logout_redirect_uri)?;
        let this = Arc::clone(self);
        let register = move |request| async move { this.register(request).await };
        registrar.client(remembered, request, clock.now(), register).await
    }

    async fn register(self: Arc<Self>, request: RegistrationRequest) -> Result<ClientInformation, ProviderError> {
        let information = self.carry_out(request).await?;
        tracing::info!(target: "vestibule::provider", provider = %self.name, client_id = information.client().client_id(), "registered");
        Ok(information)
    }

    /// Metadata and keys, fetched now: for those who want to fail at start.
    pub(crate) async fn ready(self: &Arc<Self>) -> Result<(), ProviderError> {
        let at = self.introduced().await?;
        self.keys(&at).await.map(drop)
    }

    /// Redeems a code. A client that registered itself and is not known any more will register anew, with the next login.
    pub(crate) async fn redeem(
        &self,
        at: &Introduced,
        code: AuthorizationCode,
    ) -> Result<TokenResponse, ProviderError> {
        let answer = self.carry_out(at.client.redeem(&at.metadata, self.redirect_uri.as_str(), code)?).await;
        let is_unknown = matches!(&answer, Err(ProviderError::Protocol(ProtocolError::Denied(error))) if error.error() == "invalid_client");
        if let (true, Identity::Registers(_, registrar)) = (is_unknown, &self.client) {
            registrar.distrust(&at.client);
        }
        answer
    }

    /// Verifies an ID Token of a login that just ended. An unknown key is the one reason to fetch the keys anew, once, and to
    /// wait for them (Core 10.1.1).
    pub(crate) async fn verify(
        self: &Arc<Self>,
        at: &Introduced,
        id_token: &UnverifiedIdToken,
    ) -> Result<IdToken, ProviderError> {
        let expected = at.client.expected_id_token(&at.metadata);
        let clock = &self.surroundings.clock;
        let keys = self.keys(at).await?;
        let mut verified = id_token.verify(&keys, &expected, clock.now());
        let unknown_key = matches!(verified, Err(InvalidIdToken::Jws(InvalidJws::NoMatchingKey { .. })));
        if unknown_key && at.client.needs_provider_keys() {
            let keys = self.keys.newer_than(&keys, |etag| self.fetch_keys(&at.metadata, etag)).await?;
            verified = id_token.verify(&keys, &expected, clock.now());
        }
        verified.map_err(|invalid| Misbehaviour::from(invalid).into())
    }

    /// The claims about the subject of a verified ID Token: its own, and those of the userinfo endpoint besides.
    pub(crate) async fn claims(
        &self,
        at: &Introduced,
        id_token: &IdToken,
        tokens: &TokenResponse,
    ) -> Result<ClaimsSet, ProviderError> {
        let mut claims = id_token.claims().clone();
        let (method, access_token) = (self.provider.userinfo, tokens.access_token().clone());
        if let Some(request) = UserInfoRequest::new(&at.metadata, method, access_token, id_token.subject().clone()) {
            claims.add_missing(self.carry_out(request).await?);
        }
        Ok(claims)
    }

    /// The provider's keys, fetched when first needed; none for a client whose tokens are signed with its secret.
    async fn keys(self: &Arc<Self>, at: &Introduced) -> Result<Arc<JwkSet>, ProviderError> {
        if at.client.needs_provider_keys() {
            self.keys.get(|etag| self.fetch_keys(&at.metadata, etag)).await
        } else {
            Ok(Arc::new(JwkSet::empty()))
        }
    }

    fn fetch_keys(
        self: &Arc<Self>,
        metadata: &ProviderMetadata,
        etag: Option<HeaderValue>,
    ) -> impl Future<Output = Result<Answer<JwkSet>, ProviderError>> + Send + 'static {
        let (this, request) = (Arc::clone(self), Conditional::new(KeysRequest::new(metadata), etag));
        async move {
            let answer = this.carry_out(request).await?;
            if let Answer::Modified(keys, _) = &answer {
                this.report_private_keys(keys);
            }
            Ok(answer)
        }
    }

    /// V51: no harm to us, and a disaster for the provider.
    fn report_private_keys(&self, keys: &JwkSet) {
        for skipped in keys.skipped().iter().filter(|skipped| skipped.reason == SkipReason::Private) {
            tracing::error!(target: "vestibule::provider", provider = %self.name, kid = ?skipped.kid,
                "the provider publishes a private or symmetric key: it is not used, and whoever runs the provider should know");
        }
    }

    /// Carries one exchange out: the one driver. An exchange may ask for one more try, not for two.
    async fn carry_out<E: Exchange>(&self, mut exchange: E) -> Result<E::Output, ProviderError> {
        let Surroundings { http, clock, .. } = &self.surroundings;
        for _ in 0..2 {
            let request = exchange.request(clock.now(), clock::entropy());
            let response = http.send(request, E::LIMITS).await?;
            match exchange.accept(clock.now(), response)? {
                Step::Done(output) => return Ok(output),
                Step::Again(next) => exchange = next,
            }
        }
        Err(Misbehaviour::AskedAgain.into())
    }
}

impl fmt::Debug for ConnectedProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectedProvider")
            .field("name", &self.name)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

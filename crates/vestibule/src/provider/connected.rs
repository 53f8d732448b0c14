//! A provider at work: its metadata, its keys and our client there, each fetched when first needed.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;
use serde_json::Value;
use vestibule_core::{
    AuthorizationRequest, Exchange, HttpClient, Issuer, JwkSet, Misbehaviour, NumericDate, ProviderMetadata,
    ResponseMode, Step, UserInfoMethod,
    authorization::InvalidAuthorizationRequest,
    discovery::{DiscoveryRequest, KeysRequest},
    freshness::{Answer, Conditional, Freshness},
    jose::jwk::SkipReason,
};

use super::{
    Addresses, Introduced, Provider, ProviderError, Source,
    bucket::{Bucket, Empty},
    found::Found,
    fresh::Fresh,
    hosts::{Hosts, Sign},
    identity::Identity,
    logout_tokens::LogoutTokens,
    not_available::{self, NotAvailable},
    own_keys::KeptValues,
    registrar::Remembered,
    vigil::Vigil,
};
use crate::{
    clock::{self, Clock},
    decision::measure::{self, Stopwatch},
    wish::Wish,
};

/// A provider at work.
pub(crate) struct ConnectedProvider {
    name: String,
    pub(super) provider: Provider,
    pub(super) found: Found,
    pub(super) addresses: Addresses,
    pub(super) surroundings: Surroundings,
    pub(super) identity: Identity,
    pub(super) metadata: Fresh<ProviderMetadata>,
    pub(super) keys: Fresh<JwkSet>,
    pub(super) hosts: Hosts,
    pub(super) vigil: Arc<Vigil>,
    pub(super) logout_tokens: LogoutTokens,
    unsigned_logouts: Bucket,
    initiated_logins: Bucket,
}

/// What every provider at work needs from the house.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) remembered: Remembered,
    pub(crate) kept_values: KeptValues,
    /// How long a session can live, and with it what is remembered of its end.
    pub(crate) longest_session: Duration,
}

/// So many logouts that nobody signed, of sessions that nobody here knows, are remembered at once, and as many again in the time
/// that it takes to forget them. A store has room for many more: whoever makes them up cannot have it forget others, which would
/// end all sessions of the issuer (V64, V72).
const UNSIGNED_LOGOUTS: u32 = 20_000;

/// So many logins may others begin at once, and ten more each second (V25): each makes a browser fetch a redirect, and the provider
/// show a page.
const INITIATED_LOGINS: u32 = 100;

impl ConnectedProvider {
    pub(crate) fn new(name: String, provider: Provider, addresses: Addresses, surroundings: Surroundings) -> Self {
        let identity = Identity::new(&name, &provider, &addresses, &surroundings);
        let found = Found::new(&provider, identity.given_client_id());
        let unsigned_logouts = Bucket::new(UNSIGNED_LOGOUTS, surroundings.longest_session / UNSIGNED_LOGOUTS);
        Self {
            name,
            provider,
            found,
            addresses,
            surroundings,
            identity,
            metadata: Fresh::new(),
            keys: Fresh::new(),
            hosts: Hosts::default(),
            vigil: Vigil::new(),
            logout_tokens: LogoutTokens::new(),
            unsigned_logouts,
            initiated_logins: Bucket::new(INITIATED_LOGINS, Duration::from_millis(100)),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The route of the callback, if it is not the one below our prefix.
    pub(crate) fn own_redirect_path(&self) -> Option<&str> {
        self.provider.own_redirect_path()
    }

    pub(super) fn now(&self) -> NumericDate {
        self.surroundings.clock.now()
    }

    pub(super) fn userinfo_method(&self) -> UserInfoMethod {
        self.provider.userinfo
    }

    /// For how many seconds a refresh token that was used already may be presented once more.
    pub(crate) fn refresh_token_reuse_grace(&self) -> Option<i64> {
        self.provider.refresh_token_reuse_grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.addresses.redirect_uri
    }

    pub(super) fn requires_logout_token_type(&self) -> bool {
        self.provider.logout_token_type_required
    }

    /// Whether one more logout may be remembered that nobody signed, of a session that nobody here knows.
    pub(crate) fn may_log_out_unsigned(&self) -> Result<(), Empty> {
        self.unsigned_logouts.take()
    }

    /// What a login asks for: what the settings have for all of them, and what is wished of this one.
    pub(crate) fn authorization_request(&self, wish: &Wish) -> AuthorizationRequest {
        self.provider.asking.authorization_request(self.redirect_uri(), wish)
    }

    /// Whether responses come in a fragment, which no server sees.
    pub(crate) fn answers_in_fragments(&self) -> bool {
        self.provider.asking.effective_response_mode() == ResponseMode::Fragment
    }

    /// Where the browser is sent to sign in, as far as it is known already.
    pub(crate) fn authorization_origin(&self) -> String {
        let endpoint = self.introduced_at_hand().map(|at| at.metadata.authorization_endpoint().clone());
        endpoint.map_or_else(String::new, |endpoint| endpoint.origin().ascii_serialization())
    }

    /// Whether single claims can be asked for by one login.
    pub(crate) fn check_claims(&self, claims: Value) -> Result<(), InvalidAuthorizationRequest> {
        self.provider.asking.check_claims(claims)
    }

    /// Whether a login here brings an access token at all (Core 3.2.2.5: `id_token` alone does not).
    pub(crate) fn gives_access_tokens(&self) -> bool {
        self.provider.asking.gives_access_tokens()
    }

    /// Whether others than this application may begin a login.
    pub(crate) fn lets_others_initiate_login(&self) -> bool {
        self.provider.others_may_initiate_login
    }

    /// Whether claims are fetched that the provider says are elsewhere.
    pub(crate) fn fetches_distributed_claims(&self) -> bool {
        self.provider.fetches_distributed_claims
    }

    /// Whether others may begin one more just now.
    pub(crate) fn may_initiate_login(&self) -> Result<(), Empty> {
        self.initiated_logins.take()
    }

    /// The metadata: as described, or fetched when first needed.
    pub(crate) async fn metadata(self: &Arc<Self>) -> Result<Arc<ProviderMetadata>, ProviderError> {
        if let Source::Described(metadata) = &self.provider.source {
            return Ok(Arc::clone(metadata));
        }
        let issuer = self.known_issuer().await;
        // Whoever cannot be found cannot be asked.
        if issuer.is_err() {
            self.note_asked(&issuer);
        }
        let (request, this) = (self.discovery_request(issuer?.as_ref()), Arc::clone(self));
        self.metadata.get(|etag| this.fetch_metadata(Conditional::new(request, etag))).await
    }

    /// What its metadata is asked for with, whoever asks.
    pub(crate) fn discovery_request(&self, issuer: &Issuer) -> DiscoveryRequest {
        let request = DiscoveryRequest::new(issuer.clone());
        match self.provider.listed_tenants() {
            Some(tenants) => request.tenants(tenants.clone()),
            None => request,
        }
    }

    /// Whether its issuer stands for many, whose people may sign in where they are listed.
    pub(crate) fn lists_tenants(&self) -> bool {
        self.provider.listed_tenants().is_some()
    }

    async fn fetch_metadata(
        self: Arc<Self>,
        request: Conditional<DiscoveryRequest>,
    ) -> Result<Answer<ProviderMetadata>, ProviderError> {
        let answer = self.carry_out(request).await;
        self.note_asked(&answer);
        let answer = answer?;
        match (&answer, self.metadata.held()) {
            // R108: a provider does not move overnight. Somebody who can change its metadata would like it to.
            (Answer::Modified(new, _), Some(held)) if !new.has_the_hosts_of(&held) => {
                if !self.hosts.are_settled() {
                    tracing::warn!(target: "vestibule::provider", provider = %self.name,
                        "the provider's metadata names other hosts than before, from which nothing is kept: it is used");
                    return Ok(answer);
                }
                tracing::error!(target: "vestibule::provider", provider = %self.name,
                    "the provider's metadata names other hosts than before: it is not used until a restart; ask whoever runs the provider");
                Ok(Answer::NotModified(Freshness::default()))
            }
            _ => Ok(answer),
        }
    }

    /// Metadata and keys, fetched now: for those who want to fail at start.
    pub(crate) async fn ready(self: &Arc<Self>) -> Result<(), ProviderError> {
        let at = self.introduced().await?;
        self.keys(&at).await.map(drop)
    }

    /// The provider's keys, fetched when first needed; none for a client whose tokens are signed with its secret.
    pub(super) async fn keys(self: &Arc<Self>, at: &Introduced) -> Result<Arc<JwkSet>, ProviderError> {
        if at.client.needs_provider_keys() {
            self.keys.get(|etag| self.fetch_keys(&at.metadata, etag)).await
        } else {
            Ok(Arc::new(JwkSet::empty()))
        }
    }

    /// The keys that the provider publishes, whatever our own tokens are signed with.
    pub(crate) async fn published_keys(self: &Arc<Self>, at: &Introduced) -> Result<Arc<JwkSet>, ProviderError> {
        self.keys.get(|etag| self.fetch_keys(&at.metadata, etag)).await
    }

    /// Keys that are not `seen`.
    pub(crate) async fn newer_keys(
        self: &Arc<Self>,
        at: &Introduced,
        seen: &Arc<JwkSet>,
    ) -> Result<Arc<JwkSet>, ProviderError> {
        self.keys.newer_than(seen, |etag| self.fetch_keys(&at.metadata, etag)).await
    }

    pub(super) fn fetch_keys(
        self: &Arc<Self>,
        metadata: &ProviderMetadata,
        etag: Option<HeaderValue>,
    ) -> impl Future<Output = Result<Answer<JwkSet>, ProviderError>> + Send + 'static {
        let (this, request) = (Arc::clone(self), Conditional::new(KeysRequest::new(metadata), etag));
        async move {
            let answer = this.carry_out(request).await;
            this.note_asked(&answer);
            if let Ok(Answer::Modified(keys, _)) = &answer {
                this.report_lost_keys(keys);
            }
            answer
        }
    }

    /// V44, V51: no harm to us, and a disaster for the provider.
    fn report_lost_keys(&self, keys: &JwkSet) {
        for skipped in keys.skipped() {
            if matches!(skipped.reason, SkipReason::Private | SkipReason::Factorable) {
                tracing::error!(target: "vestibule::provider", provider = %self.name, kid = ?skipped.kid, reason = %skipped.reason,
                    "the provider publishes a key that is nobody's secret: it is not used, and whoever runs the provider should know");
            }
        }
    }

    /// Carries one exchange out, and measures how long that takes.
    pub(crate) async fn carry_out<E: Exchange>(&self, exchange: E) -> Result<E::Output, ProviderError> {
        let began = Stopwatch::start();
        let result = self.drive(exchange).await;
        if self.hosts.note(E::ENDPOINT, &result) == Sign::Doubtful {
            self.metadata.age();
        }
        let outcome = result.as_ref().map_or_else(ProviderError::name, |_| "answered");
        measure::asked_provider(&self.name, E::ENDPOINT.name(), outcome, began);
        result
    }

    /// The one driver. An exchange may ask for one more try, not for two.
    async fn drive<E: Exchange>(&self, mut exchange: E) -> Result<E::Output, ProviderError> {
        let Surroundings { http, clock, .. } = &self.surroundings;
        for _ in 0..2 {
            let mut request = exchange.request(clock.now(), clock::entropy());
            self.mark(&mut request);
            let response = http.send(request, E::LIMITS).await?;
            let retry_after = not_available::retry_after(response.headers(), clock.now());
            match exchange.accept(clock.now(), response) {
                Ok(Step::Done(output)) => return Ok(output),
                Ok(Step::Again(next)) => exchange = next,
                Err(error) => return Err(NotAvailable::or(error, retry_after)),
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

//! Who we are at a provider: a client that somebody registered by hand, or one that registers itself; with the keys that it needs.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use serde_json::Value;
use vestibule_core::{
    Client, ClientInformation, ClientMetadata, NumericDate, ProtocolError, ProviderMetadata,
    jose::PrivateJwkSet,
    registration::{ClientKeys, RegistrationRequest, SectorIdentifierDocument},
};

use super::{
    Addresses, ClientSource, ConnectedProvider, Provider, ProviderError, Source,
    connected::Surroundings,
    own_keys::{Cupboard, Needs, OwnKeys},
    registrar::{Former, Known, Registrar},
};

/// A provider that knows us and whom we know: what every exchange with it starts from.
#[derive(Clone, Debug)]
pub(crate) struct Introduced {
    pub(crate) metadata: Arc<ProviderMetadata>,
    pub(crate) client: Arc<Client>,
}

/// Whom the provider may mean by us: who we are there, and who we were before.
#[derive(Clone)]
pub(super) struct Meant {
    pub(super) at: Introduced,
    former: Option<Former>,
}

/// Who we are there, and our keys.
pub(super) struct Identity {
    who: Who,
    keys: OwnKeysAtWork,
    /// The client with its keys, as it was last put together.
    equipped: ArcSwapOption<Equipped>,
}

/// Known from the start, or found out.
enum Who {
    Given(Arc<Client>),
    Registers(Box<ClientMetadata>, Registrar),
}

enum OwnKeysAtWork {
    None,
    Given(Arc<PrivateJwkSet>),
    Made(Cupboard),
}

struct Equipped {
    bare: Arc<Client>,
    keys: Arc<PrivateJwkSet>,
    client: Arc<Client>,
}

impl Identity {
    pub(super) fn new(name: &str, provider: &Provider, addresses: &Addresses, surroundings: &Surroundings) -> Self {
        let lifetime = |keys: &OwnKeys| Cupboard::new(&surroundings.kept_values, name, keys.lifetime());
        let keys = match (&provider.own_keys, &provider.client) {
            (Some(keys), _) => match keys.given() {
                Some(given) => OwnKeysAtWork::Given(Arc::clone(given)),
                None => OwnKeysAtWork::Made(lifetime(keys)),
            },
            // What a client that registers itself needs is known once it is registered.
            (None, ClientSource::Registers(_)) => OwnKeysAtWork::Made(lifetime(&OwnKeys::made())),
            (None, ClientSource::Given(_)) => OwnKeysAtWork::None,
        };
        let who = match &provider.client {
            ClientSource::Given(client) => Who::Given(Arc::new(client.clone())),
            ClientSource::Registers(metadata) => {
                Who::Registers(Box::new(provider.asked_client(metadata, addresses)), Registrar::new())
            }
        };
        Self { who, keys, equipped: ArcSwapOption::empty() }
    }

    /// The client_id that the settings give; empty for a client that registers itself.
    pub(super) fn given_client_id(&self) -> &str {
        match &self.who {
            Who::Given(client) => client.client_id(),
            Who::Registers(..) => "",
        }
    }

    /// What is asked for and who holds what came of it, of a client that registers itself.
    pub(super) fn registrar(&self) -> Option<(&ClientMetadata, &Registrar)> {
        match &self.who {
            Who::Given(_) => None,
            Who::Registers(asked, registrar) => Some((asked, registrar)),
        }
    }

    /// The client with the keys that were found for it.
    fn equip(&self, bare: Arc<Client>, keys: Arc<PrivateJwkSet>) -> Result<Arc<Client>, ProviderError> {
        if let Some(at_hand) = self.equipped.load().as_ref()
            && Arc::ptr_eq(&at_hand.bare, &bare)
            && Arc::ptr_eq(&at_hand.keys, &keys)
        {
            return Ok(Arc::clone(&at_hand.client));
        }
        let client = Client::clone(&bare).private_keys(Arc::clone(&keys));
        client.check()?;
        let client = Arc::new(client);
        self.equipped.store(Some(Arc::new(Equipped { bare, keys, client: Arc::clone(&client) })));
        Ok(client)
    }

    /// The client that we were before, with the keys that were last in use.
    fn former_equipped(&self, former: Former) -> Former {
        match self.equipped.load().as_ref() {
            Some(at_hand) if !Needs::of(&former.client).is_empty() => former.with_keys(&at_hand.keys),
            _ => former,
        }
    }

    /// The client as it was last put together, if it is this one.
    fn as_equipped(&self, bare: Arc<Client>) -> Arc<Client> {
        match self.equipped.load().as_ref() {
            Some(at_hand) if Arc::ptr_eq(&at_hand.bare, &bare) => Arc::clone(&at_hand.client),
            _ => bare,
        }
    }
}

impl Meant {
    /// Who we were before, while people may be signed in by that.
    pub(super) fn former(&self, now: NumericDate) -> Option<Introduced> {
        let former = self.former.as_ref().filter(|former| now < former.until)?;
        Some(Introduced { metadata: Arc::clone(&self.at.metadata), client: Arc::clone(&former.client) })
    }
}

impl Former {
    fn with_keys(self, keys: &Arc<PrivateJwkSet>) -> Self {
        let client = Client::clone(&self.client).private_keys(Arc::clone(keys));
        Self { client: Arc::new(client), ..self }
    }
}

impl Provider {
    /// Whether what a client that registers itself asks for needs keys of ours.
    fn lacks_keys(&self) -> bool {
        match &self.client {
            ClientSource::Given(_) => false,
            ClientSource::Registers(metadata) => {
                self.request_objects.asked(ClientMetadata::clone(metadata)).lacks_keys()
            }
        }
    }

    /// What a provider is asked to know us as: what the settings say of the client, and what follows from the rest of them.
    pub(super) fn asked_client(&self, metadata: &ClientMetadata, addresses: &Addresses) -> ClientMetadata {
        let mut asked = metadata.clone().response_type(self.asking.response_type());
        asked = self.request_objects.asked(asked);
        if self.own_keys.is_some() || asked.lacks_keys() {
            // The base URL is https or loopback, so this is one that may be registered.
            asked = ClientKeys::jwks_uri(addresses.jwks_uri.as_str()).map_or(asked.clone(), |keys| asked.keys(keys));
        }
        if self.others_may_initiate_login {
            asked = asked.initiate_login_uri(addresses.initiate_login_uri.as_str());
        }
        if self.request_objects.are_fetched() {
            asked = asked.request_uri(addresses.request_uri.as_str());
        }
        if asked.lacks_sector_identifier(&addresses.redirect_uri) {
            asked = asked.sector_identifier_uri(addresses.sector_identifier_uri.as_str());
        }
        asked
    }
}

impl ConnectedProvider {
    /// The metadata, and who we are there: as given, or fetched and registered when first needed. They fit each other.
    pub(crate) async fn introduced(self: &Arc<Self>) -> Result<Introduced, ProviderError> {
        let metadata = self.metadata().await?;
        let client = match &self.identity.who {
            Who::Given(client) => Arc::clone(client),
            Who::Registers(asked, registrar) => self.registered(&metadata, asked, registrar).await?,
        };
        let client = self.with_own_keys(client).await?;
        client.check_provider_for(&metadata, self.provider.asking.response_type())?;
        Ok(Introduced { metadata, client })
    }

    /// The same for what somebody began as the client of which `is_meant` holds, if we are or were that.
    pub(crate) async fn introduced_as(
        self: &Arc<Self>,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<Introduced, ProviderError> {
        let at = self.introduced().await?;
        let is_meant = |at: &Introduced| is_meant(at.client.client_id());
        if is_meant(&at) {
            return Ok(at);
        }
        if let Some(former) = self.meant_at_hand().and_then(|meant| meant.former(self.now())).filter(is_meant) {
            return Ok(former);
        }
        // Another machine may have begun it, as a client that it registered since.
        let Some(meant) = self.meant_if_known().await? else { return Ok(at) };
        let former = meant.former(self.now());
        Ok(Some(meant.at).into_iter().chain(former).find(is_meant).unwrap_or(at))
    }

    /// The same as far as it is known already, however old: for those for whose sake nobody is asked.
    pub(super) fn introduced_at_hand(&self) -> Option<Introduced> {
        self.meant_at_hand().map(|meant| meant.at)
    }

    /// The same with who we were before.
    pub(super) fn meant_at_hand(&self) -> Option<Meant> {
        let metadata = match &self.provider.source {
            Source::Described(metadata) => Arc::clone(metadata),
            Source::Discovered(_) | Source::WebFinger(_) => self.metadata.held()?,
        };
        let Known { client, former } = match &self.identity.who {
            Who::Given(client) => Known { client: Arc::clone(client), former: None },
            Who::Registers(_, registrar) => registrar.held()?,
        };
        let former = former.map(|former| self.identity.former_equipped(former));
        Some(Meant { at: Introduced { metadata, client: self.identity.as_equipped(client) }, former })
    }

    /// The same for those for whose sake the provider is asked, but we are not registered, and no keys are made: `None` when we are
    /// not.
    pub(super) async fn meant_if_known(self: &Arc<Self>) -> Result<Option<Meant>, ProviderError> {
        let metadata = self.metadata().await?;
        let Known { client, former } = match &self.identity.who {
            Who::Given(client) => Known { client: Arc::clone(client), former: None },
            Who::Registers(asked, registrar) => {
                let request = self.registration_request(&metadata, asked)?;
                match registrar.known(&self.surroundings.remembered, &request, self.now()).await? {
                    Some(known) => known,
                    None => return Ok(None),
                }
            }
        };
        let needs = Needs::of(&client);
        let keys = match &self.identity.keys {
            OwnKeysAtWork::Made(made) if !needs.is_empty() => made.keys_at_hand(self.now()).await?,
            OwnKeysAtWork::Given(keys) if !needs.is_empty() => Some(Arc::clone(keys)),
            _ => None,
        };
        let client = keys.map_or(Ok(Arc::clone(&client)), |keys| self.identity.equip(client, keys))?;
        let former = former.map(|former| self.identity.former_equipped(former));
        Ok(Some(Meant { at: Introduced { metadata, client }, former }))
    }

    /// The client with the keys that it needs, which are made if need be.
    async fn with_own_keys(&self, client: Arc<Client>) -> Result<Arc<Client>, ProviderError> {
        let needs = Needs::of(&client);
        if needs.is_empty() {
            return Ok(client);
        }
        let keys = match &self.identity.keys {
            OwnKeysAtWork::None => return Ok(client),
            OwnKeysAtWork::Given(keys) => Arc::clone(keys),
            OwnKeysAtWork::Made(made) => made.keys(&needs, self.now()).await?,
        };
        self.identity.equip(client, keys)
    }

    async fn registered(
        self: &Arc<Self>,
        metadata: &ProviderMetadata,
        asked: &ClientMetadata,
        registrar: &Registrar,
    ) -> Result<Arc<Client>, ProviderError> {
        let request = self.registration_request(metadata, asked)?;
        registrar.client(self, request).await
    }

    /// Asks for a client that the provider finds at all our addresses.
    pub(super) fn registration_request(
        &self,
        metadata: &ProviderMetadata,
        asked: &ClientMetadata,
    ) -> Result<RegistrationRequest, ProviderError> {
        let Addresses {
            redirect_uri, post_logout_redirect_uri, backchannel_logout_uri, frontchannel_logout_uri, ..
        } = &self.addresses;
        let request = RegistrationRequest::new(metadata, asked, redirect_uri.as_str(), post_logout_redirect_uri)?;
        Ok(request.backchannel_logout_uri(backchannel_logout_uri).frontchannel_logout_uri(frontchannel_logout_uri))
    }

    /// Registers a client that was not there before.
    pub(super) async fn register(&self, request: RegistrationRequest) -> Result<ClientInformation, ProviderError> {
        self.make_keys_asked_for(&request).await?;
        let information = self.carry_out(request).await?;
        tracing::info!(target: "vestibule::provider", provider = %self.name(), client_id = information.client().client_id(), "registered");
        Ok(information)
    }

    /// Makes the keys that a registration needs, before the provider looks for them.
    pub(super) async fn make_keys_asked_for(&self, request: &RegistrationRequest) -> Result<(), ProviderError> {
        if let OwnKeysAtWork::Made(made) = &self.identity.keys {
            let needs = Needs::asked(&request.asked());
            if !needs.is_empty() {
                made.keys(&needs, self.now()).await?;
            }
        }
        Ok(())
    }

    /// A provider that does not know the client that registered itself will be given a new one.
    pub(super) fn note_unknown_client(&self, at: &Introduced, error: Option<&ProviderError>) {
        let is_unknown = matches!(error, Some(ProviderError::Protocol(ProtocolError::Denied(error))) if error.error() == "invalid_client");
        if let (true, Who::Registers(_, registrar)) = (is_unknown, &self.identity.who) {
            registrar.distrust(&at.client, self.now());
        }
    }

    /// Our public keys, as the provider fetches them: `None` where it needs none. Whoever registered us by hand may look before
    /// anybody signs in, so a given client's are made then.
    pub(crate) async fn public_keys(&self) -> Result<Option<Value>, ProviderError> {
        let made = match &self.identity.keys {
            OwnKeysAtWork::None => return Ok(None),
            OwnKeysAtWork::Given(keys) => return Ok(Some(keys.public_jwk_set())),
            OwnKeysAtWork::Made(made) => made,
        };
        if let Some(keys) = made.published_just_now(self.now()) {
            return Ok(Some(keys));
        }
        if let Who::Given(client) = &self.identity.who {
            let needs = Needs::of(client);
            if !needs.is_empty() {
                made.keys(&needs, self.now()).await?;
            }
        }
        made.published(self.now()).await
    }

    /// Whether the provider fetches from us what we have in the store of sessions.
    pub(crate) fn keeps_what_others_fetch(&self) -> bool {
        let makes_keys = match (&self.identity.keys, &self.identity.who) {
            (OwnKeysAtWork::Made(_), Who::Given(client)) => !Needs::of(client).is_empty(),
            (OwnKeysAtWork::Made(_), Who::Registers(..)) => {
                self.provider.own_keys.is_some() || self.provider.lacks_keys()
            }
            _ => false,
        };
        makes_keys || self.provider.request_objects.are_fetched()
    }

    /// Whether logins need the provider's keys: so of a client that has not registered itself yet, which may be told anything.
    pub(super) fn may_need_provider_keys(&self) -> bool {
        match &self.identity.who {
            Who::Given(client) => client.needs_provider_keys(),
            Who::Registers(_, registrar) => registrar.held().is_none_or(|known| known.client.needs_provider_keys()),
        }
    }

    /// Whether another machine may have replaced the client that we know of.
    pub(super) fn may_be_replaced_elsewhere(&self) -> bool {
        matches!(self.identity.who, Who::Registers(..)) && self.surroundings.remembered.is_shared()
    }

    /// Whether every start of the program, and every machine, registers a client of its own.
    pub(crate) fn registers_anew_each_time(&self) -> bool {
        matches!(self.identity.who, Who::Registers(..)) && self.surroundings.remembered.is_nowhere()
    }

    /// The redirect URIs that belong to one sector (Registration 5).
    pub(crate) fn sector_identifier_document(&self) -> SectorIdentifierDocument {
        match &self.identity.who {
            Who::Given(_) => SectorIdentifierDocument::new([self.redirect_uri()]),
            Who::Registers(asked, _) => asked.sector_identifier_document(self.redirect_uri()),
        }
    }
}

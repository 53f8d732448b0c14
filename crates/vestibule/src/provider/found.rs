//! Which issuer a provider is: said by the settings, or found by WebFinger when first needed.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Request;
use url::Url;
use vestibule_core::{
    IdToken, Issuer,
    discovery::{WebFingerRequest, WebFingerResource},
    http_client::DynamicHost,
};

use super::{ConnectedProvider, Provider, ProviderError, Source, flight::Flight};

/// The issuer, from the beginning or from when it was found on. What was found does not change while the process lives: a provider
/// does not move overnight (R108).
pub(super) struct Found {
    issuer: Arc<OnceLock<Arc<Issuer>>>,
    flight: Flight<Issuer>,
    /// What sessions and logins are bound to besides the issuer: our client, and the identifier where there is one.
    binding: String,
}

impl Found {
    pub(super) fn new(provider: &Provider, client_id: &str) -> Self {
        let issuer = provider.issuer().cloned().map_or_else(OnceLock::new, |issuer| OnceLock::from(Arc::new(issuer)));
        let binding = match &provider.source {
            Source::Described(_) | Source::Discovered(_) => client_id.to_owned(),
            // Neither a client_id nor an identifier has a line in it.
            Source::WebFinger(resource) => format!("{client_id}\n{}", resource.as_str()),
        };
        Self { issuer: Arc::new(issuer), flight: Flight::new(), binding }
    }
}

impl ConnectedProvider {
    /// The issuer, as far as it is known by now: always, but for one that WebFinger has still to find.
    pub(crate) fn issuer(&self) -> Option<&Arc<Issuer>> {
        self.found.issuer.get()
    }

    /// The issuer, asked for if it is not known. One who cannot be asked now is asked again by the next who needs to know.
    pub(crate) async fn known_issuer(self: &Arc<Self>) -> Result<Arc<Issuer>, ProviderError> {
        let resource = match (self.issuer(), &self.provider.source) {
            (None, Source::WebFinger(resource)) => resource.as_ref().clone(),
            (Some(issuer), _) => return Ok(Arc::clone(issuer)),
            (None, Source::Discovered(issuer)) => return Ok(Arc::new(issuer.clone())),
            (None, Source::Described(metadata)) => return Ok(Arc::new(metadata.issuer().clone())),
        };
        let (this, slot) = (Arc::clone(self), Arc::clone(&self.found.issuer));
        let ask = async move { this.carry_out(WebFingerRequest::new(resource).of_the_settings()).await };
        let found = self.found.flight.join(ask, move |issuer| _ = slot.set(issuer)).await?;
        // Whoever was first has the say for all.
        Ok(self.issuer().cloned().unwrap_or(found))
    }

    /// The issuer of a session that names it, if it may be one of ours: of the issuer that we know, or, while we do not, of the one
    /// that the session was begun with. Its login found that one by the same identifier, to which the session is bound.
    pub(crate) fn issuer_of_session(&self, named: &str) -> Option<Arc<Issuer>> {
        match self.issuer() {
            Some(_) => self.issuer_named(named),
            None => Issuer::parse(named).ok().map(Arc::new),
        }
    }

    /// The issuer that is named so, if it is ours: the one that we know, or, where that stands for many tenants, that of a listed one
    /// (V100).
    pub(crate) fn issuer_named(&self, named: &str) -> Option<Arc<Issuer>> {
        let issuer = self.issuer()?;
        match self.provider.listed_tenants() {
            None => (issuer.as_str() == named).then(|| Arc::clone(issuer)),
            Some(tenants) if tenants.may_have_issuer(issuer, named) => Issuer::parse(named).ok().map(Arc::new),
            Some(_) => None,
        }
    }

    /// Of which issuer a session is that begins with this ID Token.
    pub(crate) fn issuer_of(&self, id_token: &IdToken) -> Arc<Issuer> {
        match self.issuer() {
            Some(issuer) if **issuer == *id_token.issuer() => Arc::clone(issuer),
            _ => Arc::new(id_token.issuer().clone()),
        }
    }

    /// Whether it is found by WebFinger.
    pub(crate) fn is_found(&self) -> bool {
        matches!(self.provider.source, Source::WebFinger(_))
    }

    /// What sessions are bound to besides the issuer: the client_id that the settings give, empty for a client that registers
    /// itself, whose id may change while its people stay the same; and the identifier by which the issuer is found, if it is.
    pub(crate) fn binding(&self) -> &str {
        &self.found.binding
    }

    /// V78: where WebFinger leads is not for the settings to answer for, save to the very place that they name.
    pub(super) fn mark(&self, request: &mut Request<Bytes>) {
        if let Source::WebFinger(resource) = &self.provider.source
            && !is_at(resource, request)
        {
            request.extensions_mut().insert(DynamicHost);
        }
    }
}

fn is_at(resource: &WebFingerResource, request: &Request<Bytes>) -> bool {
    Url::parse(&request.uri().to_string())
        .is_ok_and(|url| url.host_str() == Some(resource.host()) && url.port() == resource.port())
}

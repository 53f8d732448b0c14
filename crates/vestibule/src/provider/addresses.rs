//! Where a provider finds us: the addresses that are registered with it.

use super::Provider;
use crate::{
    base_url::BaseUrl,
    paths::{OwnPlace, Paths, Place},
};

/// Our addresses for one provider.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) redirect_uri: String,
    pub(crate) post_logout_redirect_uri: String,
    pub(crate) backchannel_logout_uri: String,
    pub(crate) frontchannel_logout_uri: String,
    pub(super) initiate_login_uri: String,
    /// Below which request objects are.
    pub(super) request_uri: String,
    pub(super) jwks_uri: String,
    pub(super) sector_identifier_uri: String,
}

impl Addresses {
    /// Of a provider of this name.
    pub(crate) fn new(base: &BaseUrl, paths: &Paths, name: &str, provider: &Provider) -> Self {
        let own = |place| base.absolute(&paths.public_own(place, name));
        Self {
            redirect_uri: provider
                .own_redirect_path()
                .map_or_else(|| own(OwnPlace::Callback), |path| base.absolute(&base.public_path(path))),
            post_logout_redirect_uri: base.absolute(&paths.public(Place::LoggedOut)),
            backchannel_logout_uri: own(OwnPlace::BackchannelLogout),
            frontchannel_logout_uri: own(OwnPlace::FrontchannelLogout),
            initiate_login_uri: own(OwnPlace::InitiateLogin),
            request_uri: own(OwnPlace::RequestObjects),
            jwks_uri: own(OwnPlace::Jwks),
            sector_identifier_uri: own(OwnPlace::SectorIdentifier),
        }
    }
}

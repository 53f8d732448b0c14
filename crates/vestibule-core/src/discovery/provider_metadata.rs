//! A provider's metadata: read once, strictly, and asked by name ever after (Discovery 3).

mod endpoints;
mod offered;
mod support;

pub(crate) use offered::Offered;
pub(crate) use support::LogoutSupport;

use serde_json::{Map, Value};

use self::{endpoints::Endpoints, offered::Lists, support::Support};
use crate::{
    error::{Excerpt, InvalidMetadata},
    issuer::Issuer,
    json,
};

/// A provider's metadata (Discovery 3), as far as a relying party needs it. Members have their wire names.
///
/// # Example
/// ```
/// use vestibule_core::{ProviderMetadata, ResponseType};
///
/// let metadata = ProviderMetadata::from_json(br#"{
///     "issuer": "https://login.example.com",
///     "authorization_endpoint": "https://login.example.com/authorize",
///     "token_endpoint": "https://login.example.com/token",
///     "jwks_uri": "https://login.example.com/keys",
///     "response_types_supported": ["code", "id_token code"]
/// }"#)?;
/// assert!(metadata.userinfo_endpoint().is_none());
/// assert!(metadata.offers_response_type(ResponseType::CodeIdToken), "the order of the words has no meaning");
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderMetadata {
    issuer: Issuer,
    endpoints: Endpoints,
    lists: Lists,
    support: Support,
}

impl ProviderMetadata {
    /// Reads metadata that the application describes: the same JSON that Discovery 3 defines, of which only `issuer`,
    /// `authorization_endpoint`, `token_endpoint` and `jwks_uri` must be there; and no `token_endpoint` where the response types
    /// that are offered have no code.
    ///
    /// # Errors
    /// [`InvalidMetadata`] names the member that is missing, of the wrong type, or not an https URL.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidMetadata> {
        Self::from_object(&json::object(bytes)?)
    }

    pub(super) fn from_object(object: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let text: String = json::required(object, "issuer")?;
        let issuer = Issuer::parse(text.as_str())
            .map_err(|reason| InvalidMetadata::InvalidIssuer { got: Excerpt::new(&text), reason })?;
        Ok(Self {
            endpoints: Endpoints::read(object, &issuer)?,
            lists: Lists::read(object)?,
            support: Support::read(object)?,
            issuer,
        })
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Whether this metadata sends people, codes and tokens to the same hosts as `earlier` did (R108).
    #[must_use]
    pub fn has_the_hosts_of(&self, earlier: &Self) -> bool {
        self.endpoints.have_the_hosts_of(&earlier.endpoints)
    }
}

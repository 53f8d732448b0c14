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
    tenants::{Tenancy, Tenants, is_template},
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
    tenancy: Option<Tenancy>,
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
        if is_template(&text) {
            return Err(InvalidMetadata::ManyTenants {
                asked: "a described provider".to_owned(),
                got: Excerpt::new(&text),
            });
        }
        let issuer = Issuer::parse(text.as_str())
            .map_err(|reason| InvalidMetadata::InvalidIssuer { got: Excerpt::new(&text), reason })?;
        Self::read(object, issuer, None)
    }

    /// What the issuer itself publishes, or, where it stands for many tenants, what they have in common.
    pub(super) fn published(
        object: &Map<String, Value>,
        asked: Issuer,
        tenants: Option<&Tenants>,
    ) -> Result<Self, InvalidMetadata> {
        // Discovery 4.3: the issuer in the document is exactly the one that was asked.
        let got: String = json::required(object, "issuer")?;
        if got == asked.as_str() {
            return Self::read(object, asked, None);
        }
        // V100: Entra ID's own deviation from it, for those who list their tenants, and for nobody else.
        match tenants.and_then(|tenants| Tenancy::of(&asked, &got, tenants)) {
            Some(tenancy) => Self::read(object, asked, Some(tenancy)),
            None if is_template(&got) => {
                Err(InvalidMetadata::ManyTenants { asked: asked.to_string(), got: Excerpt::new(&got) })
            }
            None => Err(InvalidMetadata::IssuerMismatch { expected: asked.to_string(), got: Excerpt::new(&got) }),
        }
    }

    fn read(object: &Map<String, Value>, issuer: Issuer, tenancy: Option<Tenancy>) -> Result<Self, InvalidMetadata> {
        Ok(Self {
            endpoints: Endpoints::read(object, &issuer)?,
            lists: Lists::read(object)?,
            support: Support::read(object)?,
            issuer,
            tenancy,
        })
    }

    /// The issuer identifier; of a provider with many tenants, the one that was asked, which is in no token.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(crate) fn tenancy(&self) -> Option<&Tenancy> {
        self.tenancy.as_ref()
    }

    /// Whether this metadata sends people, codes and tokens to the same hosts as `earlier` did (R108).
    #[must_use]
    pub fn has_the_hosts_of(&self, earlier: &Self) -> bool {
        self.endpoints.have_the_hosts_of(&earlier.endpoints)
    }
}

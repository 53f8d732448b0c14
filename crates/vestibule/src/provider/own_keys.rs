//! Keys of our own: what signs in our name, and what opens what is encrypted for us. Given by the settings, or made when first
//! needed.

mod cupboard;
mod made;
mod needs;

use std::{fmt, sync::Arc, time::Duration};

use vestibule_core::jose::PrivateJwkSet;

pub(crate) use self::cupboard::KeptValues;
pub(super) use self::{cupboard::Cupboard, needs::Needs};
use crate::config_error::ConfigError;

/// Our own keys at one provider: for `private_key_jwt`, for signed request objects, and for answers that are encrypted for us.
///
/// Their public halves are at `/auth/jwks/NAME`: that is the `jwks_uri` to register, and a client that registers itself does so.
///
/// # Example
/// ```
/// use vestibule::{Client, OwnKeys, Provider, SignatureAlgorithm, TokenEndpointAuthMethod};
///
/// let client = Client::public("my-app")
///     .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
///     .token_endpoint_auth_signing_alg(SignatureAlgorithm::Es256);
/// let provider = Provider::discovered("https://login.example.com", client)?.keys(OwnKeys::made());
/// # let _ = provider;
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct OwnKeys(Kind);

#[derive(Clone)]
enum Kind {
    Given(Arc<PrivateJwkSet>),
    Made { lifetime: Duration },
}

/// How long keys live that we make, unless said.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// Within less, the next key could not be published for a day before it signs, and the last one for a day after.
const SHORTEST: Duration = Duration::from_secs(2 * 24 * 3600);
/// With more, one would not speak of rotation.
const LONGEST: Duration = Duration::from_secs(400 * 24 * 3600);

impl OwnKeys {
    /// These: a JWK Set of private keys (RFC 7517 5), each with its `alg`. Those with `use` `enc` are for decryption, all others for
    /// signatures. To replace one, give the new one and the old one, the new one first once the provider knows it.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and the rule.
    ///
    /// # Example
    /// ```no_run
    /// use vestibule::OwnKeys;
    ///
    /// let keys = OwnKeys::from_jwks(&std::fs::read("keys.json")?)?;
    /// # let _ = keys;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_jwks(json: &[u8]) -> Result<Self, ConfigError> {
        let keys = PrivateJwkSet::from_json(json).map_err(|reason| {
            ConfigError::new("jwks", reason.to_string()).remedy(
                "give a JWK Set of private keys, each with its alg, such as {\"keys\": [{\"kty\": \"EC\", ..}]}",
            )
        })?;
        Ok(Self(Kind::Given(Arc::new(keys))))
    }

    /// Made by us when first needed, as what was agreed on with the provider needs them, and replaced every 30 days. They are kept,
    /// sealed, where [sessions](crate::Builder::sessions) or their [marks](crate::Builder::marks) are: with a store that all machines
    /// share, all have the same.
    #[must_use]
    pub fn made() -> Self {
        Self::made_for(LIFETIME)
    }

    /// The same, replaced after this time: 2 to 400 days. The next key is published for a day before it signs, and the last one for a
    /// day after; what was encrypted for an old key can be read for as long again.
    #[must_use]
    pub fn made_for(lifetime: Duration) -> Self {
        Self(Kind::Made { lifetime })
    }

    pub(super) fn given(&self) -> Option<&Arc<PrivateJwkSet>> {
        match &self.0 {
            Kind::Given(keys) => Some(keys),
            Kind::Made { .. } => None,
        }
    }

    /// For how many seconds those live that we make.
    pub(super) fn lifetime(&self) -> i64 {
        let lifetime = match self.0 {
            Kind::Given(_) => LIFETIME,
            Kind::Made { lifetime } => lifetime,
        };
        i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)
    }

    /// What is wrong with the setting itself; `name` is the provider's.
    pub(super) fn check(&self, name: &str) -> Result<(), ConfigError> {
        match self.0 {
            Kind::Made { lifetime } if !(SHORTEST..=LONGEST).contains(&lifetime) => {
                Err(ConfigError::new(format!("provider.{name}.keys"), "a lifetime that is not within 2 to 400 days")
                    .value(format!("{} seconds", lifetime.as_secs()))
                    .remedy("30 days is the default"))
            }
            Kind::Made { .. } | Kind::Given(_) => Ok(()),
        }
    }
}

impl fmt::Debug for OwnKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Given(_) => f.write_str("OwnKeys(given)"),
            Kind::Made { lifetime } => write!(f, "OwnKeys(made, for {} seconds)", lifetime.as_secs()),
        }
    }
}

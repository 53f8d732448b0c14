//! Our public keys, as a provider is told of them.

use serde_json::Value;
use url::Url;

use crate::{error::Excerpt, issuer::is_https_or_loopback, jose::PrivateJwkSet};

/// Our public keys: where they are, or what they are (Registration 2, `jwks_uri` and `jwks`). Never both.
///
/// With the keys at an address they can be changed without registering anew; in place they need no route of ours.
///
/// # Example
/// ```
/// use serde_json::json;
/// use vestibule_core::registration::ClientKeys;
///
/// assert!(ClientKeys::jwks_uri("https://app.example.com/auth/keys").is_ok());
/// assert!(ClientKeys::jwks(json!({"keys": [{"kty": "EC", "d": "what nobody else may see"}]})).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClientKeys(Place);

#[derive(Clone, Debug, PartialEq)]
enum Place {
    JwksUri(String),
    Jwks(Value),
}

/// Why our keys cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClientKeys {
    /// The provider fetches them over https only.
    #[error("jwks_uri '{got}' is not an https URL")]
    Uri {
        /// The text in its place.
        got: Excerpt,
    },
    /// It is not a JWK Set (RFC 7517 5).
    #[error("jwks is not an object whose 'keys' are objects (RFC 7517 5)")]
    NotASet,
    /// A key would be known to the provider, and to whoever reads its database.
    #[error("jwks has a key with the member '{member}', which is private: register the public half alone")]
    Private {
        /// The name of the member.
        member: &'static str,
    },
}

/// The members of a JWK that are private or a shared secret (RFC 7518 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl ClientKeys {
    /// They are at this address.
    ///
    /// # Errors
    /// [`InvalidClientKeys::Uri`] when it is no https URL; http is for loopback hosts only.
    pub fn jwks_uri(uri: impl Into<String>) -> Result<Self, InvalidClientKeys> {
        let uri = uri.into();
        match Url::parse(&uri) {
            Ok(url) if is_https_or_loopback(&url) => Ok(Self(Place::JwksUri(uri))),
            _ => Err(InvalidClientKeys::Uri { got: Excerpt::new(&uri) }),
        }
    }

    /// They are these: a JWK Set of public keys.
    ///
    /// # Errors
    /// [`InvalidClientKeys`] when it is no set, or when a private key is in it.
    pub fn jwks(set: Value) -> Result<Self, InvalidClientKeys> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(InvalidClientKeys::NotASet)?;
        for key in keys {
            let key = key.as_object().ok_or(InvalidClientKeys::NotASet)?;
            // RFC 7591 2: "public keys". Whoever has the other half signs in our name.
            if let Some(member) = PRIVATE.into_iter().find(|member| key.contains_key(*member)) {
                return Err(InvalidClientKeys::Private { member });
            }
        }
        Ok(Self(Place::Jwks(set)))
    }

    /// They are the public halves of these.
    #[must_use]
    pub fn of(keys: &PrivateJwkSet) -> Self {
        Self(Place::Jwks(keys.public_jwk_set()))
    }

    /// The member that says so, and its value.
    pub(super) fn member(&self) -> (&'static str, Value) {
        match &self.0 {
            Place::JwksUri(uri) => ("jwks_uri", uri.as_str().into()),
            Place::Jwks(set) => ("jwks", set.clone()),
        }
    }
}

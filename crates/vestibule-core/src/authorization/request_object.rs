//! A request that travels as one token, which nobody on the way can change: the request object (Core 6, RFC 9101).

use serde_json::{Map, Value, json};

use super::{AuthorizationRequest, PendingLogin};
use crate::{
    client::{Client, Encryption},
    discovery::ProviderMetadata,
    error::InvalidMetadata,
    jose::{EncryptionFailed, EncryptionKey, JwkSet, SigningKey, base64url, signing_key::SigningFailed},
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// A request object, in compact form.
///
/// # Example
/// ```
/// use vestibule_core::{
///     AuthorizationRequest, Client, Entropy, NumericDate, PendingLogin, ProviderMetadata, SignatureAlgorithm,
///     authorization::RequestObject, jose::SigningKey,
/// };
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let key = SigningKey::generate(SignatureAlgorithm::Es256)?;
/// # let now = NumericDate::from_seconds(1_700_000_000);
/// # let drawn = || Entropy::from_bytes([7; 32]);
/// let client = Client::public("my-app");
/// let request = AuthorizationRequest::new("https://app.example.com/auth/callback/corp", "openid");
/// let pending = PendingLogin::begin(drawn(), now).asking(&request);
/// let object = RequestObject::signed(&client, &metadata, &request, &pending, &key, now, drawn())?;
/// let url = client.authorize_by_value(&metadata, &request, &pending, &object);
/// assert!(url.query_pairs().any(|(name, value)| name == "request" && value == object.as_str()));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject(Secret<String>);

/// Why a request object was not encrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestObjectNotEncrypted {
    /// The provider does not take what was agreed on, or has published no key for it.
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
    /// The crypto library could not.
    #[error("the request object: {0}")]
    Encryption(#[from] EncryptionFailed),
}

/// Its header's `typ` (RFC 9101 10.8.1), so that it can be taken for no other kind of token that we sign.
const TYPE: &str = "oauth-authz-req+jwt";

impl RequestObject {
    /// For how many seconds a provider may take it: it is made when the browser leaves.
    pub const LIFETIME: i64 = 5 * 60;

    /// The whole request, signed with `key`. `entropy` makes its `jti`.
    ///
    /// # Errors
    /// [`SigningFailed`] when the operating system gives no memory or randomness.
    pub fn signed(
        client: &Client,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
        key: &SigningKey,
        now: NumericDate,
        entropy: Entropy,
    ) -> Result<Self, SigningFailed> {
        let claims = claims(client, metadata, request, pending, now, entropy);
        key.sign(TYPE, claims.to_string().as_bytes()).map(|token| Self(Secret::new(token)))
    }

    /// The whole request, which anybody may change on the way (`alg` is `none`, Core 6.1): for providers that take no other, or
    /// for tests of them. We never accept such a token (V33).
    #[must_use]
    pub fn insecure_unsigned(
        client: &Client,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
        now: NumericDate,
        entropy: Entropy,
    ) -> Self {
        let header = json!({"alg": "none", "typ": TYPE});
        let claims = claims(client, metadata, request, pending, now, entropy);
        // RFC 7515 A.5: the signature is empty, its dot is there.
        Self(Secret::new(format!(
            "{}.{}.",
            base64url::encode(header.to_string()),
            base64url::encode(claims.to_string())
        )))
    }

    /// The same, encrypted as was agreed on (Core 6.1, RFC 9101 6.1): for the first key of `keys`, the provider's, that is good for it,
    /// or by the client secret (Core 10.2). It stays as it is where nothing was agreed on.
    ///
    /// # Errors
    /// [`RequestObjectNotEncrypted`] says what the provider lacks; [`InvalidMetadata::NoEncryptionKey`] may pass when its keys are fetched anew.
    pub fn encrypted(
        self,
        keys: &JwkSet,
        client: &Client,
        metadata: &ProviderMetadata,
    ) -> Result<Self, RequestObjectNotEncrypted> {
        let Some(encryption) = client.encrypts_request_objects_with() else { return Ok(self) };
        client.check_request_object_encryption(metadata)?;
        let Encryption { alg, enc } = encryption;
        let token = match client.client_secret().filter(|_| alg.is_symmetric()) {
            Some(secret) => EncryptionKey::from_secret(alg, enc, secret)?.encrypt(alg, enc, self.as_str())?,
            None => {
                let key = keys.encryption_key(alg).ok_or(InvalidMetadata::NoEncryptionKey { algorithm: alg })?;
                key.encrypt(alg, enc, self.as_str())?
            }
        };
        Ok(Self(Secret::new(token)))
    }

    /// A request object that was made here and then put into another form, such as encrypted (Core 6.1, RFC 9101 6.1).
    #[must_use]
    pub fn from_compact(token: impl Into<Secret<String>>) -> Self {
        Self(token.into())
    }

    /// The token: for the `request` parameter, or to be served where `request_uri` says, with the media type
    /// `application/oauth-authz-req+jwt` (RFC 9101 5.2).
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

/// RFC 9101 4: the parameters of the request, and the claims of a JWT. Neither `request` nor `request_uri` is among them, nor a
/// `sub`: with our client_id there, it would pass for a client assertion (RFC 9101 10.8).
fn claims(
    client: &Client,
    metadata: &ProviderMetadata,
    request: &AuthorizationRequest,
    pending: &PendingLogin,
    now: NumericDate,
    entropy: Entropy,
) -> Value {
    let mut claims = Map::new();
    for (name, value) in request.parameters(client.client_id(), pending) {
        match claims.get_mut(&name) {
            // RFC 8707 2: more than one is an array.
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                claims.insert(name, value);
            }
        }
    }
    for (name, value) in [
        ("iss", json!(client.client_id())),
        ("aud", json!(metadata.issuer().as_str())),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("exp", json!(now.plus(RequestObject::LIFETIME))),
        ("jti", json!(base64url::encode(entropy.into_secret().expose()))),
    ] {
        claims.insert(name.to_owned(), value);
    }
    Value::Object(claims)
}

#[cfg(test)]
mod tests;

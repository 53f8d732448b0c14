//! What the door takes from a client and its registration, in one place.

use std::sync::Arc;

use vestibule_core::{
    Client, ClientInformation, JwkSet, ProviderMetadata, RequestObject, client::InvalidClient, jose::PrivateJwkSet,
    registration::RequestObjectSigning,
};

use super::{KeysFailed, own_keys::Needs};

/// The client that we are by this registration, with all that was agreed on.
pub(super) fn client_of(information: &ClientInformation) -> Client {
    let mut client = information.client();
    if let Some(RequestObjectSigning::With(algorithm)) = information.request_object_signing_alg() {
        client = client.request_object_signing_alg(algorithm);
    }
    if let Some((alg, enc)) = information.request_object_encryption() {
        client = client.request_object_encryption(alg, enc);
    }
    client
}

/// A client with these keys.
pub(super) fn equipped(client: Client, needs: &Needs, keys: &Arc<PrivateJwkSet>) -> Client {
    let needed = keys.signing_keys().iter().filter(|key| needs.sign_with(key.algorithm()));
    needed.fold(client, |client, key| client.signing_key(Arc::clone(key)))
}

/// Whether a client can work but for a private key.
pub(super) fn lacks_a_key(reason: &InvalidClient) -> bool {
    matches!(reason, InvalidClient::SigningKeyMissing | InvalidClient::NoSigningKeyFor { .. })
}

/// Why a request object is not encrypted.
pub(super) enum NotEncrypted {
    /// With other keys of the provider's it might be.
    NoKey,
    Failed(KeysFailed),
}

/// A request object in the form that was agreed on: encrypted for one of the provider's keys, or as it is.
pub(super) fn encrypted(
    object: &RequestObject,
    keys: &JwkSet,
    client: &Client,
    _: &ProviderMetadata,
) -> Result<RequestObject, NotEncrypted> {
    let Some(encryption) = client.encrypts_request_objects_with() else { return Ok(object.clone()) };
    let key = keys.encryption_key(encryption.alg).ok_or(NotEncrypted::NoKey)?;
    let token = key.encrypt(encryption.alg, encryption.enc, object.as_str());
    token.map(RequestObject::from_compact).map_err(|_| NotEncrypted::Failed(KeysFailed::NotEncrypted))
}

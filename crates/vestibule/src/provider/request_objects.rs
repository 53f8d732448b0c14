//! How logins with a provider are asked for: by plain parameters, or by an object that nobody on the way can change (Core 6).

use std::sync::Arc;

use vestibule_core::{
    AuthorizationRequest, ClientMetadata, JwkSet, NumericDate, PendingLogin, ProviderMetadata, RequestObject,
    SignatureAlgorithm, authorization::RequestObjectNotEncrypted, error::InvalidMetadata,
    registration::RequestObjectSigning,
};

use super::{ConnectedProvider, Introduced, KeysFailed, Provider, ProviderError};
use crate::clock;

/// How request objects get to a provider.
///
/// # Example
/// ```
/// use vestibule::{Client, Provider, RequestObjects, SignatureAlgorithm};
///
/// let client = Client::confidential("my-app", "a secret that is long enough to sign with")
///     .request_object_signing_alg(SignatureAlgorithm::Hs256);
/// let provider = Provider::discovered("https://login.example.com", client)?.request_objects(RequestObjects::ByReference);
/// # let _ = provider;
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestObjects {
    /// In the browser's address, as the parameter `request` (Core 6.1).
    ByValue,
    /// Fetched by the provider from `/auth/request_objects/NAME/..`, as the parameter `request_uri` says (Core 6.2). They are kept where
    /// [sessions](crate::Builder::sessions) or their [marks](crate::Builder::marks) are. A provider that wants each one registered
    /// (`require_request_uri_registration`) takes none of them.
    ByReference,
}

/// What the settings say of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestObjectSettings {
    way: Option<RequestObjects>,
    signing: Signing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Signing {
    #[default]
    AsAgreed,
    Unsigned,
}

/// What request objects are signed with where nobody said: "Servers SHOULD support [..] RS256" (Discovery 3).
const DEFAULT: SignatureAlgorithm = SignatureAlgorithm::Rs256;

impl Provider {
    /// That logins are asked for by request objects, which nobody on the way can change (Core 6, RFC 9101), and how these get there.
    /// They are signed with what the client agreed on: [`Client::request_object_signing_alg`](crate::Client::request_object_signing_alg),
    /// or that of [`ClientMetadata`], which asks for RS256 unless it says another one.
    ///
    /// Unsaid, a client that agreed on an algorithm sends them as the provider's metadata says that it takes them.
    #[must_use]
    pub fn request_objects(mut self, way: RequestObjects) -> Self {
        self.request_objects.way = Some(way);
        self
    }

    /// That request objects are not signed (`none`, Core 6.1): anybody on the way can change them, as with plain parameters. For
    /// providers that know no others, and for tests of them.
    #[must_use]
    pub fn insecure_unsigned_request_objects(mut self) -> Self {
        self.request_objects.signing = Signing::Unsigned;
        self
    }
}

impl RequestObjectSettings {
    pub(super) fn is_unsigned(self) -> bool {
        self.signing == Signing::Unsigned
    }

    pub(super) fn is_asked_for(self) -> bool {
        self.way.is_some()
    }

    /// Whether the provider is known to come for them.
    pub(super) fn are_fetched(self) -> bool {
        self.way == Some(RequestObjects::ByReference)
    }

    /// Whether the provider may come for them, if there are any.
    pub(super) fn may_be_fetched(self) -> bool {
        self.way != Some(RequestObjects::ByValue)
    }

    /// What a client that registers itself asks for.
    pub(super) fn asked(self, metadata: ClientMetadata) -> ClientMetadata {
        match (self.signing, self.way, metadata.signs_request_objects()) {
            (Signing::Unsigned, _, _) => metadata.insecure_unsigned_request_objects(),
            (Signing::AsAgreed, Some(_), None | Some(RequestObjectSigning::Unsigned)) => {
                metadata.request_object_signing_alg(DEFAULT)
            }
            (Signing::AsAgreed, _, _) => metadata,
        }
    }

    /// By value unless the settings say otherwise, or the metadata, where a `request` parameter is not taken unless it says so
    /// (Discovery 3). A provider that takes only what was registered, byte for byte (Registration 2), never takes ours by reference.
    fn way(self, metadata: &ProviderMetadata) -> Result<RequestObjects, InvalidMetadata> {
        let unsaid =
            if metadata.request_parameter_supported() { RequestObjects::ByValue } else { RequestObjects::ByReference };
        match self.way.unwrap_or(unsaid) {
            RequestObjects::ByReference if metadata.require_request_uri_registration() => {
                Err(InvalidMetadata::RequestUrisRegistered)
            }
            way => Ok(way),
        }
    }
}

impl ConnectedProvider {
    /// The object that asks for this login, and how it gets there; `None` for plain parameters.
    ///
    /// What was agreed on is what happens: nothing that fails here is made good by plain parameters.
    pub(crate) async fn request_object(
        self: &Arc<Self>,
        at: &Introduced,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
        now: NumericDate,
    ) -> Result<Option<(RequestObject, RequestObjects)>, ProviderError> {
        let settings = self.provider.request_objects;
        let (client, metadata) = (at.client.as_ref(), at.metadata.as_ref());
        let object = match (settings.signing, client.signs_request_objects_with()) {
            (Signing::Unsigned, _) => {
                RequestObject::insecure_unsigned(client, metadata, request, pending, now, clock::entropy())
            }
            (Signing::AsAgreed, Some(algorithm)) => {
                let key = client.request_object_key().ok_or(KeysFailed::NoneFor(algorithm))?;
                let signed = RequestObject::signed(client, metadata, request, pending, &key, now, clock::entropy());
                self.encrypted(at, signed.map_err(|_| KeysFailed::NotSigned)?).await?
            }
            (Signing::AsAgreed, None) if settings.is_asked_for() => return Err(KeysFailed::NotSigned.into()),
            (Signing::AsAgreed, None) => return Ok(None),
        };
        Ok(Some((object, settings.way(metadata)?)))
    }

    /// Encrypted, if that was agreed on: with keys of the provider's that are fetched anew once if the right one is not among them.
    async fn encrypted(
        self: &Arc<Self>,
        at: &Introduced,
        object: RequestObject,
    ) -> Result<RequestObject, ProviderError> {
        if at.client.encrypts_request_objects_with().is_none() {
            return Ok(object);
        }
        let encrypted = |keys: &JwkSet| object.clone().encrypted(keys, &at.client, &at.metadata);
        let keys = self.published_keys(at).await?;
        let mut result = encrypted(&keys);
        if let Err(RequestObjectNotEncrypted::Metadata(InvalidMetadata::NoEncryptionKey { .. })) = result {
            result = encrypted(&*self.newer_keys(at, &keys).await?);
        }
        result.map_err(|reason| match reason {
            RequestObjectNotEncrypted::Metadata(invalid) => invalid.into(),
            _ => KeysFailed::NotEncrypted.into(),
        })
    }
}

//! The lists of a provider's metadata: what it offers, by its registered names (Discovery 3, RFC 8414 2).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ProviderMetadata;
use crate::{
    authorization::{ResponseMode, ResponseType},
    client_auth::OfferedAuthMethods,
    error::{Excerpt, InvalidMetadata},
    jose::SignatureAlgorithm,
    json,
};

/// The lists that are read, by their wire names.
const MEMBERS: [&str; 19] = [
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "acr_values_supported",
    "code_challenge_methods_supported",
    "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
];

/// The lists that are there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lists(BTreeMap<&'static str, Vec<String>>);

/// One list of the metadata: how it is called, and what it has, if it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered<'a> {
    pub(crate) member: &'static str,
    pub(crate) names: Option<&'a [String]>,
}

impl Lists {
    pub(super) fn read(object: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let mut lists = BTreeMap::new();
        for member in MEMBERS {
            if let Some(names) = json::member(object, member)? {
                lists.insert(member, names);
            }
        }
        Ok(Self(lists))
    }
}

impl Offered<'_> {
    /// Whether `name` is offered; a list that is not there refuses nothing.
    pub(crate) fn allows(self, name: &str) -> bool {
        self.names.is_none_or(|names| names.iter().any(|offered| offered == name))
    }

    /// That `wanted` is offered, or that nothing is said.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names both.
    pub(crate) fn require(self, what: &'static str, wanted: &'static str) -> Result<(), InvalidMetadata> {
        if self.allows(wanted) { Ok(()) } else { Err(self.unsupported(what, wanted)) }
    }

    pub(crate) fn unsupported(self, what: &'static str, wanted: &'static str) -> InvalidMetadata {
        let offered = Excerpt::new(&self.names.unwrap_or_default().join(" "));
        InvalidMetadata::Unsupported { what, wanted, member: self.member, offered }
    }
}

impl ProviderMetadata {
    /// Whether this response type is offered, its words in whatever order; a provider that does not say is not refused for it.
    #[must_use]
    pub fn offers_response_type(&self, response_type: ResponseType) -> bool {
        // Multiple Response Types 3: "the order of the values does not matter".
        self.list("response_types_supported")
            .names
            .is_none_or(|names| names.iter().any(|name| response_type.is_named(name)))
    }

    /// Whether this response mode is offered; when the metadata does not say, `query` and `fragment` are (Discovery 3).
    #[must_use]
    pub fn offers_response_mode(&self, response_mode: ResponseMode) -> bool {
        match self.list("response_modes_supported").names {
            Some(names) => names.iter().any(|name| name == response_mode.name()),
            None => response_mode != ResponseMode::FormPost,
        }
    }

    /// The grant types that are offered, if the provider says; when it does not, `authorization_code` and `implicit` (Discovery 3).
    #[must_use]
    pub fn grant_types_supported(&self) -> Option<&[String]> {
        self.list("grant_types_supported").names
    }

    /// The kinds of subject identifiers that are offered, `public` or `pairwise` (Core 8), if the provider says.
    #[must_use]
    pub fn subject_types_supported(&self) -> Option<&[String]> {
        self.list("subject_types_supported").names
    }

    /// The authentication context classes that can be asked for, if the provider says.
    #[must_use]
    pub fn acr_values_supported(&self) -> Option<&[String]> {
        self.list("acr_values_supported").names
    }

    /// What a list of the metadata has, by its wire name, such as `token_endpoint_auth_methods_supported`: `None` where it is not there,
    /// or is none that a relying party needs. What is in it is the provider's text: escape it.
    ///
    /// # Example
    /// ```
    /// # let metadata = vestibule_core::ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
    /// #   "authorization_endpoint": "https://login.example.com/authorize", "token_endpoint": "https://login.example.com/token",
    /// #   "jwks_uri": "https://login.example.com/keys", "code_challenge_methods_supported": ["S256"]}"#)?;
    /// assert_eq!(metadata.offered("code_challenge_methods_supported").map(<[String]>::len), Some(1));
    /// assert!(metadata.offered("acr_values_supported").is_none());
    /// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
    /// ```
    #[must_use]
    pub fn offered(&self, member: &str) -> Option<&[String]> {
        self.lists.0.get(member).map(Vec::as_slice)
    }

    /// One list, by its wire name.
    pub(crate) fn list(&self, member: &'static str) -> Offered<'_> {
        Offered { member, names: self.lists.0.get(member).map(Vec::as_slice) }
    }

    /// That this response type is offered, or that nothing is said.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names it and what is offered.
    pub(crate) fn require_response_type(&self, response_type: ResponseType) -> Result<(), InvalidMetadata> {
        if self.offers_response_type(response_type) {
            Ok(())
        } else {
            Err(self.list("response_types_supported").unsupported("the response type", response_type.name()))
        }
    }

    /// By which methods clients authenticate at the token endpoint.
    pub(crate) fn token_endpoint_auth_methods(&self) -> OfferedAuthMethods<'_> {
        let Offered { member, names } = self.list("token_endpoint_auth_methods_supported");
        OfferedAuthMethods { member, names, signing: self.list("token_endpoint_auth_signing_alg_values_supported") }
    }

    /// By which methods clients authenticate at the revocation endpoint. When the metadata does not say, as at the token endpoint:
    /// which is the `client_secret_basic` of RFC 8414 2 wherever that is offered, and works where it is not.
    pub(crate) fn revocation_endpoint_auth_methods(&self) -> OfferedAuthMethods<'_> {
        let as_for_tokens = self.token_endpoint_auth_methods();
        let signing = self.list("revocation_endpoint_auth_signing_alg_values_supported");
        let signing = if signing.names.is_some() { signing } else { as_for_tokens.signing };
        match self.list("revocation_endpoint_auth_methods_supported") {
            Offered { names: None, .. } => OfferedAuthMethods { signing, ..as_for_tokens },
            Offered { member, names } => OfferedAuthMethods { member, names, signing },
        }
    }

    /// Whether the provider signs ID Tokens with this algorithm; when it does not say, RS256 (Discovery 3).
    pub(crate) fn offers_algorithm(&self, algorithm: SignatureAlgorithm) -> bool {
        match self.list("id_token_signing_alg_values_supported").names {
            Some(offered) => offered.iter().any(|name| name == algorithm.name()),
            None => algorithm == SignatureAlgorithm::Rs256,
        }
    }
}

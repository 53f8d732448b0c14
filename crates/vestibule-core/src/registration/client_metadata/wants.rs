//! What whoever registers us must have ready: the keys and the document that the provider comes to fetch.

use super::{ClientMetadata, InvalidClientMetadata};
use crate::{
    client_auth::TokenEndpointAuthMethod,
    registration::{RequestObjectSigning, SectorIdentifierDocument},
};

impl ClientMetadata {
    /// Whether what is asked for needs [`keys`](Self::keys) of ours, and there are none yet.
    ///
    /// # Example
    /// ```
    /// use vestibule_core::{ClientMetadata, TokenEndpointAuthMethod};
    ///
    /// let metadata = ClientMetadata::new("Photo Album");
    /// assert!(!metadata.lacks_keys());
    /// assert!(metadata.token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt).lacks_keys());
    /// ```
    #[must_use]
    pub fn lacks_keys(&self) -> bool {
        matches!(self.check(), Err(InvalidClientMetadata::KeysMissing { .. }))
    }

    /// How we want to authenticate, if that was said.
    #[must_use]
    pub fn authenticates_by(&self) -> Option<TokenEndpointAuthMethod> {
        self.token_endpoint_auth_method
    }

    /// How our request objects will be signed, if that was said.
    #[must_use]
    pub fn signs_request_objects(&self) -> Option<RequestObjectSigning> {
        self.terms.request_object_signing_alg
    }

    /// Whether a [`sector_identifier_uri`](Self::sector_identifier_uri) is needed and not there (Core 8.1), for a login whose redirect
    /// URI is this one.
    #[must_use]
    pub fn lacks_sector_identifier(&self, redirect_uri: &str) -> bool {
        self.check_sector(&self.all_redirect_uris(redirect_uri.to_owned())).is_err()
    }

    /// The document that vouches for all redirect URIs (Registration 5): this one, and those beside it.
    #[must_use]
    pub fn sector_identifier_document(&self, redirect_uri: &str) -> SectorIdentifierDocument {
        SectorIdentifierDocument::new(self.all_redirect_uris(redirect_uri.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::SubjectType;

    /// R103
    #[test]
    fn a_sector_identifier_is_wanted_where_pairwise_subjects_span_hosts() {
        let ours = "https://a.example/callback";
        let wide = ClientMetadata::new("Photo Album").redirect_uri("https://b.example/callback");
        let pairwise = wide.clone().subject_type(SubjectType::Pairwise);
        assert!(!wide.lacks_sector_identifier(ours));
        assert!(pairwise.lacks_sector_identifier(ours));
        assert!(!pairwise.clone().sector_identifier_uri("https://a.example/sector").lacks_sector_identifier(ours));
        assert_eq!(
            pairwise.sector_identifier_document(ours).to_json(),
            br#"["https://a.example/callback","https://b.example/callback"]"#
        );
    }
}

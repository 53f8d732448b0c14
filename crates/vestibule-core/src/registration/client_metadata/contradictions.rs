//! What cannot be asked for together, found before anything is sent.

use url::Url;

use super::ClientMetadata;
use crate::{
    client_auth::TokenEndpointAuthMethod,
    error::Excerpt,
    issuer::is_https_or_loopback,
    jose::{KeyManagementAlgorithm, SignatureAlgorithm},
    registration::terms::SubjectType,
};

/// Why client metadata cannot be registered anywhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidClientMetadata {
    #[error(
        "{member} '{got}' is not an https URL without user information or fragment (http is for loopback hosts only)"
    )]
    Uri { member: &'static str, got: Excerpt },
    #[error("{member} '{got}' is not the address of a web page")]
    WebPage { member: &'static str, got: Excerpt },
    #[error("contacts has '{got}', which is not an e-mail address")]
    Contact { got: Excerpt },
    #[error("'{got}' is not a language tag (BCP 47), {member} has it")]
    LanguageTag { member: &'static str, got: Excerpt },
    #[error("{enc} says what to encrypt with, and no {alg} is asked for")]
    EncryptionWithoutAlgorithm { alg: &'static str, enc: &'static str },
    #[error("{encrypted} needs {signed} too: what is only encrypted may be from anybody")]
    EncryptedUnsigned { encrypted: &'static str, signed: &'static str },
    #[error("{member} '{wanted}' needs keys of ours, and neither jwks nor jwks_uri is given")]
    KeysMissing { member: &'static str, wanted: &'static str },
    #[error(
        "{member} '{wanted}' needs a client_secret, which a client with token_endpoint_auth_method none does not get"
    )]
    SecretMissing { member: &'static str, wanted: &'static str },
    #[error("token_endpoint_auth_signing_alg {0} is not one that the token_endpoint_auth_method asked for signs with")]
    AuthSigningAlgorithm(SignatureAlgorithm),
    #[error("token_endpoint_auth_method tls_client_auth needs the name in our certificate (RFC 8705 2.1.2)")]
    TlsSubjectMissing,
    #[error("the name in our certificate is for token_endpoint_auth_method tls_client_auth only (RFC 8705 2.1.2)")]
    TlsSubjectUnused,
    #[error(
        "tls_client_certificate_bound_access_tokens needs token_endpoint_auth_method tls_client_auth or self_signed_tls_client_auth: by any other we show no certificate (RFC 8705 3)"
    )]
    NoCertificateToBindTo,
    #[error("require_signed_request_object needs a request_object_signing_alg that signs (RFC 9101 10.5)")]
    UnsignedRequestObjects,
    #[error("refresh tokens come with a code, and no response type that is asked for has one")]
    RefreshWithoutCode,
    #[error("pairwise subjects for redirect URIs on several hosts need a sector_identifier_uri (Core 8.1)")]
    SectorIdentifierMissing,
}

impl ClientMetadata {
    /// Whether these wishes can go together, before any provider is asked.
    ///
    /// # Errors
    /// [`InvalidClientMetadata`] says what to change.
    pub fn check(&self) -> Result<(), InvalidClientMetadata> {
        self.check_addresses()?;
        self.check_people()?;
        self.check_encryption()?;
        self.check_keys()?;
        self.check_secret()?;
        self.check_authentication()?;
        self.check_signed_and_encrypted()?;
        // RFC 9101 10.5: only a signed one counts.
        if self.terms.require_signed_request_object && self.terms.request_object_algorithm().is_none() {
            return Err(InvalidClientMetadata::UnsignedRequestObjects);
        }
        // RFC 6749 4.2.2: "The authorization server MUST NOT issue a refresh token" without a code.
        let asks_for_a_code = self.terms().response_types.iter().any(|response_type| response_type.has_code());
        if self.refresh_tokens && !asks_for_a_code {
            return Err(InvalidClientMetadata::RefreshWithoutCode);
        }
        Ok(())
    }

    /// Core 8.1: "If there are multiple hostnames in the registered redirect_uris, the Client MUST register a
    /// sector_identifier_uri".
    pub(in crate::registration) fn check_sector(&self, redirect_uris: &[String]) -> Result<(), InvalidClientMetadata> {
        let host = |uri: &String| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
        let mut hosts = redirect_uris.iter().map(host);
        let first = hosts.next();
        let is_pairwise = self.terms.subject_type == Some(SubjectType::Pairwise);
        let has_several = hosts.any(|other| Some(&other) != first.as_ref());
        if is_pairwise && has_several && self.sector_identifier_uri.is_none() {
            return Err(InvalidClientMetadata::SectorIdentifierMissing);
        }
        Ok(())
    }

    /// Where people, codes and requests are sent: V7 and V80 are about us too.
    fn check_addresses(&self) -> Result<(), InvalidClientMetadata> {
        let redirect_uris = self.redirect_uris.iter().map(|uri| ("redirect_uris", uri));
        let after_logout = self.post_logout_redirect_uris.iter().map(|uri| ("post_logout_redirect_uris", uri));
        // Registration 2: the fragment of a request_uri is the hash of what is there.
        let request_uris = self.request_uris.iter().map(|uri| ("request_uris", uri));
        // Core 4: "It MUST use the https scheme".
        let initiate_login_uri = self.initiate_login_uri.iter().map(|uri| ("initiate_login_uri", uri));
        // Registration 2: "URL using the https scheme".
        let sector = self.sector_identifier_uri.iter().map(|uri| ("sector_identifier_uri", uri));
        let all = redirect_uris.chain(after_logout).chain(request_uris).chain(initiate_login_uri).chain(sector);
        for (member, uri) in all {
            let is_good = Url::parse(uri).is_ok_and(|url| {
                is_https_or_loopback(&url)
                    && url.username().is_empty()
                    && url.password().is_none()
                    && (url.fragment().is_none() || member == "request_uris")
            });
            if !is_good {
                return Err(InvalidClientMetadata::Uri { member, got: Excerpt::new(uri) });
            }
        }
        Ok(())
    }

    /// What people read, and whom they may write to.
    fn check_people(&self) -> Result<(), InvalidClientMetadata> {
        // RFC 7591 2: "typically email addresses"; Registration 2: "e-mail addresses".
        if let Some(contact) = self.contacts.iter().find(|contact| !contact.contains('@')) {
            return Err(InvalidClientMetadata::Contact { got: Excerpt::new(contact) });
        }
        // BCP 47 2.1: subtags of letters and digits with hyphens between them.
        let is_tag = |tag: &str| {
            tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        };
        if let Some(said) = self.localized.iter().find(|said| !is_tag(&said.language)) {
            return Err(InvalidClientMetadata::LanguageTag { member: said.member, got: Excerpt::new(&said.language) });
        }
        let plain = [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
        ];
        let plain = plain.into_iter().filter_map(|(member, uri)| uri.as_ref().map(|uri| (member, uri)));
        let localized = self.localized.iter().map(|said| (said.member, &said.value));
        // Registration 2: "MUST point to a valid Web page". A provider makes links of them.
        let is_page = |uri: &str| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        match plain.chain(localized).find(|(member, uri)| *member != "client_name" && !is_page(uri)) {
            Some((member, uri)) => Err(InvalidClientMetadata::WebPage { member, got: Excerpt::new(uri) }),
            None => Ok(()),
        }
    }

    /// Registration 2: "When id_token_encrypted_response_enc is included, id_token_encrypted_response_alg MUST also be provided",
    /// and the same of the other two.
    fn check_encryption(&self) -> Result<(), InvalidClientMetadata> {
        let terms = &self.terms;
        for (alg, enc, is_alg_set, is_enc_set) in [
            (
                "id_token_encrypted_response_alg",
                "id_token_encrypted_response_enc",
                terms.id_token_encrypted_response_alg.is_some(),
                terms.id_token_encrypted_response_enc.is_some(),
            ),
            (
                "userinfo_encrypted_response_alg",
                "userinfo_encrypted_response_enc",
                terms.userinfo_encrypted_response_alg.is_some(),
                terms.userinfo_encrypted_response_enc.is_some(),
            ),
            (
                "request_object_encryption_alg",
                "request_object_encryption_enc",
                terms.request_object_encryption_alg.is_some(),
                terms.request_object_encryption_enc.is_some(),
            ),
        ] {
            if is_enc_set && !is_alg_set {
                return Err(InvalidClientMetadata::EncryptionWithoutAlgorithm { alg, enc });
            }
        }
        Ok(())
    }

    /// V37, RFC 9101 4: whoever has the public key can encrypt; what counts is who signed what is inside. ID Tokens always are signed.
    fn check_signed_and_encrypted(&self) -> Result<(), InvalidClientMetadata> {
        let terms = &self.terms;
        for (encrypted, is_encrypted, signed, is_signed) in [
            (
                "userinfo_encrypted_response_alg",
                terms.userinfo_encrypted_response_alg.is_some(),
                "userinfo_signed_response_alg",
                terms.userinfo_signed_response_alg.is_some(),
            ),
            (
                "request_object_encryption_alg",
                terms.request_object_encryption_alg.is_some(),
                "request_object_signing_alg",
                terms.request_object_algorithm().is_some(),
            ),
        ] {
            if is_encrypted && !is_signed {
                return Err(InvalidClientMetadata::EncryptedUnsigned { encrypted, signed });
            }
        }
        Ok(())
    }

    /// What needs keys of ours: the provider checks our signatures with them, or encrypts for us.
    fn check_keys(&self) -> Result<(), InvalidClientMetadata> {
        use TokenEndpointAuthMethod::{PrivateKeyJwt, SelfSignedTlsClientAuth};
        if self.keys.is_some() {
            return Ok(());
        }
        // Core 9 and RFC 8705 2.2.2: the provider knows us by the keys that we registered.
        let method =
            self.token_endpoint_auth_method.filter(|method| matches!(method, PrivateKeyJwt | SelfSignedTlsClientAuth));
        let signing = self.terms.request_object_algorithm().filter(|algorithm| !algorithm.is_symmetric());
        // Core 10.2: encrypted for us, with a public key of ours.
        let encryption = self
            .terms
            .response_encryption()
            .map(|(member, alg)| (member, alg.filter(|alg| !alg.is_symmetric()).map(KeyManagementAlgorithm::name)));
        let needs = [
            ("token_endpoint_auth_method", method.map(TokenEndpointAuthMethod::name)),
            ("request_object_signing_alg", signing.map(SignatureAlgorithm::name)),
        ];
        match needs.into_iter().chain(encryption).find_map(|(member, wanted)| Some((member, wanted?))) {
            Some((member, wanted)) => Err(InvalidClientMetadata::KeysMissing { member, wanted }),
            None => Ok(()),
        }
    }

    /// What is done with the client secret (Core 10.1 and 10.2), which a public client has not.
    fn check_secret(&self) -> Result<(), InvalidClientMetadata> {
        if self.token_endpoint_auth_method != Some(TokenEndpointAuthMethod::None) {
            return Ok(());
        }
        let signing = [
            ("id_token_signed_response_alg", self.id_token_signed_response_alg),
            ("userinfo_signed_response_alg", self.terms.userinfo_signed_response_alg),
            ("request_object_signing_alg", self.terms.request_object_algorithm()),
        ];
        let signing = signing.map(|(member, algorithm)| {
            (member, algorithm.filter(|algorithm| algorithm.is_symmetric()).map(SignatureAlgorithm::name))
        });
        let [id_token, userinfo] = self.terms.response_encryption();
        let request_object = ("request_object_encryption_alg", self.terms.request_object_encryption_alg);
        let encryption = [id_token, userinfo, request_object]
            .map(|(member, alg)| (member, alg.filter(|alg| alg.is_symmetric()).map(KeyManagementAlgorithm::name)));
        match signing.into_iter().chain(encryption).find_map(|(member, wanted)| Some((member, wanted?))) {
            Some((member, wanted)) => Err(InvalidClientMetadata::SecretMissing { member, wanted }),
            None => Ok(()),
        }
    }

    fn check_authentication(&self) -> Result<(), InvalidClientMetadata> {
        use TokenEndpointAuthMethod::{ClientSecretJwt, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
        let method = self.token_endpoint_auth_method;
        // RFC 8705 3: a token is bound to the certificate that the token request came with.
        let shows_certificate = matches!(method, Some(TlsClientAuth | SelfSignedTlsClientAuth));
        if self.terms.tls_client_certificate_bound_access_tokens && !shows_certificate {
            return Err(InvalidClientMetadata::NoCertificateToBindTo);
        }
        if let Some(algorithm) = self.terms.token_endpoint_auth_signing_alg {
            // Core 9: an HMAC with the secret for the one, a key of ours for the other.
            let signs = match method {
                Some(ClientSecretJwt) => algorithm.is_symmetric(),
                Some(PrivateKeyJwt) => !algorithm.is_symmetric(),
                _ => false,
            };
            if !signs {
                return Err(InvalidClientMetadata::AuthSigningAlgorithm(algorithm));
            }
        }
        // RFC 8705 2.1.2: "A client using the tls_client_auth authentication method MUST use exactly one of the below metadata
        // parameters". More than one cannot be said here.
        match (method, &self.tls_client_auth_subject) {
            (Some(TlsClientAuth), None) => Err(InvalidClientMetadata::TlsSubjectMissing),
            (Some(TlsClientAuth), Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(InvalidClientMetadata::TlsSubjectUnused),
        }
    }
}

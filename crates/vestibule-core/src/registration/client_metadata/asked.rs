//! What one provider is asked for: our wishes, and its offers where we have none.

use serde_json::{Map, Value, json};

use super::ClientMetadata;
use crate::{
    authorization::ResponseType,
    client_auth::TokenEndpointAuthMethod,
    discovery::ProviderMetadata,
    jose::SignatureAlgorithm,
    registration::{
        client_keys::ClientKeys,
        terms::{Terms, grant_types},
        tls_client_auth::TlsClientAuthSubject,
    },
};

impl ClientMetadata {
    /// The body of the request, as JSON: what this provider is asked for.
    pub(in crate::registration) fn asked(
        &self,
        metadata: &ProviderMetadata,
        redirect_uris: &[String],
        post_logout_redirect_uri: &str,
    ) -> Map<String, Value> {
        let mut asked = self.terms().members();
        let mut ask = |name: &str, value: Value| asked.insert(name.to_owned(), value);
        ask("application_type", json!(self.application_type));
        ask("client_name", json!(self.client_name));
        ask("redirect_uris", json!(redirect_uris));
        let ours = std::iter::once(post_logout_redirect_uri);
        let after_logout = ours.chain(self.post_logout_redirect_uris.iter().map(String::as_str));
        ask("post_logout_redirect_uris", after_logout.collect());
        ask("token_endpoint_auth_method", json!(self.auth_method(metadata)));
        ask("id_token_signed_response_alg", json!(self.algorithm(metadata)));
        for (name, values) in [("contacts", &self.contacts), ("request_uris", &self.request_uris)] {
            if !values.is_empty() {
                ask(name, json!(values));
            }
        }
        for (name, value) in [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
            ("sector_identifier_uri", &self.sector_identifier_uri),
            ("software_id", &self.software_id),
            ("software_version", &self.software_version),
        ] {
            if let Some(value) = value {
                ask(name, json!(value));
            }
        }
        for said in &self.localized {
            // Registration 2.1: "A "#" character delimits Claim Names from the language tags".
            ask(&format!("{}#{}", said.member, said.language), json!(said.value));
        }
        if let Some((name, value)) = self.keys.as_ref().map(ClientKeys::member) {
            ask(name, value);
        }
        if let Some((name, value)) = self.tls_client_auth_subject.as_ref().map(TlsClientAuthSubject::member) {
            ask(name, json!(value));
        }
        if let Some(statement) = &self.software_statement {
            ask("software_statement", json!(statement.expose()));
        }
        asked
    }

    /// All redirect URIs: the one of the login, and those beside it.
    pub(in crate::registration) fn all_redirect_uris(&self, redirect_uri: String) -> Vec<String> {
        let mut all = vec![redirect_uri];
        for uri in &self.redirect_uris {
            if !all.contains(uri) {
                all.push(uri.clone());
            }
        }
        all
    }

    /// The terms, with what follows from them.
    pub(in crate::registration) fn terms(&self) -> Terms {
        let mut terms = self.terms.clone();
        if terms.response_types.is_empty() {
            terms.response_types.push(ResponseType::Code);
        }
        terms.grant_types = grant_types(&terms.response_types).map(str::to_owned).collect();
        if self.refresh_tokens {
            terms.grant_types.push("refresh_token".to_owned());
        }
        terms
    }

    /// As we wish; else the first that the provider offers of those for which we have what it takes.
    pub(in crate::registration) fn auth_method(&self, metadata: &ProviderMetadata) -> TokenEndpointAuthMethod {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Unauthenticated, PrivateKeyJwt,
        };
        let offered = || {
            [ClientSecretBasic, ClientSecretPost, PrivateKeyJwt, ClientSecretJwt, Unauthenticated]
                .into_iter()
                .filter(|method| *method != PrivateKeyJwt || self.keys.is_some())
                .find(|method| metadata.token_endpoint_auth_methods().contain(*method))
        };
        self.token_endpoint_auth_method.or_else(offered).unwrap_or(ClientSecretBasic)
    }

    pub(in crate::registration) fn algorithm(&self, metadata: &ProviderMetadata) -> SignatureAlgorithm {
        let offered = || {
            SignatureAlgorithm::ALL
                .into_iter()
                .filter(|algorithm| !algorithm.is_symmetric())
                .find(|algorithm| metadata.offers_algorithm(*algorithm))
        };
        self.id_token_signed_response_alg.or_else(offered).unwrap_or(SignatureAlgorithm::Rs256)
    }
}

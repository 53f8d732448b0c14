//! Who we are at the development provider: what the settings say of a client, for the provider to have registered.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::Url;
use vestibule::{
    ResponseType, Secret, SignatureAlgorithm, TokenEndpointAuthMethod,
    core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, discovery::WebFingerResource},
};

use crate::failure::Failure;

/// One `[provider.NAME]`, as far as the demo needs to know it.
#[derive(Deserialize)]
pub(super) struct ProviderBeside {
    issuer: Option<String>,
    webfinger: Option<String>,
    metadata: Option<MetadataBeside>,
    /// None for a client that registers itself.
    client_id: Option<String>,
    client_secret: Option<Secret<String>>,
    client_secret_file: Option<PathBuf>,
    redirect_path: Option<String>,
    #[serde(default)]
    initiate_login: bool,
    #[serde(flatten)]
    agreement: Agreement,
}

#[derive(Deserialize)]
struct MetadataBeside {
    issuer: String,
    end_session_endpoint: Option<String>,
}

/// What client and provider agree on, by the wire names (Registration 2): what is not said is as the specification has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) response_type: Option<ResponseType>,
    pub(crate) token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    pub(crate) token_endpoint_auth_signing_alg: Option<SignatureAlgorithm>,
    pub(crate) id_token_signed_response_alg: Option<SignatureAlgorithm>,
    pub(crate) id_token_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    pub(crate) id_token_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    pub(crate) userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    pub(crate) userinfo_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    pub(crate) userinfo_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    /// An algorithm, or `none`.
    pub(crate) request_object_signing_alg: Option<String>,
    pub(crate) request_object_encryption_alg: Option<KeyManagementAlgorithm>,
    pub(crate) request_object_encryption_enc: Option<ContentEncryptionAlgorithm>,
}

/// A client of ours that the development provider has to know.
#[derive(Debug)]
pub(crate) struct ClientOfOurs {
    /// What it is called there.
    pub(crate) client_id: String,
    /// How it proves to be that.
    pub(crate) client_secret: Option<Secret<String>>,
    /// What else was agreed on.
    pub(crate) agreement: Agreement,
    /// Where its logins come back.
    pub(crate) redirect_uri: String,
    /// Where its logouts come back.
    pub(crate) post_logout_redirect_uri: String,
    /// Where the provider says that a session has ended.
    pub(crate) backchannel_logout_uri: String,
    /// The same, by the browser.
    pub(crate) frontchannel_logout_uri: String,
    /// Where its public keys are, if it has any.
    pub(crate) jwks_uri: String,
}

impl ProviderBeside {
    /// The issuer, where the settings say it; WebFinger finds it later.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref().or(self.metadata.as_ref().map(|metadata| metadata.issuer.as_str()))
    }

    /// Whether this provider is the one at `issuer`: it is said, or the one whom WebFinger asks.
    pub(super) fn is_at(&self, issuer: &str) -> bool {
        let asks_there = |asked: Url| Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == asked.origin());
        self.issuer() == Some(issuer) || self.asked_by_web_finger().is_some_and(asks_there)
    }

    /// Whether other sites may begin a login.
    pub(super) fn lets_others_initiate_login(&self) -> bool {
        self.initiate_login
    }

    /// Where the answer to a form of ours may lead, as far as the settings say it.
    pub(super) fn places(&self) -> impl Iterator<Item = Url> {
        let end_session = self.metadata.as_ref().and_then(|metadata| metadata.end_session_endpoint.as_deref());
        let said = [self.issuer(), end_session].into_iter().flatten().filter_map(|place| Url::parse(place).ok());
        said.chain(self.asked_by_web_finger())
    }

    /// None for a client that registers itself: the provider learns of it from there. `public` makes the address of a path, and the
    /// settings' files are in `folder`.
    pub(super) fn client(
        &self,
        name: &str,
        public: impl Fn(&str) -> String,
        folder: &Path,
    ) -> Result<Option<ClientOfOurs>, Failure> {
        let Some(client_id) = self.client_id.clone() else { return Ok(None) };
        let ours = |path: &str| public(&format!("/auth/{path}"));
        Ok(Some(ClientOfOurs {
            client_id,
            client_secret: self.secret(name, folder)?,
            agreement: self.agreement.clone(),
            redirect_uri: match &self.redirect_path {
                Some(path) => public(path),
                None => ours(&format!("callback/{name}")),
            },
            post_logout_redirect_uri: ours("logged_out"),
            backchannel_logout_uri: ours(&format!("backchannel_logout/{name}")),
            frontchannel_logout_uri: ours(&format!("frontchannel_logout/{name}")),
            jwks_uri: ours(&format!("jwks/{name}")),
        }))
    }

    /// From where the library has it.
    fn secret(&self, name: &str, folder: &Path) -> Result<Option<Secret<String>>, Failure> {
        if let Some(path) = &self.client_secret_file {
            let text = fs::read_to_string(folder.join(path)).map_err(|error| {
                Failure::DemoTable(format!("provider.{name}.client_secret_file: the file cannot be read ({error})"))
            })?;
            return Ok(Some(Secret::from(text.trim_end_matches(['\r', '\n']))));
        }
        let variable = format!("VESTIBULE_{}_CLIENT_SECRET", name.replace('-', "_")).to_ascii_uppercase();
        let in_environment = || std::env::var(variable).ok().filter(|value| !value.is_empty()).map(Secret::new);
        Ok(self.client_secret.clone().or_else(in_environment))
    }

    /// On this machine it is plain http; where it is not, it is no provider of this process either way.
    fn asked_by_web_finger(&self) -> Option<Url> {
        let resource = WebFingerResource::parse(self.webfinger.as_deref()?).ok()?;
        let port = resource.port().map(|port| format!(":{port}")).unwrap_or_default();
        Url::parse(&format!("http://{}{port}", resource.host())).ok()
    }
}

impl Agreement {
    /// Whether the provider needs our public keys, for what we sign or for what it encrypts.
    pub(crate) fn needs_keys(&self) -> bool {
        let is_asymmetric = |name: &str| !name.starts_with("HS") && name != "none";
        let encrypted = [&self.id_token_encrypted_response_alg, &self.userinfo_encrypted_response_alg];
        self.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::PrivateKeyJwt)
            || self.request_object_signing_alg.as_deref().is_some_and(is_asymmetric)
            || encrypted.into_iter().flatten().any(|alg| !alg.is_symmetric())
    }
}

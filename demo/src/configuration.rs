//! What the demo is to be: from a settings file, or from the settings that it writes itself when there is none.

mod clients;
mod stores;

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::Url;
use vestibule::{Builder, SecretKey, Settings};

use self::clients::ProviderBeside;
pub(crate) use self::clients::{Agreement, ClientOfOurs};
use crate::{certificate::Certificate, failure::Failure};

/// The library's settings, and what the demo reads beside them.
#[derive(Debug)]
pub(crate) struct Configuration {
    settings: Settings,
    beside: Beside,
    demo: DemoTable,
    /// The settings file's, to which its paths are relative.
    folder: PathBuf,
    /// Whether the secret key may be one for this run only.
    may_forget_sessions: bool,
}

/// The demo's own table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoTable {
    listen: Option<SocketAddr>,
    embedded_provider: Option<SocketAddr>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

/// The library's settings that the demo needs to know too. The library has judged them by then.
#[derive(Deserialize)]
struct Beside {
    base_url: Url,
    after_logout: Option<String>,
    demo: Option<toml::Table>,
    #[serde(default)]
    provider: BTreeMap<String, ProviderBeside>,
}

/// Settings for the two addresses of this process.
fn settings_text(base_url: &str, issuer: &str) -> String {
    format!(
        r#"
        base_url = "{base_url}"
        after_logout = "/goodbye"

        [session]
        lifetime = "1d"
        idle = "8h"

        [sessions]
        store = "memory"

        [provider.demo]
        issuer = "{issuer}"
        client_id = "demo"
        client_secret = "a secret between the demo and its own provider"
        scope = "openid profile email"
        "#
    )
}

impl Configuration {
    /// From a file.
    pub(crate) fn from_file(path: &Path) -> Result<Self, Failure> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Failure::SettingsFile { path: path.to_owned(), source })?;
        let configuration = Self::from_toml(&text, path.parent().unwrap_or(Path::new("")))?;
        Ok(Self { settings: configuration.settings.kept_in(path), ..configuration })
    }

    /// For the application and the provider of this process alone.
    pub(crate) fn for_this_process(base_url: &str, issuer: &str) -> Result<Self, Failure> {
        let configuration = Self::from_toml(&settings_text(base_url, issuer), Path::new(""))?;
        Ok(Self { may_forget_sessions: true, ..configuration })
    }

    fn from_toml(text: &str, folder: &Path) -> Result<Self, Failure> {
        let settings = stores::known_to(Settings::from_toml_beside(text, &["demo"])?.relative_to(folder));
        // Says what is wrong with the library's part, in the library's words.
        drop(settings.builder().map_err(stores::wrong)?);
        // Never the error's own text: it quotes the file, and with it perhaps a secret.
        let mut beside: Beside =
            toml::from_str(text).map_err(|error| Failure::DemoTable(error.message().to_owned()))?;
        let demo = beside.demo.take().map(DemoTable::deserialize).transpose();
        let demo = demo.map_err(|error| Failure::DemoTable(format!("[demo]: {}", error.message())))?;
        let demo = demo.unwrap_or_default();
        Ok(Self { settings, beside, demo, folder: folder.to_owned(), may_forget_sessions: false })
    }

    /// The library's builder, with what the demo adds to any settings.
    pub(crate) fn builder(&self) -> Result<Builder, Failure> {
        let mut builder = self.settings.builder()?;
        if self.beside.after_logout.is_none() {
            builder = builder.after_logout("/goodbye");
        }
        if self.may_forget_sessions && std::env::var_os("VESTIBULE_SECRET_KEY").is_none() {
            builder = builder.secret_key(SecretKey::generate());
        }
        Ok(builder)
    }

    /// Where the file wants the application to listen.
    pub(crate) fn listen(&self) -> Option<SocketAddr> {
        self.demo.listen
    }

    /// Where the file wants a development provider to listen, if it wants one.
    pub(crate) fn embedded_provider(&self) -> Option<SocketAddr> {
        self.demo.embedded_provider
    }

    /// What the application shows to browsers that come by https, if the file wants that.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, Failure> {
        let alone = |missing: &str, given: &str| {
            Err(Failure::DemoTable(format!("demo.{missing}: it is not set, but demo.{given} is; give both or neither")))
        };
        let (certificate, key) = match (&self.demo.tls_certificate, &self.demo.tls_key) {
            (None, None) => return Ok(None),
            (Some(_), None) => return alone("tls_key", "tls_certificate"),
            (None, Some(_)) => return alone("tls_certificate", "tls_key"),
            (Some(certificate), Some(key)) => (self.folder.join(certificate), self.folder.join(key)),
        };
        if self.beside.base_url.scheme() != "https" {
            return Err(Failure::DemoTable(format!(
                "base_url = \"{}\": with demo.tls_certificate the application answers by https; write https:// there, or \
                 leave the certificate out",
                self.base_url()
            )));
        }
        Certificate::from_files(&certificate, &key).map(Some).map_err(|problem| Failure::DemoTable(problem.to_string()))
    }

    /// Refuses an https address that is the very port on which this process answers by plain http. Any other one may be a
    /// proxy's.
    pub(crate) fn check_served_by_http_at(&self, listen: SocketAddr) -> Result<(), Failure> {
        let base_url = &self.beside.base_url;
        let is_this_machine = match base_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if base_url.scheme() == "https" && is_this_machine && base_url.port_or_known_default() == Some(listen.port()) {
            return Err(Failure::DemoTable(format!(
                "base_url = \"{}\": the application answers by plain http there; give demo.tls_certificate and demo.tls_key, \
                 or write http://",
                self.base_url()
            )));
        }
        Ok(())
    }

    /// The public address of the application, without a slash at its end.
    pub(crate) fn base_url(&self) -> String {
        format!("{}{}", self.origin(), self.base_path())
    }

    /// Its scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        self.beside.base_url.origin().ascii_serialization()
    }

    /// The path of the public address, without a slash at its end.
    pub(crate) fn base_path(&self) -> &str {
        self.beside.base_url.path().trim_end_matches('/')
    }

    /// Where forms may lead over plain http, which is to say on this machine.
    pub(crate) fn http_places(&self) -> impl Iterator<Item = Url> {
        self.beside.provider.values().flat_map(ProviderBeside::places).filter(|place| place.scheme() == "http")
    }

    /// The providers with which another site may begin a login, each with the issuer that the settings say.
    pub(crate) fn initiable(&self) -> impl Iterator<Item = (&str, &str)> {
        let initiable = self.beside.provider.iter().filter(|(_, table)| table.lets_others_initiate_login());
        initiable.filter_map(|(name, table)| Some((name.as_str(), table.issuer()?)))
    }

    /// The clients with which the settings sign in at `issuer`.
    pub(crate) fn clients_at(&self, issuer: &str) -> Result<Vec<ClientOfOurs>, Failure> {
        let at_issuer = self.beside.provider.iter().filter(|(_, table)| table.is_at(issuer));
        let clients: Vec<_> = at_issuer
            .map(|(name, table)| table.client(name, |path| self.public(path), &self.folder))
            .collect::<Result<_, _>>()?;
        if clients.is_empty() {
            return Err(Failure::DemoTable(format!(
                "demo.embedded_provider: no provider has it as its issuer; write issuer = \"{issuer}\" into one of the \
                 [provider.NAME] tables"
            )));
        }
        Ok(clients.into_iter().flatten().collect())
    }

    /// The address of a path, which has that of the public address before it, or gets it.
    fn public(&self, path: &str) -> String {
        let is_below = path.strip_prefix(self.base_path()).is_some_and(|rest| rest.starts_with('/'));
        if is_below { format!("{}{path}", self.origin()) } else { format!("{}{path}", self.base_url()) }
    }
}

/// Without secrets.
impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<&String> = self.provider.keys().collect();
        f.debug_struct("Beside").field("base_url", &self.base_url.as_str()).field("provider", &providers).finish()
    }
}

#[cfg(test)]
pub(crate) mod tests;

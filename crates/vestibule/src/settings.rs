//! The same as the builder, from a file: TOML, with the specifications' wire names as keys.

mod agreement_table;
mod asking_table;
mod known_keys;
mod misplaced;
mod provider_table;
mod registration_table;
mod secret_places;
mod secrets;
mod sessions_table;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};
use toml::Table;
use vestibule_core::Secret;

use self::{
    provider_table::{Context, ProviderTable},
    secret_places::SecretPlaces,
    secrets::{Environment, secret},
    sessions_table::{Opener, SessionsTable},
};
use crate::{
    builder::Builder,
    config_error::ConfigError,
    registration_store::FileRegistrationStore,
    session::{SessionPolicy, seal::SecretKey},
    session_store::StoreByUrl,
    tokens::Tokens,
};

/// The settings of a [`Vestibule`](crate::Vestibule) as a file has them.
///
/// ```toml
/// base_url = "https://app.example.com"
/// secret_key_file = "secret_key"            # or secret_key, or the environment variable VESTIBULE_SECRET_KEY
/// previous_secret_key_file = "old_key"      # or previous_secret_key; optional: what it sealed still opens, while you rotate
/// path_prefix = "/auth"                     # optional: where our own routes are
/// refuse_cross_site_logins = false          # whether /auth/login refuses what another site links to
/// keep_fragments = false                    # whether people come back to the fragment that they opened too (/app#/inbox)
/// development = false                       # whether pages say what only developers should read; on loopback they do
/// trusted_ca = "ca.pem"                     # optional: trusted besides the platform's
/// outbound_allow = ["10.0.0.5:8443"]        # optional: may be connected to though an outsider names it (WebFinger)
/// after_logout = "/goodbye"                 # optional: the front page unless said
/// default_provider = "corp"                 # optional: with several providers, whom strangers are sent to
/// registration_directory = "registrations"  # optional: where self-registered clients are remembered, sealed
///
/// [session]                                 # optional
/// lifetime = "7d"                           # absolute; a number and s, m, h or d
/// idle = "12h"
/// until_browser_closes = false
/// silent_renewal = "15m"                    # optional: how often the provider is asked whether they are still signed in there
/// tokens = "keep"                           # or "id_token_only", or "discard": which tokens a session keeps
///
/// [sessions]                                # optional
/// store = "cookie"                          # where sessions live: whole in sealed cookies; in this process: "memory"; or in a store
///                                           # of its URL, such as "redis://..", "postgres://.." or "sqlite://..", see `with_store`;
///                                           # also store_file, or the environment variable VESTIBULE_SESSIONS_STORE
/// marks = "redis://127.0.0.1:6379"          # optional, for sessions in cookies: the store where all machines find which of them
///                                           # were ended; also marks_file, or VESTIBULE_SESSIONS_MARKS
/// timeout = "2s"                            # how long a store that machines share may take for an answer; 1s unless said. Ours
///                                           # give up by themselves after 2s
/// cache = "2s"                              # optional: for how long its answer is believed, at most 5s
///
/// [provider.corp]
/// issuer = "https://login.example.com"      # discovered; with a [provider.corp.metadata] table instead: described; or found by
///                                           # webfinger = "acct:joe@example.com"
/// client_id = "my-app"
/// client_secret_file = "client_secret"      # or client_secret, or VESTIBULE_CORP_CLIENT_SECRET; none: a public client
/// scope = "openid profile email"
/// userinfo = "get"                          # or "post", or "off"
/// redirect_path = "/redirect_uri"           # optional: "/auth/callback/corp" unless said
/// clock_skew = 60                           # seconds
/// refresh_token_reuse_grace = "60s"         # optional: as the provider is set to take a used refresh token again
/// require_logout_token_type = false         # whether its logout tokens must say typ: logout+jwt from the first one on
/// trusted_audiences = []
/// # tenants = ["72f988bf-86f1-41af-91ab-2d7cd011db47"]   # where the issuer stands for many, as Entra ID's organizations does
/// tls_client_certificate = "client.pem"     # optional: our certificate for this provider, and its key (RFC 8705)
/// tls_client_key = "client.key"
/// initiate_login = false                    # whether others may send people to /auth/initiate_login/corp to sign in
/// distributed_claims = false                # whether claims are fetched that are elsewhere (Core 5.6.2)
/// jwks_file = "keys.json"                   # optional: our own keys, a JWK Set of private ones; or made by us:
/// own_keys = false
/// own_keys_lifetime = "30d"                 # 2 to 400 days
/// request_object = "by_value"               # or "by_reference"; optional: where an algorithm is agreed on, as the provider takes it
/// # What every login asks for (Core 3.1.2.1), each optional:
/// response_type = "code"                    # or "id_token", "id_token token", "code id_token", ..
/// response_mode = "form_post"               # unless said, the response type's own
/// max_age = 3600                            # seconds since the person proved who they are
/// acr_values = ["phr"]                      # the preferred one first
/// essential_acr = ["phr"]                   # one of these, or no login
/// claims = { userinfo = { email = { essential = true } } }
/// resource = ["https://api.example.com"]    # what the access token is for (RFC 8707)
/// authorization_parameters = { ui_locales = "en" }
/// # What is agreed on with the provider (Registration 2), each optional. Of a client that registers itself it is asked for:
/// token_endpoint_auth_method = "client_secret_basic"
/// token_endpoint_auth_signing_alg = "ES256" # for private_key_jwt and client_secret_jwt
/// assertion_audience = "issuer"             # or "token_endpoint", for a given client
/// assertion_typ = "JWT"                     # or "client-authentication+jwt", for a given client
/// id_token_signed_response_alg = "RS256"
/// id_token_encrypted_response_alg = "ECDH-ES"
/// id_token_encrypted_response_enc = "A256GCM"
/// userinfo_signed_response_alg = "RS256"
/// userinfo_encrypted_response_alg = "ECDH-ES"
/// userinfo_encrypted_response_enc = "A256GCM"
/// request_object_signing_alg = "ES256"      # or "none", together with the last line
/// request_object_encryption_alg = "ECDH-ES"
/// request_object_encryption_enc = "A256GCM"
/// insecure_unsigned_request_objects = false
///
/// [provider.lab]                            # registers itself, in the place of a client_id
/// issuer = "https://lab.example.com"
/// [provider.lab.registration]
/// client_name = "Photo Album"               # the rest is optional
/// contacts = ["ops@example.com"]            # also client_uri, logo_uri, policy_uri, tos_uri; in French, client_name#fr
/// initial_access_token_file = "token"       # or initial_access_token, or VESTIBULE_LAB_INITIAL_ACCESS_TOKEN
/// application_type = "web"                  # or "native"
/// grant_types = ["refresh_token"]           # besides what the response type needs
/// redirect_uris = []                        # further ones, besides our own; likewise post_logout_redirect_uris
/// subject_type = "pairwise"                 # or "public"
/// sector_identifier_uri = "https://app.example.com/sector" # our own document, unless said, where one is needed
/// default_max_age = 3600                    # seconds
/// require_auth_time = false
/// default_acr_values = ["phr"]
/// require_signed_request_object = false
/// tls_client_auth_subject_dn = "CN=app"     # or tls_client_auth_san_dns, _uri, _ip or _email: one of them (RFC 8705 2.1.2)
/// tls_client_certificate_bound_access_tokens = false
/// software_id = "album"                     # also software_version, software_statement
/// ```
///
/// # Example
/// ```
/// use vestibule::Settings;
///
/// let vestibule = Settings::from_toml(r#"
///     base_url = "http://localhost:3000"
///     secret_key = "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM"
///     [provider.corp]
///     issuer = "http://127.0.0.1:3001"
///     client_id = "my-app"
/// "#)?.builder()?.build()?;
/// assert_eq!(vestibule.providers().collect::<Vec<_>>(), ["corp"]);
///
/// let error = Settings::from_toml("base_ulr = 'http://localhost:3000'").unwrap_err();
/// assert_eq!(error.to_string(), "base_ulr: there is no such setting; did you mean base_url?");
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Settings {
    file: File,
    folder: PathBuf,
    openers: Vec<Opener>,
    secrets: SecretPlaces,
}

/// The file's top level. Secrets are [`Secret`]s from the first moment.
#[derive(Debug, Deserialize)]
struct File {
    base_url: Option<String>,
    secret_key: Option<Secret<String>>,
    secret_key_file: Option<PathBuf>,
    previous_secret_key: Option<Secret<String>>,
    previous_secret_key_file: Option<PathBuf>,
    path_prefix: Option<String>,
    #[serde(default)]
    refuse_cross_site_logins: bool,
    #[serde(default)]
    keep_fragments: bool,
    #[serde(default)]
    development: bool,
    trusted_ca: Option<PathBuf>,
    #[serde(default)]
    outbound_allow: Vec<String>,
    after_logout: Option<String>,
    default_provider: Option<String>,
    registration_directory: Option<PathBuf>,
    session: Option<SessionTable>,
    #[serde(default)]
    sessions: SessionsTable,
    #[serde(default)]
    provider: BTreeMap<String, ProviderTable>,
}

#[derive(Debug, Deserialize)]
struct SessionTable {
    lifetime: Option<Span>,
    idle: Option<Span>,
    #[serde(default)]
    until_browser_closes: bool,
    silent_renewal: Option<Span>,
    #[serde(default)]
    tokens: Tokens,
}

impl Settings {
    /// Reads settings from the text of a TOML file. Paths in it are relative to the working directory.
    ///
    /// # Errors
    /// [`ConfigError`] when the text is not TOML, or names a setting that does not exist (with the nearest one that does).
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_toml_beside(text, &[])
    }

    /// Reads settings from a file that the application uses for itself too: its own top-level keys are `others`.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_toml_beside(text: &str, others: &[&str]) -> Result<Self, ConfigError> {
        // The parser's snippet would print the line, and with it perhaps a secret: its message alone is enough.
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).lines().count().max(1));
            ConfigError::new(
                "settings",
                format!("line {line} is not TOML: {}", error.message().lines().next().unwrap_or("")),
            )
        })?;
        table.retain(|key, _| !others.contains(&key));
        known_keys::check(&table)?;
        let file = known_keys::read(&table)?;
        Ok(Self { file, folder: PathBuf::new(), openers: Vec::new(), secrets: SecretPlaces::of(&table) })
    }

    /// Reads a settings file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read, and as [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::new("settings", format!("cannot be read: {error}")).value(path.display()))?;
        Ok(Self::from_toml(&text)?.relative_to(path.parent().unwrap_or(Path::new(""))).kept_in(path))
    }

    /// Paths in the settings are relative to this folder.
    #[must_use]
    pub fn relative_to(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ..self }
    }

    /// Makes the URLs of a store known to `[sessions]`, such as those of Redis, PostgreSQL or SQLite, which have crates of their own.
    ///
    /// Building touches no network, so whether the store can do its work shows with [`Vestibule::check_store`](crate::Vestibule::check_store)
    /// or [`ready`](crate::Vestibule::ready), or else with the first question.
    ///
    /// # Example
    /// ```
    /// use vestibule::{Settings, StoreByUrl, Vestibule};
    ///
    /// /// With `S` as the `RedisStore` of the crate `vestibule-redis`.
    /// async fn vestibule<S: StoreByUrl>() -> Result<Vestibule, Box<dyn std::error::Error>> {
    ///     let vestibule = Settings::from_file("settings.toml")?.with_store::<S>().builder()?.build()?;
    ///     // A store that is merely down comes back by itself; a wrong password or a server that forgets does not.
    ///     vestibule.check_store().await.or_else(|error| if error.is_transient() { Ok(()) } else { Err(error) })?;
    ///     Ok(vestibule)
    /// }
    /// ```
    #[must_use]
    pub fn with_store<S: StoreByUrl>(mut self) -> Self {
        self.openers.push(Opener::of::<S>());
        self
    }

    /// A builder with all of these settings: add what only code can say, such as an error view, and build.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that is missing or cannot be used, and the remedy.
    pub fn builder(&self) -> Result<Builder, ConfigError> {
        self.builder_in(&|name| std::env::var(name).ok())
    }

    fn builder_in(&self, environment: Environment<'_>) -> Result<Builder, ConfigError> {
        let file = &self.file;
        let base_url = file.base_url.as_deref().ok_or_else(|| {
            ConfigError::new("base_url", "it is not set")
                .remedy("give the address that people type, such as \"https://app.example.com\"")
        })?;
        let mut builder = Builder::new(base_url.to_owned())
            .session(file.session.as_ref().map_or_else(SessionPolicy::default, SessionTable::policy))
            .tokens(file.session.as_ref().map_or_else(Tokens::default, |table| table.tokens));
        builder = builder.secrets_open_to_others(self.secrets.open_to_others(&self.folder));
        builder = file.sessions.apply(builder, &self.openers, &self.folder, environment)?;
        if let Some(key) =
            self.secret_key("secret_key", file.secret_key.as_ref(), file.secret_key_file.as_deref(), environment)?
        {
            builder = builder.secret_key(key);
        }
        let (previous, previous_file) = (file.previous_secret_key.as_ref(), file.previous_secret_key_file.as_deref());
        if let Some(key) = self.secret_key("previous_secret_key", previous, previous_file, environment)? {
            builder = builder.previous_secret_key(key);
        }
        if file.refuse_cross_site_logins {
            builder = builder.refuse_cross_site_logins();
        }
        if file.keep_fragments {
            builder = builder.keep_fragments();
        }
        if file.development {
            builder = builder.development();
        }
        if let Some(prefix) = &file.path_prefix {
            builder = builder.path_prefix(prefix);
        }
        if let Some(path) = &file.trusted_ca {
            builder = builder.trusted_ca(self.read("trusted_ca", path)?);
        }
        builder = builder.outbound_allow(&file.outbound_allow);
        if let Some(path) = &file.after_logout {
            builder = builder.after_logout(path);
        }
        if let Some(path) = &file.registration_directory {
            builder = builder.registrations(FileRegistrationStore::new(self.folder.join(path))?);
        }
        if let Some(name) = &file.default_provider {
            builder = builder.default_provider(name);
        }
        for (name, table) in &file.provider {
            let context = Context { name, folder: &self.folder, environment };
            builder = builder.provider(name, table.provider(context)?);
        }
        Ok(builder)
    }

    fn secret_key(
        &self,
        setting: &str,
        given: Option<&Secret<String>>,
        file: Option<&Path>,
        environment: Environment<'_>,
    ) -> Result<Option<SecretKey>, ConfigError> {
        let variable = format!("VESTIBULE_{}", setting.to_ascii_uppercase());
        let file = file.map(|path| self.folder.join(path));
        let key = secret(setting, given, file.as_deref(), &variable, environment)?;
        key.map(|key| SecretKey::from_base64url(key.expose()).map_err(|error| error.named(setting))).transpose()
    }

    fn read(&self, setting: &str, path: &Path) -> Result<Vec<u8>, ConfigError> {
        read(setting, &self.folder.join(path))
    }
}

/// The bytes of a file that a setting names.
fn read(setting: &str, path: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(path).map_err(|error| ConfigError::new(setting, format!("cannot be read: {error}")).value(path.display()))
}

impl SessionTable {
    fn policy(&self) -> SessionPolicy {
        let policy =
            if self.until_browser_closes { SessionPolicy::until_browser_closes() } else { SessionPolicy::default() };
        let policy = self.lifetime.map_or(policy.clone(), |lifetime| policy.at_most(lifetime.0));
        let policy = self.idle.map_or(policy.clone(), |idle| policy.idle(idle.0));
        self.silent_renewal.map_or(policy.clone(), |every| policy.silent_renewal(every.0))
    }
}

/// A duration such as `90s`, `30m`, `12h` or `7d`.
#[derive(Clone, Copy)]
struct Span(Duration);

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(number, unit)| {
            let unit = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 24 * 3600,
                _ => return None,
            };
            number.parse::<u64>().ok()?.checked_mul(unit)
        });
        seconds
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(|| de::Error::custom("a duration is a number and s, m, h or d, such as \"12h\""))
    }
}

#[cfg(test)]
mod tests;

//! What is checked before anybody knocks, setting by setting.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    base_url::BaseUrl,
    config_error::ConfigError,
    door::Stage,
    paths::{Paths, check_path},
    provider::{Addresses, ConnectedProvider, Provider},
    return_address::ReturnAddress,
    session::{keeping::Keeping, seal::SecretKey},
    session_store::{MemoryStore, Reach, SessionStore},
};

pub(super) fn parse_after_logout(base: &BaseUrl, path: Option<&str>) -> Result<ReturnAddress, ConfigError> {
    let Some(path) = path else { return Ok(ReturnAddress::home(base)) };
    let address =
        path.starts_with('/').then(|| ReturnAddress::parse(base, &format!("{}{path}", base.path()))).flatten();
    address.ok_or_else(|| {
        ConfigError::new("after_logout", "it is not a path of this application")
            .value(path)
            .remedy("write for example \"/goodbye\"")
    })
}

pub(super) fn check_secret_keys(keys: &[SecretKey], base: &BaseUrl) -> Result<(), ConfigError> {
    if keys.is_empty() {
        return Err(ConfigError::new("secret_key", "it is not set").remedy(
            "give .secret_key(SecretKey::from_env(\"SECRET_KEY\")?), or with a settings file secret_key, secret_key_file or the \
             environment variable VESTIBULE_SECRET_KEY: 32 random bytes in base64url, the same on every machine",
        ));
    }
    // Whoever reads the documentation could sign in as anybody. On this machine alone it may be handy.
    if !base.is_loopback() && keys.iter().any(SecretKey::is_of_the_documentation) {
        return Err(ConfigError::new("secret_key", "it is an example, which everybody knows").remedy(
            "give 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url | tr -d =` prints them",
        ));
    }
    if keys.iter().enumerate().any(|(at, key)| keys.iter().take(at).any(|earlier| earlier.is(key))) {
        return Err(ConfigError::new("previous_secret_key", "it is the same as another of the keys")
            .remedy("give a new secret_key and the one from before it, or leave the one from before out"));
    }
    Ok(())
}

/// Where sessions are kept. Sealed cookies need a place for what outlives them: one in memory unless there is another.
pub(super) fn keeping(
    sessions: Option<Arc<dyn SessionStore>>,
    marks: Option<Arc<dyn SessionStore>>,
) -> Result<Keeping, ConfigError> {
    match (sessions, marks) {
        (Some(_), Some(_)) => {
            Err(ConfigError::new("sessions.marks", "sessions that a store keeps have their marks there too")
                .remedy("give either .sessions(..), or .marks(..) for sessions in sealed cookies"))
        }
        (Some(store), None) => Ok(Keeping::Store(store)),
        (None, marks) => {
            let marks = marks.unwrap_or_else(|| Arc::new(MemoryStore::new()));
            if marks.reach() == Reach::Process {
                tracing::info!(target: "vestibule::session",
                    "sessions are in sealed cookies: a logout by the provider, or of all sessions of a person, holds in this process until it ends; give .marks(..) or .sessions(..) a store for more");
            }
            Ok(Keeping::Cookies(marks))
        }
    }
}

/// What only other machines would miss, said once at start.
pub(super) fn say_what_this_process_alone_knows(
    providers: &BTreeMap<String, Arc<ConnectedProvider>>,
    store: &dyn SessionStore,
) {
    if store.reach() == Reach::Process {
        for provider in providers.values().filter(|provider| provider.keeps_what_others_fetch()) {
            tracing::info!(target: "vestibule::provider", provider = provider.name(),
                "keys that we make, and request objects that the provider fetches, are known to this process until it ends; give .sessions(..) or .marks(..) a store for more, or give keys");
        }
    }
    for provider in providers.values().filter(|provider| provider.registers_anew_each_time()) {
        tracing::info!(target: "vestibule::provider", provider = provider.name(),
            "the client that registers itself is known to this process until it ends: every start, and every machine, registers one of its own; give .registrations(..), or .sessions(..) or .marks(..) a store that all machines share");
    }
}

pub(super) fn check_providers(
    providers: &[(String, Provider)],
    base: &BaseUrl,
    paths: &Paths,
) -> Result<(), ConfigError> {
    if providers.is_empty() {
        return Err(ConfigError::new("provider", "there is none to sign in with")
            .remedy("give .provider(\"corp\", Provider::discovered(..)?)"));
    }
    for (at, (name, provider)) in providers.iter().enumerate() {
        let refuse = |problem: &str| ConfigError::new("provider", problem).value(name).remedy("choose another name");
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            return Err(refuse("a name has 1 to 64 letters, digits, '-' and '_'"));
        }
        if providers.iter().take(at).any(|(other, _)| other == name) {
            return Err(refuse("two providers have this name"));
        }
        provider.check(name, &Addresses::new(base, paths, name, provider))?;
        check_redirect_path(name, provider, providers.iter().take(at).map(|(_, other)| other), paths)?;
    }
    Ok(())
}

fn check_redirect_path<'a>(
    name: &str,
    provider: &Provider,
    mut earlier: impl Iterator<Item = &'a Provider>,
    paths: &Paths,
) -> Result<(), ConfigError> {
    let Some(path) = provider.own_redirect_path() else { return Ok(()) };
    let setting = format!("provider.{name}.redirect_path");
    check_path(&setting, path)?;
    let refuse = |problem: &str| ConfigError::new(setting.as_str(), problem).value(path).remedy("choose another path");
    if paths.is_our_route(path) {
        return Err(refuse("it lies among our own routes"));
    }
    // V20: one provider's code must not arrive where another's is expected.
    if earlier.any(|other| other.own_redirect_path() == Some(path)) {
        return Err(refuse("two providers have this redirect path"));
    }
    Ok(())
}

pub(super) fn default_provider(
    providers: &BTreeMap<String, Arc<ConnectedProvider>>,
    name: Option<&str>,
) -> Result<Option<Arc<ConnectedProvider>>, ConfigError> {
    match name {
        Some(name) => providers.get(name).cloned().map(Some).ok_or_else(|| {
            ConfigError::new("default_provider", "no provider has this name")
                .value(name)
                .remedy("name one of those that were given")
        }),
        None if providers.len() == 1 => Ok(providers.values().next().cloned()),
        None => Ok(None),
    }
}

/// Who sees our pages.
pub(super) fn stage(wanted: Stage, base: &BaseUrl) -> Stage {
    if base.is_loopback() {
        return Stage::Development;
    }
    if wanted == Stage::Development {
        tracing::warn!(target: "vestibule::login", base_url = base.as_str(),
            "development mode is on though the base URL is not on loopback: everybody who signs in sees details of this installation");
    }
    wanted
}

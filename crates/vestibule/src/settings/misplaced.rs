//! Settings that stand below the wrong heading: in TOML what follows a heading is in its table, and some tables take any name.

use toml::{Table, Value};

use super::{
    agreement_table::AgreementTable,
    asking_table::AskingTable,
    known_keys::{PROVIDER, TOP},
    registration_table::RegistrationTable,
};
use crate::config_error::ConfigError;

/// Where a setting belongs.
enum Place {
    Provider,
    Top,
}

/// Refuses the first setting of a provider, or of the file, that stands in a table of the provider `name` that would take it for its
/// own: provider metadata may have members that nobody here knows (Discovery 3), a login may be asked for with any parameter.
pub(super) fn check(name: &str, provider: &Table) -> Result<(), ConfigError> {
    // What these tables have under the same name themselves.
    let tables: [(&[&str], &[&str]); 7] = [
        (&["metadata"], &["issuer"]),
        (&["metadata", "mtls_endpoint_aliases"], &[]),
        (&["registration"], &RegistrationTable::KEYS),
        (&["authorization_parameters"], &AskingTable::KEYS),
        (&["claims"], &["userinfo"]),
        (&["claims", "userinfo"], &AskingTable::KEYS),
        (&["claims", "id_token"], &AskingTable::KEYS),
    ];
    for (path, own) in tables {
        let Some(table) = at(provider, path) else { continue };
        let mut others = table.keys().filter(|key| !own.contains(&key.as_str()));
        let Some((key, place)) = others.find_map(|key| Some((key, belongs(key)?))) else { continue };
        let heading = format!("provider.{name}.{}", path.join("."));
        let place = match place {
            Place::Provider => format!("[provider.{name}]"),
            Place::Top => "the top of the file".to_owned(),
        };
        return Err(ConfigError::new(
            format!("{heading}.{key}"),
            format!("it stands in [{heading}] and belongs to {place}"),
        )
        .remedy(format!("what follows a heading is below it: move it up, before [{heading}]")));
    }
    Ok(())
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter().try_fold(table, |table, key| table.get(*key).and_then(Value::as_table))
}

fn belongs(key: &str) -> Option<Place> {
    // A table of the file is no single setting: a vendor's metadata may well have one of that name.
    let is_table = ["session", "sessions", "provider"].contains(&key);
    if [&PROVIDER[..], &AskingTable::KEYS, &AgreementTable::KEYS].iter().any(|keys| keys.contains(&key)) {
        Some(Place::Provider)
    } else {
        (TOP.contains(&key) && !is_table).then_some(Place::Top)
    }
}

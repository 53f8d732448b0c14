//! Whoever reads the documentation of the settings finds every one of them.

use crate::settings::{
    agreement_table::AgreementTable, asking_table::AskingTable, known_keys, registration_table::RegistrationTable,
    sessions_table::SessionsTable,
};

/// The lines of the file's own documentation.
fn documentation() -> String {
    let lines = include_str!("../../settings.rs").lines();
    lines.skip_while(|line| *line != "/// ```toml").take_while(|line| *line != "/// ```").collect::<Vec<_>>().join("\n")
}

#[test]
fn every_setting_is_documented() {
    let documentation = documentation();
    let words: Vec<_> = documentation.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let known = [
        known_keys::TOP.as_slice(),
        &known_keys::SESSION,
        &SessionsTable::KEYS,
        &known_keys::PROVIDER,
        &AskingTable::KEYS,
        &AgreementTable::KEYS,
        &RegistrationTable::KEYS,
    ];
    for key in known.concat() {
        // Those of a family are written by their endings.
        let ending = key.strip_prefix("tls_client_auth_san").unwrap_or(key);
        assert!(words.contains(&key) || words.contains(&ending), "{key}");
    }
}

//! `[sessions]`: stores by their URLs, from the file, from files of their own, and from the environment.

use std::fs;

use super::*;
use crate::{
    session_store::{MemoryStore, StoreByUrl},
    store::StoreError,
};

/// Stands for a store of another crate.
impl StoreByUrl for MemoryStore {
    const SCHEMES: &'static [&'static str] = &["test", "tests"];

    fn from_url(url: &str) -> Result<Self, StoreError> {
        let is_known = url == "test://user:hush@here" || url == "tests:here";
        if is_known { Ok(Self::new()) } else { Err(StoreError::permanent("there is no such place")) }
    }
}

const HERE: &str = "test://user:hush@here";

/// What comes of a `[sessions]` table, in this folder and environment.
fn sessions(table: &str, folder: &str, variable: Option<(&str, &str)>) -> Result<&'static str, String> {
    let environment = |name: &str| variable.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    let settings = Settings::from_toml(&corp(&format!("[sessions]\n{table}"))).map_err(|error| error.to_string())?;
    let settings = settings.relative_to(folder).with_store::<MemoryStore>();
    let built = settings.builder_in(&environment).and_then(Builder::build).map_err(|error| error.to_string())?;
    Ok(match &built.door().keeping {
        Keeping::Cookies(_) => "cookies",
        Keeping::Store(_) => "store",
    })
}

fn said(table: &str) -> String {
    sessions(table, "", None).expect_err(table)
}

#[test]
fn a_store_is_named_by_its_url() {
    assert_eq!(sessions(&format!("store = \"{HERE}\""), "", None), Ok("store"));
    assert_eq!(sessions("store = \"tests:here\"", "", None), Ok("store"));
    assert_eq!(sessions(&format!("store = \" {HERE} \""), "", None), Ok("store"));
    assert_eq!(sessions(&format!("marks = \"{HERE}\""), "", None), Ok("cookies"));
    assert_eq!(sessions(&format!("store = \"cookie\"\nmarks = \"{HERE}\""), "", None), Ok("cookies"));
}

#[test]
fn the_url_may_come_from_a_file_or_from_the_environment() {
    let folder = std::env::temp_dir().join(format!("vestibule-settings-stores-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("url"), format!("{HERE}\n")).expect("written");
    let in_folder = folder.to_string_lossy();
    for (setting, expected) in [("store", "store"), ("marks", "cookies")] {
        assert_eq!(sessions(&format!("{setting}_file = \"url\""), &in_folder, None), Ok(expected));
        let variable = format!("VESTIBULE_SESSIONS_{}", setting.to_uppercase());
        assert_eq!(sessions("", "", Some((&variable, HERE))), Ok(expected));
        let wrong = sessions("", "", Some((&variable, "elsewhere"))).expect_err("no URL");
        assert!(wrong.starts_with(&format!("sessions.{setting} = 'elsewhere': it must be ")), "{wrong}");
        let twice = sessions(&format!("{setting} = \"{HERE}\"\n{setting}_file = \"url\""), &in_folder, None);
        let expected = format!("sessions.{setting}: both sessions.{setting} and sessions.{setting}_file are set");
        assert!(twice.as_ref().is_err_and(|error| error.starts_with(&expected)), "{twice:?}");
    }
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn what_is_no_store_is_refused_with_what_it_should_be() {
    for (table, expected) in [
        (
            "store = \"redis\"",
            "sessions.store = 'redis': it must be `cookie`, `memory`, or the URL of a store, such as redis://127.0.0.1:6379, without quotes",
        ),
        (
            "marks = \"memory\"",
            "sessions.marks = 'memory': it must be the URL of a store, such as redis://127.0.0.1:6379, without quotes",
        ),
        (
            "store = \"mysql://a:hush@b\"",
            "sessions.store: this application knows no store for mysql URLs; known are test, tests",
        ),
        (
            "store = \"redis://a:hush@b\"",
            "sessions.store: this application knows no store for redis URLs; read the settings with \
             `.with_store::<vestibule_redis::RedisStore>()`",
        ),
        (
            "marks = \"postgresql://a:hush@b\"",
            "sessions.marks: this application knows no store for postgresql URLs; read the settings with \
             `.with_store::<vestibule_sql::PostgresStore>()`",
        ),
        ("store = \"test://a:hush@b\"", "sessions.store: this test URL cannot be used: there is no such place"),
        (
            "marks = \"'test://a:hush@b'\"",
            "sessions.marks: it must be the URL of a store, such as redis://127.0.0.1:6379, without quotes",
        ),
        (
            "marks = \":hush@b\"",
            "sessions.marks: it must be the URL of a store, such as redis://127.0.0.1:6379, without quotes",
        ),
        ("store = 5", "sessions.store: it must be a string"),
    ] {
        assert_eq!(said(table), expected);
    }
}

/// A store that keeps sessions keeps their marks: a second place for them would be asked in vain.
#[test]
fn marks_beside_a_store_of_sessions_are_refused() {
    for store in ["memory", HERE] {
        let said = said(&format!("store = \"{store}\"\nmarks = \"{HERE}\""));
        assert!(said.starts_with("sessions.marks: "), "{said}");
        assert!(said.contains("give either .sessions(..), or .marks(..)"), "{said}");
    }
}

/// V69
#[test]
fn no_url_is_printed() {
    let text = corp(&format!("[sessions]\nstore = \"{HERE}\""));
    let settings = Settings::from_toml(&text).expect("readable").with_store::<MemoryStore>();
    let printed = format!("{settings:?}");
    assert!(!printed.contains("hush") && !printed.contains("here"), "{printed}");
}

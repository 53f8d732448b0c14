//! Files with secrets in them that others than their owner can read.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::*;

/// A folder of this test's own with a settings file in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vestibule-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn has(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own");
        path
    }

    fn open(&self, settings: &str, mode: u32) -> Vec<PathBuf> {
        let path = self.has("settings.toml", settings, mode);
        let settings = Settings::from_file(path).expect("settings");
        settings.secrets.open_to_others(&settings.folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_settings_file_with_a_secret_in_it_is_for_its_owner_alone() {
    let folder = Folder::new("open-settings");
    let settings = folder.0.join("settings.toml");
    for text in [
        "secret_key = 'a'",
        "previous_secret_key = 'a'",
        "[provider.corp]\nclient_secret = 'a'",
        "[provider.corp.registration]\nclient_name = 'a'\ninitial_access_token = 'a'",
        "[sessions]\nstore = 'redis://:word@127.0.0.1'",
    ] {
        for mode in [0o640, 0o604, 0o644, 0o666] {
            assert_eq!(folder.open(text, mode), std::slice::from_ref(&settings), "{mode:o}: {text}");
        }
        assert_eq!(folder.open(text, 0o600), [] as [PathBuf; 0], "{text}");
    }
    for text in ["base_url = 'a'", "[sessions]\nstore = 'redis://127.0.0.1'", "[provider.corp]\nclient_id = 'a'"] {
        assert_eq!(folder.open(text, 0o644), [] as [PathBuf; 0], "{text}: there is nothing to hide");
    }
}

#[test]
fn a_secret_in_a_file_of_its_own_is_too() {
    let folder = Folder::new("open-secrets");
    let (open, closed) = (folder.has("open", "a", 0o444), folder.has("closed", "a", 0o400));
    for text in [
        "secret_key_file = 'FILE'",
        "previous_secret_key_file = 'FILE'",
        "[provider.corp]\nclient_secret_file = 'FILE'",
        "[provider.corp]\njwks_file = 'FILE'",
        "[provider.corp]\ntls_client_key = 'FILE'",
        "[provider.corp.registration]\nclient_name = 'a'\ninitial_access_token_file = 'FILE'",
        "[sessions]\nstore_file = 'FILE'",
        "[sessions]\nmarks_file = 'FILE'",
    ] {
        assert_eq!(folder.open(&text.replace("FILE", "open"), 0o644), std::slice::from_ref(&open), "{text}");
        assert_eq!(folder.open(&text.replace("FILE", "closed"), 0o644), [] as [PathBuf; 0], "{text} {closed:?}");
        assert_eq!(folder.open(&text.replace("FILE", "missing"), 0o644), [] as [PathBuf; 0], "{text}");
    }
}

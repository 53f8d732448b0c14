//! Files with secrets in them that others than their owner can read: said at start and by an examination, and never an error.

use std::{fs, os::unix::fs::PermissionsExt};

use vestibule::{
    Settings,
    examination::{Code, Severity},
};

use crate::{
    bench::{assert_found, assert_not_found},
    house::log::{self, Log},
};

const SETTINGS: &str = "base_url = 'http://localhost:3000'\nsecret_key = 'YSBrZXkgb2YgdGhlIHRlc3RzIG9mIDMyIGJ5dGVzISE'\n\
    [provider.corp]\nissuer = 'http://127.0.0.1:9'\nclient_id = 'my-app'\nclient_secret = 'canary'\n";

#[tokio::test]
async fn a_settings_file_that_others_can_read_is_said_once_at_start_and_by_the_doctor() {
    log::install();
    let path = std::env::temp_dir().join(format!("vestibule-examined-{}.toml", std::process::id()));
    for (mode, is_open) in [(0o644, true), (0o600, false)] {
        fs::write(&path, SETTINGS).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own");
        let (log, _listening) = Log::listen();
        let built = Settings::from_file(&path).and_then(|settings| settings.builder()?.build()).expect("no error");
        let lines = log.lines();
        let warned = lines.iter().filter(|line| line.contains("others than their owner can read")).count();
        assert_eq!(warned, usize::from(is_open), "{mode:o}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains("canary")), "{lines:?}");
        let findings = built.examine().await.findings().to_vec();
        if is_open {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            assert!(
                lines.iter().any(|line| line.starts_with("WARN ") && line.contains(name) && line.contains("chmod 600"))
            );
            assert_found(&findings, Code::SecretsReadable, name);
        } else {
            assert_not_found(&findings, Code::SecretsReadable);
        }
    }
    assert_eq!(Code::SecretsReadable.severity(), Severity::Advice, "a container mounts secrets so");
    drop(fs::remove_file(&path));
}

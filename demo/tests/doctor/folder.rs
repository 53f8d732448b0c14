//! The doctor as a process, with a settings file.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder with a settings file; gone when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(settings: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("doctor-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        let file = path.join("settings.toml");
        fs::write(&file, settings).expect("a file");
        // It has secrets in it, and somebody who knows what they do gives it to nobody else.
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a file of ours");
        Self(path)
    }

    /// The doctor with these settings.
    pub(crate) fn doctor(&self, options: &[&str]) -> Command {
        let mut command = doctor(options);
        command.arg("--settings").arg(self.0.join("settings.toml"));
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The doctor, with nothing of the environment that would change what it says.
pub(crate) fn doctor(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.arg("doctor").args(options).stdin(Stdio::null());
    for variable in ["RUST_LOG", "NO_COLOR", "VESTIBULE_SECRET_KEY", "VESTIBULE_CORP_CLIENT_SECRET"] {
        command.env_remove(variable);
    }
    command
}

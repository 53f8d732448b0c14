//! The demo, as its own process.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

use crate::{Failure, folder::Folder, process::Process};

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    process: Process,
    address: String,
    issuer: Option<String>,
}

/// Where a demo is going to be, for settings that have to say so beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The port of the application.
    pub port: u16,
    /// The port of its own provider, if it is to have one.
    pub provider_port: u16,
}

impl Demo {
    /// As `cargo run` starts it, on free ports.
    ///
    /// # Errors
    /// When it cannot be built or does not start.
    pub fn start() -> Result<Self, Failure> {
        at_a_free_place(|place| {
            let (listen, provider) =
                (format!("127.0.0.1:{}", place.port), format!("127.0.0.1:{}", place.provider_port));
            Self::with_arguments(&["--listen", &listen, "--provider-listen", &provider])
        })
    }

    /// With a settings file in this folder.
    ///
    /// # Errors
    /// When it cannot be built or does not start.
    pub fn with_settings(folder: &Folder, settings: &str) -> Result<Self, Failure> {
        let file = folder.path().join("settings.toml");
        fs::write(&file, settings)?;
        Self::with_arguments(&["--settings", &file.to_string_lossy()])
    }

    /// With one provider table for each way of signing in, as `demo/settings.profiles.toml` has them, on free ports.
    ///
    /// # Errors
    /// When it cannot be built or does not start.
    pub fn with_profiles() -> Result<Self, Failure> {
        let folder = Folder::new()?;
        at_a_free_place(|Place { port, provider_port }| {
            let settings = include_str!("../../demo/settings.profiles.toml")
                .replace("localhost:3000", &format!("localhost:{port}"))
                .replace("127.0.0.1:3000", &format!("127.0.0.1:{port}"))
                .replace("127.0.0.1:3001", &format!("127.0.0.1:{provider_port}"));
            Self::with_settings(&folder, &format!("secret_key = \"{}\"\n{settings}", "Q".repeat(43)))
        })
    }

    /// With these arguments.
    ///
    /// # Errors
    /// When it cannot be built or does not start.
    pub fn with_arguments(arguments: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new(BINARY.as_ref().map_err(Clone::clone)?);
        let mut process = Process::start(command.args(arguments).env("RUST_LOG", "info"))?;
        let after = |line: &str, label: &str| Some(line.trim().strip_prefix(label)?.trim().to_owned());
        let address = process.wait_for("its address", |line| after(line, "application "))?;
        process.wait_for("that it is ready", |line| line.contains("Ctrl-C ends it").then_some(()))?;
        let issuer = process.said().iter().find_map(|line| after(line, "development provider "));
        Ok(Self { process, address, issuer })
    }

    /// The public address of a page, such as `/profile`.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Where it listens, behind a proxy.
    ///
    /// # Errors
    /// When it stands behind none.
    pub fn served_from(&self) -> Result<SocketAddr, Failure> {
        let said = self.process.said();
        let address = said.iter().find_map(|line| line.trim().strip_prefix("served from"));
        Ok(address.ok_or("the demo is served from its public address")?.trim().parse()?)
    }

    /// The address of its own provider.
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or("no provider of its own")
    }

    /// What it logged so far.
    pub fn log(&self) -> Vec<String> {
        self.process.said()
    }
}

/// Tries with free ports. Somebody else may take a port between the look and the start; then with others.
///
/// # Errors
/// What the last try said.
pub fn at_a_free_place<T>(mut start: impl FnMut(Place) -> Result<T, Failure>) -> Result<T, Failure> {
    let mut failure: Failure = "no free port".into();
    for _ in 0..5 {
        let listeners = (TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
        let place = Place { port: listeners.0.local_addr()?.port(), provider_port: listeners.1.local_addr()?.port() };
        drop(listeners);
        match start(place) {
            Err(taken) if says_that_it_is_taken(&taken) => failure = taken,
            started_or_not => return started_or_not,
        }
    }
    Err(failure)
}

/// In the demo's words, and in those of nginx and Caddy.
fn says_that_it_is_taken(failure: &Failure) -> bool {
    let said = failure.to_string();
    ["address in use", "ddress already in use"].iter().any(|words| said.contains(words))
}

/// Built once for all tests of a run, unless `VESTIBULE_DEMO` says where it is.
static BINARY: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| match env::var_os("VESTIBULE_DEMO") {
    Some(path) => Ok(path.into()),
    None => build().map_err(|failure| failure.to_string()),
});

fn build() -> Result<PathBuf, Failure> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--locked", "--package", "demo", "--features", "redis,sql"])
        .args(["--message-format", "json", "--manifest-path"])
        .arg(manifest)
        .output()?;
    if !output.status.success() {
        return Err(format!("the demo cannot be built: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let messages = String::from_utf8(output.stdout)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .ok_or_else(|| "cargo built the demo and does not say where it is".into())
}

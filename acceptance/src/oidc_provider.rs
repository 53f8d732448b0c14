//! The npm package oidc-provider: an OpenID Provider that nobody here wrote.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{Failure, parts, process::Process, wait::DEADLINE};

/// A running oidc-provider.
#[derive(Debug)]
pub struct OidcProvider {
    process: Process,
    issuer: String,
    marks: AtomicUsize,
}

impl OidcProvider {
    /// With these clients, and with a token that it demands of those who register, if there is one. `None` on a machine
    /// without it.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start(clients: &Value, initial_access_token: Option<&str>) -> Result<Option<Self>, Failure> {
        let Some(node) = parts::program(&["node", "nodejs"])? else { return Ok(None) };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc-provider");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            return parts::missing("oidc-provider (npm ci in acceptance/oidc-provider)").map(|()| None);
        }
        let told = serde_json::json!({"clients": clients, "initialAccessToken": initial_access_token});
        let mut process = Process::start(Command::new(node).arg(folder.join("server.mjs")).arg(told.to_string()))?;
        let issuer = process.wait_for("its issuer", |line| Some(line.strip_prefix("issuer ")?.to_owned()))?;
        Ok(Some(Self { process, issuer, marks: AtomicUsize::new(0) }))
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it was asked, in order: `METHOD path SCHEME status`, where the scheme is the Authorization header's, or `none`; and
    /// `request of N` or `id_token_hint of N` behind it, where a JWT of so many parts came along.
    pub fn asked(&self) -> Vec<String> {
        self.lines("asked ")
    }

    /// What it complained about.
    pub fn errors(&self) -> Vec<String> {
        self.lines("error ")
    }

    /// The paths that it fetched something from, such as the keys of a client.
    pub fn fetched(&self) -> Vec<String> {
        self.lines("fetched ")
    }

    /// What it said of this kind. Its lines come in order, so whoever has heard it speak of one more question has heard the rest.
    fn lines(&self, kind: &str) -> Vec<String> {
        let mark = format!("/until-here-{}", self.marks.fetch_add(1, Ordering::Relaxed));
        if self.ask_for(&mark).is_ok() {
            let line = format!("asked GET {mark} ");
            let deadline = Instant::now() + DEADLINE;
            while !self.process.said().iter().any(|said| said.starts_with(&line)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
        }
        let said = self.process.said();
        let of_this_kind = said.iter().filter_map(|line| line.strip_prefix(kind));
        of_this_kind.filter(|line| !line.contains("/until-here-")).map(str::to_owned).collect()
    }

    fn ask_for(&self, path: &str) -> std::io::Result<()> {
        let authority = self.issuer.strip_prefix("http://").unwrap_or(&self.issuer);
        let mut connection = TcpStream::connect(authority)?;
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

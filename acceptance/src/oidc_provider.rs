//! The npm package oidc-provider: an OpenID Provider that nobody here wrote.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::{Failure, parts, process::Process};

/// A running oidc-provider.
#[derive(Debug)]
pub struct OidcProvider {
    process: Process,
    issuer: String,
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
        Ok(Some(Self { process, issuer }))
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

    fn lines(&self, kind: &str) -> Vec<String> {
        self.process.said().iter().filter_map(|line| Some(line.strip_prefix(kind)?.to_owned())).collect()
    }
}

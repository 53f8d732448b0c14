//! nginx and Caddy, each as a process of its own, set up as `docs/deployment.md` says.

use std::{
    fs,
    net::SocketAddr,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{Failure, folder::Folder, parts, process::Process};

/// The name under which the document's application is reached.
pub const HOST: &str = "app.example.com";

const DOCUMENT: &str = include_str!("../../docs/deployment.md");
/// What the document calls the machines of the application, in both proxies' settings.
const MACHINES: [&str; 2] = ["10.0.0.11:3000", "10.0.0.12:3000"];
/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// <https://nginx.org>
    Nginx,
    /// <https://caddyserver.com>
    Caddy,
}

/// Settings out of the document: the text between the fences after the mark `tried: NAME`.
///
/// # Errors
/// When the document has no such block.
pub fn settings(name: &str) -> Result<String, Failure> {
    let mark = format!("<!-- tried: {name} -->\n```");
    let (_, rest) = DOCUMENT.split_once(&mark).ok_or_else(|| format!("docs/deployment.md has no block {name:?}"))?;
    let (block, _) = rest.split_once("\n```").ok_or("a fence without an end")?;
    Ok(block.split_once('\n').ok_or("an empty block")?.1.to_owned())
}

/// One part of the settings replaced by another.
///
/// # Errors
/// When the part is not there.
pub fn replaced(settings: &str, part: &str, by: &str) -> Result<String, Failure> {
    if settings.contains(part) {
        Ok(settings.replace(part, by))
    } else {
        Err(format!("no {part:?} in docs/deployment.md's settings:\n{settings}").into())
    }
}

/// A running proxy before two machines of one application.
#[derive(Debug)]
pub struct Proxy {
    process: Process,
    _folder: Folder,
}

impl Kind {
    /// Its program, or `None` on a machine without it.
    ///
    /// # Errors
    /// When there has to be one.
    pub fn program(self) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Nginx => parts::program(&["nginx"]),
            Self::Caddy => parts::program(&["caddy"]),
        }
    }

    /// What the document calls its settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    /// Starts it with the document's settings, at these addresses in the place of the document's. Never as root.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        self,
        program: &Path,
        settings: &str,
        port: u16,
        machines: [SocketAddr; 2],
        certificate: &Certificate,
    ) -> Result<Proxy, Failure> {
        let folder = Folder::new()?;
        let at = folder.path();
        fs::write(at.join("certificate.pem"), &certificate.pem)?;
        fs::write(at.join("certificate.key"), &certificate.key)?;
        let mut settings =
            replaced(settings, "/etc/ssl/app.example.com.pem", &at.join("certificate.pem").to_string_lossy())?;
        settings = replaced(&settings, "/etc/ssl/app.example.com.key", &at.join("certificate.key").to_string_lossy())?;
        for (named, machine) in MACHINES.iter().zip(machines) {
            settings = replaced(&settings, named, &machine.to_string())?;
        }
        let mut command = match self {
            Self::Nginx => {
                nginx(program, at, &replaced(&settings, "listen 443 ", &format!("listen 127.0.0.1:{port} "))?)?
            }
            Self::Caddy => {
                caddy(program, at, &replaced(&settings, "app.example.com {", &format!("{HOST}:{port} {{"))?)?
            }
        };
        as_nobody(&mut command, at)?;
        let mut process = Process::start(&mut command)?;
        let ready = match self {
            Self::Nginx => "event method",
            Self::Caddy => "serving initial configuration",
        };
        process.wait_for("that it is ready", |line| line.contains(ready).then_some(()))?;
        Ok(Proxy { process, _folder: folder })
    }
}

impl Proxy {
    /// Whether it said this, in the middle of a line.
    pub fn has_said(&self, what: &str) -> bool {
        self.process.said().iter().any(|line| line.contains(what))
    }
}

/// As a process in the foreground that keeps everything in its folder.
fn nginx(program: &Path, at: &Path, settings: &str) -> Result<Command, Failure> {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", at.display()))
        .concat();
    let whole = format!(
        "daemon off;\nmaster_process off;\npid {}/pid;\nerror_log stderr info;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{settings}\n}}\n",
        at.display()
    );
    fs::write(at.join("nginx.conf"), whole)?;
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-p"]).arg(at).arg("-c").arg(at.join("nginx.conf"));
    Ok(command)
}

/// The same: no port but this one, nothing remembered, nobody else asked.
fn caddy(program: &Path, at: &Path, settings: &str) -> Result<Command, Failure> {
    let own = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n";
    fs::write(at.join("Caddyfile"), format!("{own}{settings}\n"))?;
    let mut command = Command::new(program);
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(at.join("Caddyfile"));
    command.env("HOME", at).env("XDG_DATA_HOME", at).env("XDG_CONFIG_HOME", at);
    Ok(command)
}

/// Whoever is root gives the folder, and the process, to the user who owns nothing.
fn as_nobody(command: &mut Command, folder: &Path) -> Result<(), Failure> {
    if fs::metadata(folder)?.uid() != 0 {
        return Ok(());
    }
    chown(folder, Some(NOBODY), Some(NOBODY))?;
    for entry in fs::read_dir(folder)? {
        chown(entry?.path(), Some(NOBODY), Some(NOBODY))?;
    }
    command.uid(NOBODY).gid(NOBODY).current_dir(folder);
    Ok(())
}

/// The certificate of the application, by an authority that nobody but the test trusts.
#[derive(Debug)]
pub struct Certificate {
    pem: String,
    key: String,
    authority: Vec<u8>,
}

impl Certificate {
    /// A new authority, and a certificate by it.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn new() -> Result<Self, Failure> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let authority = params.self_signed(&key)?.pem().into_bytes();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate()?;
        let pem = CertificateParams::new(vec![HOST.to_owned()])?.signed_by(&key, &issuer)?.pem();
        Ok(Self { pem, key: key.serialize_pem(), authority })
    }

    /// Whom to trust, in PEM.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_document_does_not_have_is_an_error() {
        assert!(settings("nginx").is_ok_and(|block| block.contains("proxy_pass") && !block.contains("```")));
        assert!(settings("apache").is_err());
        assert!(replaced("a b", "c", "d").is_err());
    }
}

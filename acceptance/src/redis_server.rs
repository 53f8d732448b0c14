//! Redis, or Valkey, on loopback, with an append-only file.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{
    Failure,
    folder::Folder,
    parts,
    process::Process,
    server::{self, PASSWORD, RunsAs, at_a_free_port},
    wait::DEADLINE,
};

/// A running server with a folder of its own. It ends when this is dropped.
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    start: Start,
}

/// How it is started, each time again.
#[derive(Debug)]
struct Start {
    program: PathBuf,
    runs_as: RunsAs,
    folder: Folder,
    port: u16,
    kind: Kind,
}

/// What is special about it.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    /// It speaks TLS only, with a certificate in its folder.
    Tls,
    /// It is a cluster's node, which has another port for the others.
    Cluster {
        others: u16,
    },
}

impl RedisServer {
    /// A server without data, or `None` on a machine without one.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start() -> Result<Option<Self>, Failure> {
        Self::of(Kind::Plain)
    }

    /// The same, behind TLS, with a certificate of an [authority](Self::authority) of its own.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start_with_tls() -> Result<Option<Self>, Failure> {
        Self::of(Kind::Tls)
    }

    /// A cluster of one node, which owns all slots.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start_cluster() -> Result<Option<Self>, Failure> {
        let server = at_a_free_port(|others| Self::of(Kind::Cluster { others }))?;
        if let Some(server) = &server {
            server.own_all_slots()?;
        }
        Ok(server)
    }

    fn of(kind: Kind) -> Result<Option<Self>, Failure> {
        let Some(program) = parts::program(&["redis-server", "valkey-server"])? else { return Ok(None) };
        let runs_as = RunsAs::first_of(&["redis", "valkey", "nobody"])?;
        at_a_free_port(|port| {
            let folder = Folder::new()?;
            runs_as.own(folder.path())?;
            let start = Start { program: program.clone(), runs_as, folder, port, kind };
            if let Kind::Tls = kind {
                start.make_certificate()?;
            }
            Ok(Some(Self { process: start.run()?, start }))
        })
    }

    /// A node without slots answers nothing; one that has them all does after two seconds, in which others could object.
    fn own_all_slots(&self) -> Result<(), Failure> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        let () = redis::cmd("CLUSTER").arg("ADDSLOTS").arg((0..16_384).collect::<Vec<u16>>()).query(&mut connection)?;
        let deadline = Instant::now() + DEADLINE;
        loop {
            let said: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection)?;
            if said.contains("cluster_state:ok") {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("waited in vain for the cluster: {said}").into());
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    /// Its address, with the password.
    pub fn url(&self) -> String {
        let scheme = if let Kind::Tls = self.start.kind { "rediss" } else { "redis" };
        format!("{scheme}://:{PASSWORD}@127.0.0.1:{}", self.start.port)
    }

    /// The file of the authority that its certificate comes from, if it has one.
    pub fn authority(&self) -> PathBuf {
        self.start.folder.path().join(AUTHORITY)
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.start.port
    }

    /// Ends it at once, as a crash would (`kill -9`).
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, with what it kept, where it was. Waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.process.kill();
        self.process = self.start.run()?;
        Ok(())
    }

    /// Stops it in the middle of whatever it does: it keeps its connections, and does not answer.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn freeze(&self) -> Result<(), Failure> {
        server::signal("STOP", &self.process)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it cannot go on.
    pub fn thaw(&self) -> Result<(), Failure> {
        server::signal("CONT", &self.process)
    }
}

/// The files of a server behind TLS.
const AUTHORITY: &str = "authority.pem";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

impl Start {
    fn make_certificate(&self) -> Result<(), Failure> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let authority = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?.pem();
        for (name, content) in [(AUTHORITY, authority), (CERTIFICATE, certificate), (KEY, key.serialize_pem())] {
            let file = self.folder.path().join(name);
            fs::write(&file, content)?;
            self.runs_as.own(&file)?;
        }
        Ok(())
    }

    fn run(&self) -> Result<Process, Failure> {
        let folder = self.folder.path();
        let mut command = self.runs_as.command(&self.program, folder);
        command.args(["--bind", "127.0.0.1", "--requirepass", PASSWORD]);
        let port = self.port.to_string();
        match self.kind {
            Kind::Plain => command.args(["--port", &port]),
            Kind::Tls => command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]).args([
                "--tls-ca-cert-file",
                AUTHORITY,
                "--tls-cert-file",
                CERTIFICATE,
                "--tls-key-file",
                KEY,
            ]),
            Kind::Cluster { others } => command
                .args(["--port", &port, "--cluster-enabled", "yes"])
                .args(["--cluster-port", &others.to_string()]),
        };
        command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
        command.args(["--daemonize", "no", "--dir"]).arg(folder);
        let mut process = Process::start(&mut command)?;
        let is_ready = |line: &str| line.contains("Ready to accept connections").then_some(());
        process.wait_for("that it is ready", is_ready)?;
        Ok(process)
    }
}

//! Redis, or Valkey, on loopback, with an append-only file.

use std::path::PathBuf;

use crate::{
    Failure,
    folder::Folder,
    parts,
    process::Process,
    server::{self, PASSWORD, RunsAs, at_a_free_port},
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
}

impl RedisServer {
    /// A server without data, or `None` on a machine without one.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start() -> Result<Option<Self>, Failure> {
        let Some(program) = parts::program(&["redis-server", "valkey-server"])? else { return Ok(None) };
        let runs_as = RunsAs::first_of(&["redis", "valkey", "nobody"])?;
        at_a_free_port(|port| {
            let folder = Folder::new()?;
            runs_as.own(folder.path())?;
            let start = Start { program: program.clone(), runs_as, folder, port };
            Ok(Some(Self { process: start.run()?, start }))
        })
    }

    /// Its address, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.start.port)
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

impl Start {
    fn run(&self) -> Result<Process, Failure> {
        let folder = self.folder.path();
        let mut command = self.runs_as.command(&self.program, folder);
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--requirepass", PASSWORD]);
        command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
        command.args(["--daemonize", "no", "--dir"]).arg(folder);
        let mut process = Process::start(&mut command)?;
        let is_ready = |line: &str| line.contains("Ready to accept connections").then_some(());
        process.wait_for("that it is ready", is_ready)?;
        Ok(process)
    }
}

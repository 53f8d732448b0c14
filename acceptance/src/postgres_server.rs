//! PostgreSQL on loopback.

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failure,
    folder::Folder,
    parts,
    process::Process,
    server::{self, PASSWORD, RunsAs, at_a_free_port},
    wait::DEADLINE,
};

/// Where Debian has a folder for each version, none of them on the PATH.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The first user of the database.
const USER: &str = "vestibule";

/// A running server with a folder of its own. It ends when this is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    process: Process,
    start: Start,
}

/// How it is started, each time again.
#[derive(Debug)]
struct Start {
    programs: PathBuf,
    runs_as: RunsAs,
    folder: Folder,
    port: u16,
}

impl PostgresServer {
    /// A server without data, or `None` on a machine without one.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub fn start() -> Result<Option<Self>, Failure> {
        let Some(programs) = programs()? else { return Ok(None) };
        let runs_as = RunsAs::first_of(&["postgres", "nobody"])?;
        at_a_free_port(|port| {
            let folder = Folder::new()?;
            runs_as.own(folder.path())?;
            let start = Start { programs: programs.clone(), runs_as, folder, port };
            start.make_cluster()?;
            Ok(Some(Self { process: start.run()?, start }))
        })
    }

    /// The address of its only database, with user and password.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of another database, which may not be there.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.start.port)
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.start.port
    }

    /// Ends it at once with all its connections, as a crash of its machine would (`kill -9`).
    pub fn kill(&mut self) {
        // Who cannot be reached any more has ended.
        let _ = server::signal("KILL", &self.process);
        self.process.kill();
    }

    /// Starts it again, with what it kept, where it was. Waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.kill();
        let deadline = Instant::now() + DEADLINE;
        self.process = loop {
            match self.start.run() {
                // One of its children still ends.
                Err(error) if error.to_string().contains("still in use") && Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(5));
                }
                started => break started?,
            }
        };
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

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Start {
    fn make_cluster(&self) -> Result<(), Failure> {
        let folder = self.folder.path();
        let password = folder.join("password");
        fs::write(&password, PASSWORD)?;
        self.runs_as.own(&password)?;
        let mut initdb = self.runs_as.command(&self.programs.join("initdb"), folder);
        initdb.args(["--auth", "scram-sha-256", "--username", USER, "--locale", "C", "--encoding", "UTF8"]);
        // What is written before the first start need not outlive this machine, and small segments are soon written.
        initdb.args(["--no-sync", "--no-instructions", "--wal-segsize", "1", "--pwfile"]).arg(&password);
        let said = initdb.arg("--pgdata").arg(folder.join("data")).output()?;
        if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into()) }
    }

    fn run(&self) -> Result<Process, Failure> {
        let folder = self.folder.path();
        let mut command = self.runs_as.command(&self.programs.join("postgres"), folder);
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        let mut process = Process::start(&mut command)?;
        let is_ready = |line: &str| line.contains("ready to accept connections").then_some(());
        process.wait_for("that it is ready", is_ready)?;
        Ok(process)
    }
}

/// The folder of a server's programs: on the PATH, or of the newest version that Debian has.
fn programs() -> Result<Option<PathBuf>, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(VERSIONS)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|folder| Some((folder.file_name()?.to_str()?.parse().ok()?, folder.join("bin"))))
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let serves = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    match env::split_paths(&path).chain(newest_first).find(serves) {
        Some(folder) => Ok(Some(folder)),
        None => parts::missing("a PostgreSQL server (initdb and postgres)").map(|()| None),
    }
}

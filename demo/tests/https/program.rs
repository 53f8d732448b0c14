//! The demo as people start it: a process with a settings file.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// How long anything may take that takes a moment.
const A_LONG_TIME: Duration = Duration::from_secs(30);

/// A folder with a settings file and what lies beside it; gone when it is dropped.
pub(crate) struct Folder(PathBuf);

/// The demo, answering; it ends when it is dropped.
pub(crate) struct Program {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
    /// Where it answers.
    pub(crate) address: SocketAddr,
}

impl Folder {
    pub(crate) fn new(settings: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("https-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path).with("settings.toml", settings)
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join(name), text).expect("a file");
        self
    }

    fn demo(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        command.arg("--settings").arg(self.0.join("settings.toml")).stdin(Stdio::null()).env("RUST_LOG", "warn");
        command
    }

    /// What the demo says when it cannot start: the exit code, and the error.
    pub(crate) fn refusal(&self) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.demo().output().expect("it starts");
        assert!(stdout.is_empty(), "it promised something: {}", String::from_utf8_lossy(&stdout));
        (status.code(), String::from_utf8(stderr).expect("text"))
    }

    /// Starts the demo and waits until it says where it answers.
    pub(crate) fn start(&self) -> Program {
        let mut child = self.demo().stdout(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        let address = loop {
            assert_ne!(output.read_line(&mut said).expect("text"), 0, "it ended: {said}");
            if let Some((_, address)) = said.split_once("served from")
                && address.ends_with('\n')
            {
                break address.trim().parse().expect("an address");
            }
        };
        Program { child, output: Some(output), address }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Program {
    /// Asks it to stop, as a service manager does, and waits until it has.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> ExitStatus {
        let mut kill = Command::new("kill");
        kill.arg("-TERM").arg(self.child.id().to_string());
        assert!(kill.status().expect("kill is everywhere").success());
        // Its output is closed when it ends.
        let mut output = self.output.take().expect("it was not stopped before");
        let (ended, has_ended) = mpsc::channel();
        thread::spawn(move || {
            let _ = output.read_to_end(&mut Vec::new());
            let _ = ended.send(());
        });
        has_ended.recv_timeout(A_LONG_TIME).expect("it ends when it is asked to");
        self.child.wait().expect("it has ended")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

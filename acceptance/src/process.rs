//! A program that a test started, and ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, wait::DEADLINE};

/// A running program. It is ended, by its id, when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts the program and listens to what it says, on both outputs.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take(), &said);
        listen(child.stderr.take(), &said);
        Ok(Self { name, child, said })
    }

    /// Its id, by which it is told anything else than to end.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, and waits until it has ended.
    pub fn kill(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// All lines so far.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the first line of which `wanted` makes something.
    ///
    /// # Errors
    /// At the deadline, or when the program ends without having said it.
    pub fn wait_for<T>(&mut self, what: &str, wanted: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            // Asked before the lines are read: what was said at last is heard too.
            let ended = self.child.try_wait()?;
            let said = self.said();
            if let Some(answer) = said.iter().find_map(|line| wanted(line)) {
                return Ok(answer);
            }
            if ended.is_some() || Instant::now() > deadline {
                return Err(format!("{} did not say {what}, but: {}", self.name, said.join("\n")).into());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn listen(output: Option<impl Read + Send + 'static>, said: &Arc<Mutex<Vec<String>>>) {
    let Some(output) = output else { return };
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- {} said:\n{}", self.name, self.said().join("\n"));
        }
    }
}

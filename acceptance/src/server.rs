//! A program that serves others: started as a user of its own, killed, frozen and brought back.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

use crate::{Failure, folder::Folder, process::Process};

/// The password of every server here: whoever knocks has to know one, as anywhere else.
pub const PASSWORD: &str = "a-password-of-tests";

/// As whom a server runs: servers of others' data refuse to be root, and so do ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsAs {
    /// As whoever runs the tests.
    Us,
    /// As a system user without rights.
    Other {
        /// Its number.
        uid: u32,
        /// That of its group.
        gid: u32,
    },
}

impl RunsAs {
    /// The first of these users that this machine has, if the tests run as root; else whoever runs them.
    ///
    /// # Errors
    /// When root runs the tests and there is none of them.
    pub fn first_of(names: &[&str]) -> Result<Self, Failure> {
        if Folder::new()?.path().metadata()?.uid() != 0 {
            return Ok(Self::Us);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let found = names.iter().find_map(|name| users.lines().find_map(|line| user(line, name)));
        found.ok_or_else(|| format!("none of the users {} is there, and root must not be", names.join(", ")).into())
    }

    /// Gives it this folder or file.
    ///
    /// # Errors
    /// When it cannot be given away.
    pub fn own(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Us => Ok(()),
            Self::Other { uid, gid } => std::os::unix::fs::chown(path, Some(uid), Some(gid)),
        }
    }

    /// The command, run as this user, in a folder that it may read.
    pub fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// What a line of `/etc/passwd` says of the user of this name.
fn user(line: &str, name: &str) -> Option<RunsAs> {
    let mut fields = line.split(':');
    if fields.next() != Some(name) {
        return None;
    }
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(RunsAs::Other { uid, gid })
}

/// Tries with a free port. Somebody else may take it between the look and the start; then with another.
///
/// # Errors
/// What the last try said.
pub fn at_a_free_port<T>(mut start: impl FnMut(u16) -> Result<T, Failure>) -> Result<T, Failure> {
    let mut failure: Failure = "no free port".into();
    for _ in 0..5 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        match start(port) {
            Err(taken) if taken.to_string().contains("Address already in use") => failure = taken,
            started_or_not => return started_or_not,
        }
    }
    Err(failure)
}

/// Sends a signal to a program that a test started, and to those that it started in turn.
///
/// # Errors
/// When it cannot be sent.
pub fn signal(name: &str, process: &Process) -> Result<(), Failure> {
    let id = process.id();
    // The first is the one that would start others in place of those that end.
    let ids = [vec![id.to_string()], children(id)].concat();
    let script = format!("kill -{name} {}", ids.join(" "));
    let said = Command::new("sh").args(["-c", &script]).output()?;
    // A child may have ended between the look and the signal.
    if said.status.success() || String::from_utf8_lossy(&said.stderr).contains("No such process") {
        return Ok(());
    }
    Err(format!("{script}: {}", String::from_utf8_lossy(&said.stderr)).into())
}

/// The ids of those whom this program started and who run.
fn children(id: u32) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    listed.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_the_one_of_that_very_name() {
        assert_eq!(
            user("redis:x:103:111::/var/lib/redis:/bin/false", "redis"),
            Some(RunsAs::Other { uid: 103, gid: 111 })
        );
        assert_eq!(user("redis-2:x:104:112::/:/bin/false", "redis"), None);
    }
}

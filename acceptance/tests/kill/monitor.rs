//! Who asks Redis for which lease, as `MONITOR` shows it: what a process waits for cannot be seen from outside otherwise.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use acceptance::{Failure, server::PASSWORD, wait::until};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    task::JoinHandle,
};

use crate::Outcome;

/// Reads along, until this is dropped.
pub(crate) struct Monitor {
    asked: Arc<Mutex<Vec<Asked>>>,
    reading: JoinHandle<()>,
}

/// Somebody asked for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    database: usize,
    /// Each process has one connection for its questions.
    connection: String,
    lease: String,
}

impl Monitor {
    /// Of all databases of a Redis at 127.0.0.1.
    pub(crate) async fn of(port: u16) -> Result<Self, Failure> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(format!("AUTH {PASSWORD}\r\nMONITOR\r\n").as_bytes()).await?;
        let mut lines = BufReader::new(stream).lines();
        for _ in 0..2 {
            let said = lines.next_line().await?.ok_or("Redis hangs up")?;
            if said != "+OK" {
                return Err(format!("Redis says {said}").into());
            }
        }
        let asked = Arc::default();
        let reading = tokio::spawn(read(lines, Arc::clone(&asked)));
        Ok(Self { asked, reading })
    }

    /// Waits until a second process has asked for the lease that somebody asked for last in this database. The first one has it then,
    /// so the second was refused.
    pub(crate) async fn until_refused(&self, database: usize) -> Outcome {
        until("another process to ask for the lease", async || {
            let seen = self.last(database);
            Ok(if seen.len() > 1 { Ok(()) } else { Err(format!("{seen:?}")) })
        })
        .await
    }

    /// Who has asked for the lease that somebody asked for last.
    fn last(&self, database: usize) -> BTreeSet<String> {
        let asked = lock(&self.asked);
        let here = || asked.iter().filter(|asked| asked.database == database);
        let Some(last) = here().next_back() else { return BTreeSet::new() };
        here().filter(|asked| asked.lease == last.lease).map(|asked| asked.connection.clone()).collect()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read(mut lines: Lines<BufReader<TcpStream>>, asked: Arc<Mutex<Vec<Asked>>>) {
    // It ends with the server, or with whoever reads along.
    while let Ok(Some(line)) = lines.next_line().await {
        lock(&asked).extend(Asked::parse(&line));
    }
}

impl Asked {
    /// Of a line such as `+1.5 [3 127.0.0.1:4000] "EVALSHA" "ab" "2" "{vestibule}:l:cd" "{vestibule}:clock" ..`. Whoever renews or
    /// gives back a lease names one key, and draws no number.
    fn parse(line: &str) -> Option<Self> {
        let (_, line) = line.split_once('[')?;
        let (whence, command) = line.split_once("] ")?;
        let (database, connection) = whence.split_once(' ')?;
        let words: Vec<&str> = command.split(' ').map(|word| word.trim_matches('"')).collect();
        match words.as_slice() {
            ["EVALSHA", _, "2", lease, clock, ..] if lease.contains(":l:") && clock.ends_with(":clock") => {
                let (connection, lease) = (connection.to_owned(), (*lease).to_owned());
                Some(Self { database: database.parse().ok()?, connection, lease })
            }
            _ => None,
        }
    }
}

fn lock(asked: &Mutex<Vec<Asked>>) -> MutexGuard<'_, Vec<Asked>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn whoever_asks_for_a_lease_is_told_from_whoever_renews_one() {
    let line = |keys: &str| format!("+1.5 [3 127.0.0.1:4000] \"EVALSHA\" \"ab\" {keys} \"7\"");
    let asked = Asked::parse(&line("\"2\" \"{vestibule}:l:cd\" \"{vestibule}:clock\""));
    let (connection, lease) = ("127.0.0.1:4000".to_owned(), "{vestibule}:l:cd".to_owned());
    assert_eq!(asked, Some(Asked { database: 3, connection, lease }));
    assert_eq!(Asked::parse(&line("\"1\" \"{vestibule}:l:cd\"")), None);
    assert_eq!(Asked::parse(&line("\"2\" \"{vestibule}:m:cd\" \"{vestibule}:clock\"")), None);
}

//! People who ask for pages the whole time, of all machines in turn, and what they were answered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use acceptance::{
    Failure,
    machines::{Door, Machines},
    wait::until,
    wire::{Asker, Connection, Cookies},
};
use tokio::task::JoinSet;

use crate::Outcome;

/// How long somebody reads a page.
const READING: Duration = Duration::from_millis(25);

/// Everybody who asks, until this is dropped.
pub(crate) struct Load {
    asking: JoinSet<()>,
    seen: Arc<Mutex<Seen>>,
}

/// What everybody was answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// By machine and status; 0 is no answer.
    pub(crate) answers: BTreeMap<(usize, u16), usize>,
    /// What nobody should have seen.
    pub(crate) wrong: Vec<String>,
}

impl Load {
    /// Each of them asks for their profile, as people do who open a page.
    pub(crate) fn of(machines: &Machines, people: &[Cookies]) -> Result<Self, Failure> {
        let doors = (0..machines.count()).map(|number| machines.door(number)).collect::<Result<Vec<_>, _>>()?;
        let (mut asking, seen) = (JoinSet::new(), Arc::new(Mutex::default()));
        for (number, cookies) in people.iter().enumerate() {
            asking.spawn(read_on(number, doors.clone(), cookies.clone(), Arc::clone(&seen)));
        }
        Ok(Self { asking, seen })
    }

    /// How often a machine answered with this status.
    pub(crate) fn count(&self, machine: usize, status: u16) -> usize {
        lock(&self.seen).answers.get(&(machine, status)).copied().unwrap_or_default()
    }

    /// Waits until each machine has answered with this status so many times more.
    pub(crate) async fn until_everywhere(&self, machines: usize, status: u16, times: usize) -> Outcome {
        let before: Vec<_> = (0..machines).map(|machine| self.count(machine, status)).collect();
        until(&format!("{times} answers {status} of each machine"), async || {
            let is_there =
                before.iter().enumerate().all(|(machine, before)| self.count(machine, status) >= before + times);
            Ok(if is_there { Ok(()) } else { Err(format!("{:?}", lock(&self.seen).answers)) })
        })
        .await
    }

    /// Nobody asks any more; what everybody saw.
    pub(crate) async fn end(mut self) -> Seen {
        self.asking.shutdown().await;
        lock(&self.seen).clone()
    }
}

async fn read_on(person: usize, doors: Vec<Door>, mut cookies: Cookies, seen: Arc<Mutex<Seen>>) {
    let mut connections: Vec<Option<Connection>> = doors.iter().map(|_| None).collect();
    for turn in person.. {
        let machine = turn % doors.len();
        if let (Some(door), Some(connection)) = (doors.get(machine), connections.get_mut(machine)) {
            let status = read(person, door, connection, &mut cookies, &seen).await.unwrap_or_default();
            *lock(&seen).answers.entry((machine, status)).or_default() += 1;
        }
        // At a bounded rate, which is not a wait for anything.
        tokio::time::sleep(READING).await;
    }
}

/// The status of one answer; none where nobody answered.
async fn read(
    person: usize,
    door: &Door,
    connection: &mut Option<Connection>,
    cookies: &mut Cookies,
    seen: &Mutex<Seen>,
) -> Option<u16> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => door.connection().await.ok()?,
    };
    let answer = open.get("/profile", Asker::Navigation, cookies).await.ok()?;
    *connection = Some(open);
    let is_right = match answer.status {
        200 => answer.body.contains(&format!("person-{person}")),
        503 => answer.set_cookies.is_empty() && answer.location.is_none(),
        _ => false,
    };
    if !is_right {
        lock(seen).wrong.push(format!("{answer:?}"));
    }
    cookies.keep(&answer);
    Some(answer.status)
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

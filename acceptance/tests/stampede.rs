//! A stampede before real stores: three processes of the demo, whose people's tokens have all expired, and a provider that takes its
//! time and ends a login whose refresh token comes twice (R88).
//!
//! The clock runs four times as fast as time: the provider's answers take up to thirty of its seconds, as long as a lease lasts. What is
//! shown is the lease, that it is renewed, and that others wait for over thirty seconds. It is not shown that a provider may take so
//! long: the door's HTTP client goes by real time, by which an answer comes within six seconds, and after ten it would be a timeout
//! (tests/stampede_timeouts.rs).
//!
//! So does the deadline of the store, and six hundred requests at once on a machine that builds something else are more than it is set for:
//! it is set to the longest. Whoever is answered 503 all the same, with no cookie touched, asks again, and the figures say how many did.

#![expect(clippy::print_stdout, reason = "the figures that docs/sessions.md has")]

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{
    Failure,
    fast_clock::FastClock,
    machines::{Door, Machines, Plan},
    postgres_server::PostgresServer,
    redis_server::RedisServer,
    wire::{Asker, Connection, Cookies},
};
use tokio::task::JoinSet;

type Outcome = Result<(), Failure>;

const MACHINES: usize = 3;
const SESSIONS: usize = 100;
const REQUESTS: usize = 100;
/// The lease lasts for seven seconds of real time then: a store that is busy for two of them does not cost anybody theirs.
const SPEED: u32 = 4;
/// How many seconds the access tokens of a login are good for. Nobody takes one before they have expired.
const FIRST_TOKENS: u32 = 60;
/// The provider's answers take so many seconds at most.
const LONGEST: u32 = 30;
/// How many requests are under way at once: so many of each session at each machine, and the next when one is answered.
const AT_ONCE: usize = 2;
/// What stands in for `Retry-After`,
const LATER: Duration = Duration::from_millis(500);
/// and how often it is heeded on each connection.
const MOST_TIMES_LATER: usize = 20;

/// Everybody's requests to one machine, and how many of them were taken up.
struct Queue {
    door: Door,
    requests: Vec<usize>,
    taken: AtomicUsize,
}

/// How many requests were answered with 200, and how often one was told to come back later.
#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    well: usize,
    later: usize,
}

/// The cookies of each session's browser.
type Jars = Arc<Vec<Mutex<Cookies>>>;

async fn stampede(place: &str, sessions: String) -> Outcome {
    let clock = FastClock::of_speed(SPEED);
    let sessions = format!("{sessions}\ntimeout = \"30s\"");
    let machines = Plan { machines: MACHINES, sessions, clock: Some(clock), ..Plan::default() }.start().await?;
    let tokens_live =
        |seconds: u32| drop(machines.provider.clone().access_tokens_live(Duration::from_secs(seconds.into())));
    tokens_live(FIRST_TOKENS);
    let jars = machines.sign_in(SESSIONS).await?;
    clock.pass(i64::from(FIRST_TOKENS) + 1).await?;
    tokens_live(24 * 3600);
    machines.provider.forget_requests();
    machines.provider.answers_take("/token", latency(clock));

    let jars: Jars = Arc::new(jars.into_iter().map(Mutex::new).collect());
    let queues = (0..MACHINES).map(|machine| queue(&machines, machine)).collect::<Result<Vec<_>, _>>()?;
    let crowd = connect(&queues).await?;
    let (connections, began) = (crowd.len(), Instant::now());
    let mut answers = JoinSet::new();
    for (queue, connection) in crowd {
        answers.spawn(ask(queue, connection, Arc::clone(&jars)));
    }
    let mut all = Answered::default();
    while let Some(ended) = answers.join_next().await {
        let some = ended?.map_err(|failure| machines.explain(&failure))?;
        all = Answered { well: all.well + some.well, later: all.later + some.later };
    }
    let took = began.elapsed();
    assert_eq!(all.well, SESSIONS * REQUESTS);
    expect_all_well(&machines, &jars).await?;
    let tally = machines.provider.tally();
    println!(
        "stampede, {place}: {REQUESTS} requests x {SESSIONS} sessions, {connections} at once, to {MACHINES} processes, whose provider takes \
         0 to {LONGEST} s (at {SPEED} times the speed): {} token requests, {} reuses, 0 sign-outs, {} answers 200, {} times 503 before, {took:.1?}",
        tally.refresh_requests, tally.reuses_detected, all.well, all.later
    );
    Ok(())
}

/// From none to the longest, evenly, in an order that is the same each time.
fn latency(clock: FastClock) -> impl Fn() -> Duration {
    let drawn = AtomicU32::new(0);
    move || clock.seconds(LONGEST) * (drawn.fetch_add(1, Ordering::Relaxed) * 37 % 101) / 100
}

/// Session by session, so that all begin at once.
fn queue(machines: &Machines, machine: usize) -> Result<Arc<Queue>, Failure> {
    let all = (0..REQUESTS).flat_map(|request| (0..SESSIONS).map(move |session| (request, session)));
    let here = all.filter(|(request, session)| (request + session) % MACHINES == machine);
    let requests = here.map(|(_, session)| session).collect();
    Ok(Arc::new(Queue { door: machines.door(machine)?, requests, taken: AtomicUsize::new(0) }))
}

/// One connection for each request that is under way.
async fn connect(queues: &[Arc<Queue>]) -> Result<Vec<(Arc<Queue>, Connection)>, Failure> {
    let mut crowd = Vec::new();
    for queue in queues {
        for _ in 0..SESSIONS * AT_ONCE {
            crowd.push((Arc::clone(queue), queue.door.connection().await?));
        }
    }
    Ok(crowd)
}

/// One request after the other, until nobody's is left.
async fn ask(queue: Arc<Queue>, mut connection: Connection, jars: Jars) -> Result<Answered, Failure> {
    let mut answered = Answered::default();
    while let Some(session) = queue.requests.get(queue.taken.fetch_add(1, Ordering::Relaxed)) {
        let jar = jars.get(*session).ok_or("no such session")?;
        loop {
            let cookies = lock(jar).clone();
            let answer = connection.get("/api/token", Asker::Program, &cookies).await?;
            match answer.status {
                200 => {
                    lock(jar).keep(&answer);
                    answered.well += 1;
                    break;
                }
                503 if answer.set_cookies.is_empty() && answered.later < MOST_TIMES_LATER => answered.later += 1,
                _ => return Err(format!("session {session}: {answer:?}").into()),
            }
            // At a bounded rate, which is not a wait for anything.
            tokio::time::sleep(LATER).await;
        }
    }
    Ok(answered)
}

/// One token request for each session, no token twice, and nobody signed out anywhere.
async fn expect_all_well(machines: &Machines, jars: &Jars) -> Outcome {
    let tally = machines.provider.tally();
    assert_eq!((tally.refresh_requests, tally.refreshes, tally.rotations), (SESSIONS, SESSIONS, SESSIONS), "{tally:?}");
    assert_eq!((tally.reuses_detected, tally.families_revoked, tally.refreshes_unheard), (0, 0, 0), "{tally:?}");
    for (session, jar) in jars.iter().enumerate() {
        let cookies = lock(jar).clone();
        for machine in 0..machines.count() {
            let answer = machines.ask(machine, "/api/me", &cookies).await?;
            assert!(answer.body.contains(&format!("\"sub\":\"person-{session}\"")), "{answer:?}");
        }
    }
    Ok(())
}

fn lock(jar: &Mutex<Cookies>) -> MutexGuard<'_, Cookies> {
    jar.lock().unwrap_or_else(PoisonError::into_inner)
}

/// R88: one token request for each session, whether sessions are in Redis, or in cookies with their marks there, or in PostgreSQL. One
/// after the other: each wants the machine for itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_three_processes_makes_one_token_request_for_each_session() -> Outcome {
    if let Some(redis) = RedisServer::start()? {
        stampede("sessions in Redis", format!("store = \"{}\"", redis.url())).await?;
        stampede("sessions in cookies, marks in Redis", format!("marks = \"{}\"", redis.url())).await?;
    }
    if let Some(postgres) = PostgresServer::start()? {
        stampede("sessions in PostgreSQL", format!("store = \"{}?vestibule_migrate=1\"", postgres.url())).await?;
    }
    Ok(())
}

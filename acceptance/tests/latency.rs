//! How long a store takes to load a session, beside the server's own client asking for something that is as small as can be: one
//! client, one question after the other, by turns, on one machine. The figures are printed; `--nocapture` shows them.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use acceptance::{
    Failure, folder::Folder, parts, postgres_server::PostgresServer, redis_server::RedisServer, server::PASSWORD,
    shared_place::SharedPlace,
};
use vestibule::{
    Clock, SessionStore, SystemClock,
    session_store::{Born, Key, Moment, NewSession},
};

type Outcome = Result<(), Failure>;

/// How often the server's own client and the store take turns: a machine that is busy with something else for a moment is not what
/// the median shows.
const ROUNDS: usize = 7;
/// In each of them.
const QUESTIONS: usize = 1000;
/// Until connections are open and statements are known.
const WARM_UP: usize = 200;
/// As many bytes as a session with tokens has.
const VALUE: usize = 1500;
/// What a build without optimisation may cost beside the floor, on a machine that does other things too.
const MOST: f64 = 12.0;

/// The median of many loads.
async fn load(store: &dyn SessionStore) -> Result<Duration, Failure> {
    let (key, now) = (Key::from_bytes([5; 32]), SystemClock::default().now());
    let born = Born::new(now, Moment(1));
    let session = NewSession::new(vec![7; VALUE], Key::from_bytes([6; 32]), None, born, now, now.plus(3600));
    let _ = store.insert(key, session, now).await?;
    let mut took = Vec::with_capacity(QUESTIONS);
    for question in 0..WARM_UP + QUESTIONS {
        let begin = Instant::now();
        let found = store.load(key, now).await?;
        if question >= WARM_UP {
            took.push(begin.elapsed());
        }
        if found.is_none_or(|session| session.value.len() != VALUE) {
            return Err("the session is not there".into());
        }
    }
    median(took)
}

fn median(mut took: Vec<Duration>) -> Result<Duration, Failure> {
    took.sort_unstable();
    took.get(took.len() / 2).copied().ok_or_else(|| "nothing was measured".into())
}

/// One round.
#[derive(Clone, Copy, Debug)]
struct Round {
    load: Duration,
    floor: Duration,
}

impl Round {
    fn ratio(self) -> f64 {
        self.load.as_secs_f64() / self.floor.as_secs_f64()
    }
}

/// The store beside the floor, by turns: the round in the middle.
async fn compare(
    name: &str,
    store: Arc<dyn SessionStore>,
    measure_floor: impl Fn() -> Result<Duration, Failure>,
) -> Outcome {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = measure_floor()?;
        rounds.push(Round { load: load(store.as_ref()).await?, floor });
    }
    rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
    let Some(Round { load, floor }) = rounds.get(ROUNDS / 2) else { return Err("nothing was measured".into()) };
    let ratios: Vec<String> = rounds.iter().map(|round| format!("{:.1}", round.ratio())).collect();
    println!("{name}: load p50 {load:?}, floor {floor:?}; times the floor, of each round: {}", ratios.join(" "));
    assert!(rounds.get(ROUNDS / 2).is_some_and(|round| round.ratio() < MOST), "{name}: {ratios:?}");
    Ok(())
}

/// `GET` by redis-benchmark: the median.
fn get(benchmark: &Path, server: &RedisServer) -> Result<Duration, Failure> {
    let mut command = Command::new(benchmark);
    command.args(["-p", &server.port().to_string(), "-a", PASSWORD, "-t", "set,get", "-c", "1", "--csv"]);
    let said = command.args(["-n", &QUESTIONS.to_string(), "-d", &VALUE.to_string()]).output()?;
    let said = String::from_utf8(said.stdout)?;
    let column = |line: &str, number: usize| Some(line.split(',').nth(number)?.trim_matches('"').to_owned());
    let head = said.lines().find(|line| line.contains("p50_latency_ms")).ok_or_else(|| format!("no head: {said}"))?;
    let number = head.split(',').position(|name| name.contains("p50_latency_ms")).ok_or("no such column")?;
    let figures = said.lines().find(|line| line.starts_with("\"GET\"")).ok_or_else(|| format!("no figures: {said}"))?;
    let milliseconds: f64 = column(figures, number).ok_or("no figure")?.parse()?;
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

/// `SELECT 1` by pgbench, prepared: the mean, since that is what it prints.
fn select(pgbench: &Path, server: &PostgresServer) -> Result<Duration, Failure> {
    let folder = Folder::new()?;
    fs::write(folder.path().join("one.sql"), "SELECT 1;\n")?;
    let mut command = Command::new(pgbench);
    command.current_dir(folder.path()).args(["-n", "-c", "1", "-M", "prepared", "-f", "one.sql"]);
    let said = command.args(["-t", &QUESTIONS.to_string(), &server.url()]).output()?;
    let said = String::from_utf8(said.stdout)?;
    let mean = said.lines().find_map(|line| line.strip_prefix("latency average = ")?.strip_suffix(" ms"));
    let milliseconds: f64 = mean.ok_or_else(|| format!("no figures: {said}"))?.parse()?;
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

async fn redis() -> Outcome {
    let Some(benchmark) = parts::program(&["redis-benchmark", "valkey-benchmark"])? else { return Ok(()) };
    let Some(place) = SharedPlace::redis()? else { return Ok(()) };
    let SharedPlace::Redis(server) = &place else { return Err("another place".into()) };
    compare("Redis GET", place.store().await?, || get(&benchmark, server)).await
}

async fn postgresql() -> Outcome {
    let Some(pgbench) = parts::program(&["pgbench"])? else { return Ok(()) };
    let Some(place) = SharedPlace::postgres().await? else { return Ok(()) };
    let SharedPlace::Postgres(server) = &place else { return Err("another place".into()) };
    compare("PostgreSQL SELECT 1", place.store().await?, || select(&pgbench, server)).await
}

/// One test, so that nobody else is measured at the same time.
#[tokio::test]
async fn a_session_is_loaded_within_twelve_times_what_the_servers_own_client_takes() -> Outcome {
    redis().await?;
    postgresql().await
}

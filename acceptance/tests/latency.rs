//! How long a store takes to load a session, beside a bare connection of the same process that asks for something as small as can be:
//! one question after the other, each by turns, on one machine. The server's own client is measured too, and printed only: how soon the
//! system wakes another process is not ours. The figures are printed; `--nocapture` shows them.

use std::{
    fs,
    net::Ipv4Addr,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use acceptance::{
    Failure, folder::Folder, parts, postgres_server::PostgresServer, redis_server::RedisServer, server::PASSWORD,
    shared_place::SharedPlace,
};
use sqlx::{Connection, PgConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use vestibule::{
    Clock, SessionStore, SystemClock,
    session_store::{Born, Key, Moment, NewSession},
};

type Outcome = Result<(), Failure>;

/// How often the three take turns: a machine that is busy with something else for a moment is not what
/// the median shows.
const ROUNDS: usize = 7;
/// In each of them.
const QUESTIONS: usize = 1000;
/// Until connections are open and statements are known.
const WARM_UP: usize = 200;
/// As many bytes as a session with tokens has.
const VALUE: usize = 1500;
/// What a build without optimisation may cost beside the floor, on a machine that does other things too.
const MOST: f64 = 6.0;

fn median(mut took: Vec<Duration>) -> Result<Duration, Failure> {
    took.sort_unstable();
    took.get(took.len() / 2).copied().ok_or_else(|| "nothing was measured".into())
}

/// One round.
#[derive(Clone, Copy, Debug)]
struct Round {
    load: Duration,
    floor: Duration,
    own_client: Duration,
}

impl Round {
    fn ratio(self) -> f64 {
        self.load.as_secs_f64() / self.floor.as_secs_f64()
    }
}

/// A connection with nothing between it and the server.
enum Bare {
    Redis(TcpStream),
    Postgres(PgConnection),
}

impl Bare {
    async fn redis(server: &RedisServer) -> Result<Self, Failure> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).await?;
        stream.set_nodelay(true)?;
        let mut bare = Self::Redis(stream);
        bare.exchange(&format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{PASSWORD}\r\n", PASSWORD.len()), "+OK\r\n".len()).await?;
        let value = "x".repeat(VALUE);
        bare.exchange(&format!("*3\r\n$3\r\nSET\r\n$4\r\nbare\r\n${VALUE}\r\n{value}\r\n"), "+OK\r\n".len()).await?;
        Ok(bare)
    }

    async fn postgres(server: &PostgresServer) -> Result<Self, Failure> {
        Ok(Self::Postgres(PgConnection::connect(&server.url()).await?))
    }

    /// In Redis a value that is as long as a session, by `GET`; in PostgreSQL a prepared `SELECT 1`.
    async fn ask(&mut self) -> Outcome {
        match self {
            Self::Redis(_) => {
                self.exchange("*2\r\n$3\r\nGET\r\n$4\r\nbare\r\n", format!("${VALUE}\r\n\r\n").len() + VALUE).await
            }
            Self::Postgres(connection) => {
                let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(connection).await?;
                if one == 1 { Ok(()) } else { Err("another number".into()) }
            }
        }
    }

    async fn exchange(&mut self, question: &str, answer: usize) -> Outcome {
        let Self::Redis(stream) = self else { return Err("another server".into()) };
        stream.write_all(question.as_bytes()).await?;
        let mut said = vec![0; answer];
        stream.read_exact(&mut said).await?;
        if said.starts_with(b"-") { Err(String::from_utf8_lossy(&said).into_owned().into()) } else { Ok(()) }
    }
}

/// The store and the bare connection, question by question, so that both meet the machine in the same mood: the medians of both.
async fn by_turns(store: &dyn SessionStore, bare: &mut Bare) -> Result<(Duration, Duration), Failure> {
    let (key, now) = (Key::from_bytes([5; 32]), SystemClock::default().now());
    let born = Born::new(now, Moment(1));
    let session = NewSession::new(vec![7; VALUE], Key::from_bytes([6; 32]), None, born, now, now.plus(3600));
    let _ = store.insert(key, session, now).await?;
    let (mut loads, mut floors) = (Vec::with_capacity(QUESTIONS), Vec::with_capacity(QUESTIONS));
    for question in 0..WARM_UP + QUESTIONS {
        let begin = Instant::now();
        bare.ask().await?;
        let floor = begin.elapsed();
        let begin = Instant::now();
        let found = store.load(key, now).await?;
        let load = begin.elapsed();
        if question >= WARM_UP {
            floors.push(floor);
            loads.push(load);
        }
        if found.is_none_or(|session| session.value.len() != VALUE) {
            return Err("the session is not there".into());
        }
    }
    Ok((median(loads)?, median(floors)?))
}

/// The store beside the floor, by turns: the round in the middle.
async fn compare(
    name: &str,
    store: Arc<dyn SessionStore>,
    mut bare: Bare,
    own_client: impl Fn() -> Result<Duration, Failure>,
) -> Outcome {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let own_client = own_client()?;
        let (load, floor) = by_turns(store.as_ref(), &mut bare).await?;
        rounds.push(Round { load, floor, own_client });
    }
    rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
    let Some(middle) = rounds.get(ROUNDS / 2) else { return Err("nothing was measured".into()) };
    let Round { load, floor, own_client } = middle;
    let ratios: Vec<String> = rounds.iter().map(|round| format!("{:.1}", round.ratio())).collect();
    println!(
        "{name}: load p50 {load:?}, bare connection {floor:?}, the server's own client {own_client:?}; times the bare connection, of each round: {}",
        ratios.join(" ")
    );
    assert!(middle.ratio() < MOST, "{name}: {ratios:?}");
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
    compare("Redis GET", place.store().await?, Bare::redis(server).await?, || get(&benchmark, server)).await
}

async fn postgresql() -> Outcome {
    let Some(pgbench) = parts::program(&["pgbench"])? else { return Ok(()) };
    let Some(place) = SharedPlace::postgres().await? else { return Ok(()) };
    let SharedPlace::Postgres(server) = &place else { return Err("another place".into()) };
    compare("PostgreSQL SELECT 1", place.store().await?, Bare::postgres(server).await?, || select(&pgbench, server))
        .await
}

/// One test, so that nobody else is measured at the same time.
#[tokio::test]
async fn a_session_is_loaded_within_six_times_what_a_bare_connection_takes() -> Outcome {
    redis().await?;
    postgresql().await
}

//! Real servers, if there are any.

use std::{
    env, fs,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use redis::{Value, aio::MultiplexedConnection};
use tokio::sync::{Mutex, MutexGuard};
use vestibule::{
    Clock, NumericDate, SessionStore, SystemClock,
    session_store::{Born, Moment, NewSession},
    store::Key,
};
use vestibule_redis::RedisStore;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
static DRAWN: AtomicU64 = AtomicU64::new(0);

/// The first server, for one test at a time: it counts what it was asked, for all together.
pub(crate) struct Server {
    url: String,
    prefix: String,
    _turn: MutexGuard<'static, ()>,
}

/// The URLs of all servers.
pub(crate) fn urls() -> Vec<String> {
    urls_in("VESTIBULE_TEST_REDIS")
}

fn urls_in(variable: &str) -> Vec<String> {
    let urls: Vec<String> = env::var(variable).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if urls.is_empty() {
        assert!(env::var("VESTIBULE_REQUIRE_REAL").as_deref() != Ok("1"), "{variable} has no URL");
        println!("skipped: {variable} has no URL");
    }
    urls
}

/// A store at a URL, with a prefix that nobody has.
pub(crate) fn store(url: &str, prefix: &str) -> RedisStore {
    let store = RedisStore::from_url(url).and_then(|store| store.prefix(prefix)).expect("a store");
    match env::var("VESTIBULE_TEST_REDIS_CA") {
        Ok(file) if url.starts_with("rediss") => {
            store.trusted_ca(&fs::read(file).expect("the authority")).expect("a certificate")
        }
        _ => store,
    }
}

/// A prefix that nobody has.
pub(crate) fn prefix() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    format!("test-{nanos}-{}", DRAWN.fetch_add(1, Ordering::Relaxed))
}

/// Now, as the server's own clock has it.
pub(crate) fn now() -> NumericDate {
    SystemClock::default().now()
}

/// A key that nobody has.
pub(crate) fn fresh() -> Key {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Key::from_bytes(bytes)
}

/// A session of a subject that ends in 100 seconds.
pub(crate) fn session(subject: Key, sid: Option<Key>) -> NewSession {
    NewSession::new(b"sealed".to_vec(), subject, sid, Born::new(now(), Moment(1)), now(), now().plus(100))
}

/// Waits for whoever uses the servers.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().await
}

impl Server {
    pub(crate) async fn first() -> Option<Self> {
        let url = urls().into_iter().next()?;
        Some(Self { url, prefix: prefix(), _turn: turn().await })
    }

    /// The one that may be mistreated, in order again.
    pub(crate) async fn spare() -> Option<Self> {
        let url = urls_in("VESTIBULE_TEST_REDIS_SPARE").into_iter().next()?;
        let spare = Self { url, prefix: prefix(), _turn: turn().await };
        spare.ask(&["REPLICAOF", "NO", "ONE"]).await;
        spare.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
        spare.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
        Some(spare)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A store: another machine's, each time.
    pub(crate) fn store(&self) -> RedisStore {
        store(&self.url, &self.prefix)
    }

    pub(crate) fn name(&self, kind: &str, key: Key) -> String {
        format!("{{{}}}:{kind}:{key}", self.prefix)
    }

    /// Another client.
    pub(crate) async fn client(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url.as_str()).expect("a client");
        client.get_multiplexed_async_connection().await.expect("connected")
    }

    /// What the server is asked by another client.
    pub(crate) async fn ask(&self, command: &[&str]) -> Value {
        let (name, arguments) = command.split_first().expect("a command");
        redis::cmd(name).arg(arguments).query_async(&mut self.client().await).await.expect("an answer")
    }

    /// How often a store's question went to the server: the calls of its commands, but for those inside of scripts.
    pub(crate) async fn calls(&self, store: &dyn SessionStore, question: impl AsyncFn(&dyn SessionStore)) -> u64 {
        question(store).await; // the connection is made, and the scripts are known
        let mut client = self.client().await;
        let () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut client).await.expect("reset");
        question(store).await;
        let said: String = redis::cmd("INFO").arg("stats").query_async(&mut client).await.expect("counted");
        let reads = said.lines().find_map(|line| line.strip_prefix("total_reads_processed:"));
        // One of them is the question about it.
        reads.and_then(|reads| reads.trim().parse::<u64>().ok()).expect("a number") - 1
    }
}

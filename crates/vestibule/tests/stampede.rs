//! A stampede: many requests of many sessions at once, when all their tokens have become stale (R88).
//!
//! The provider's refresh tokens are good once, and one that comes twice ends all tokens of its session. It holds its answers back
//! until every session's refresh waits there. `VESTIBULE_STAMPEDE=1000` sends a thousand requests for each session; see
//! docs/sessions.md for the command.

#![expect(clippy::print_stdout, reason = "the figures that docs/sessions.md has")]

mod house;

#[allow(dead_code, unreachable_pub, reason = "the bench of the tests of tokens, of which a part is used here")]
#[path = "tokens/bench.rs"]
mod bench;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use tower::ServiceExt;
use vestibule_provider::Browser;

use crate::{
    bench::{Mode, STALE_AFTER, application, around, machine, memory, op},
    house::{APP, House, TestClock},
};

const SESSIONS: usize = 100;
const USUALLY: usize = 30;
const VARIABLE: &str = "VESTIBULE_STAMPEDE";

/// What becomes of the answers' cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cookies {
    AllArrive,
    /// One in twenty gets lost, and of one session in twenty all.
    SomeGetLost,
}

/// Many sessions of one application, on one machine or more.
struct Herd {
    mode: Mode,
    cookies: Cookies,
    house: House,
    machines: Vec<Router>,
    /// The cookies of each session's browser.
    jars: Vec<Arc<Mutex<Jar>>>,
}

type Jar = BTreeMap<String, String>;

/// One request, as its session's browser has seen it.
struct Answer {
    session: usize,
    status: u16,
    body: String,
}

impl Herd {
    /// The machines in turn.
    fn machine(&self, number: usize) -> axum::Router {
        let mut machines = self.machines.iter().cycle();
        machines.nth(number % self.machines.len()).expect("one machine at least").clone()
    }

    async fn gather(mode: Mode, machines: usize, cookies: Cookies) -> Self {
        let (op, clock, store) = (op(), TestClock::new(), memory());
        let build = |_| machine(&op, &clock, mode, &store).build().expect("the settings hold together");
        let vestibules: Vec<_> = (0..machines).map(build).collect();
        let machines = vestibules.iter().map(application).collect();
        let house = around(op.clone(), clock, vestibules.first().expect("one machine at least"));
        let mut jars = Vec::new();
        for _ in 0..SESSIONS {
            let mut browser = house.another_browser();
            let page = browser.get(&format!("{APP}/token")).await;
            let page = browser.sign_in_as(&page, "alice").await;
            assert_eq!(page.status(), 200, "{}", page.text());
            jars.push(Arc::new(Mutex::new(jar(&browser))));
        }
        house.provider.forget_requests();
        Self { mode, cookies, house, machines, jars }
    }

    /// So many requests for each session: half of them before the provider answers, and half while it does.
    async fn round(&mut self, round: usize, requests: usize) {
        self.house.pass(STALE_AFTER);
        let (hold, started) = (self.house.provider.hold("/token"), Arc::new(AtomicUsize::new(0)));
        let mut asking = self.ask(round, 0..requests / 2, &started);
        hold.until_waiting(SESSIONS).await;
        while started.load(Ordering::SeqCst) < asking.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(hold.waiting(), SESSIONS, "{:?}: one request to the provider for each session", self.mode);
        hold.release();
        asking.extend(self.ask(round, requests / 2..requests, &started));
        let mut tokens = BTreeMap::new();
        for asking in asking {
            let Answer { session, status, body } = asking.await.expect("no panic");
            assert_eq!(status, 200, "{:?}: {body}", self.mode);
            let token = tokens.entry(session).or_insert_with(|| body.clone());
            assert_eq!(*token, body, "{:?}: one token for each session", self.mode);
        }
        assert_eq!(tokens.len(), SESSIONS);
    }

    fn ask(
        &self,
        round: usize,
        numbers: std::ops::Range<usize>,
        started: &Arc<AtomicUsize>,
    ) -> Vec<tokio::task::JoinHandle<Answer>> {
        let mut asking = Vec::new();
        for number in numbers {
            for (session, jar) in self.jars.iter().enumerate() {
                let app = self.machine(number + session);
                let is_lost = self.cookies == Cookies::SomeGetLost && is_lost(round, session, number);
                let (jar, started) = (Arc::clone(jar), Arc::clone(started));
                asking.push(tokio::spawn(async move {
                    started.fetch_add(1, Ordering::SeqCst);
                    let cookies = header(&jar.lock().expect("no panic"));
                    let (status, headers, body) = send(app, "/token", cookies).await;
                    if !is_lost {
                        keep(&mut jar.lock().expect("no panic"), &headers);
                    }
                    Answer { session, status, body }
                }));
            }
        }
        asking
    }

    /// Nobody was signed out, and no token was presented twice.
    async fn expect_all_well(&self, rounds: usize) {
        let tally = self.house.provider.tally();
        let expected = (rounds * SESSIONS, rounds * SESSIONS, rounds * SESSIONS);
        assert_eq!((tally.refresh_requests, tally.refreshes, tally.rotations), expected, "{:?}: {tally:?}", self.mode);
        assert_eq!((tally.reuses_detected, tally.families_revoked), (0, 0), "{:?}: {tally:?}", self.mode);
        for jar in &self.jars {
            let cookies = header(&jar.lock().expect("no panic"));
            let (status, _, body) = send(self.machine(0), "/api/me", cookies).await;
            assert_eq!((status, body.as_str()), (200, "alice"), "{:?}", self.mode);
        }
    }
}

/// The same for each run, and different from answer to answer.
fn is_lost(round: usize, session: usize, number: usize) -> bool {
    let mixed = (round * 31 + session * 17 + number * 13).wrapping_mul(0x9e37_79b9) >> 7;
    session % 20 == round % 20 || mixed.is_multiple_of(20)
}

fn jar(browser: &Browser) -> Jar {
    let sessions = house::rejection::cookies(browser, "session").into_iter();
    sessions.map(|cookie| (cookie.name, cookie.value)).collect()
}

fn header(jar: &Jar) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn keep(jar: &mut Jar, headers: &HeaderMap) {
    for line in headers.get_all("set-cookie") {
        let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a name and a value");
        jar.insert(name.to_owned(), value.to_owned());
    }
}

async fn send(app: Router, path: &str, cookies: String) -> (u16, HeaderMap, String) {
    let request = Request::get(path).header("cookie", cookies).body(Body::empty()).expect("a request");
    let (parts, body) = app.oneshot(request).await.expect("infallible").into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.expect("a body in memory");
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
}

async fn stampede(mode: Mode, machines: usize, cookies: Cookies) {
    let requests = std::env::var(VARIABLE).ok().map_or(USUALLY, |number| number.parse().expect("a number of requests"));
    let mut herd = Herd::gather(mode, machines, cookies).await;
    for round in 1..=2 {
        let began = Instant::now();
        herd.round(round, requests).await;
        herd.expect_all_well(round).await;
        println!(
            "{mode:?}, {machines} machines, {cookies:?}, round {round}: {requests} requests x {SESSIONS} sessions in {:?}; {:?}",
            began.elapsed(),
            herd.house.provider.tally()
        );
    }
}

/// R88
#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_sessions_in_a_store_makes_one_token_request_for_each() {
    stampede(Mode::Store, 1, Cookies::AllArrive).await;
}

/// R88: the lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_two_machines_makes_one_token_request_for_each_session() {
    stampede(Mode::Store, 2, Cookies::AllArrive).await;
    stampede(Mode::Cookies, 2, Cookies::AllArrive).await;
}

/// R88
#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_sessions_in_cookies_makes_one_token_request_for_each() {
    stampede(Mode::Cookies, 1, Cookies::AllArrive).await;
}

/// R88, and SECURITY-RULES, Refresh: a `Set-Cookie` can get lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_of_which_cookies_get_lost_makes_one_token_request_for_each_session() {
    stampede(Mode::Cookies, 1, Cookies::SomeGetLost).await;
}

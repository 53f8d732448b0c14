//! What strangers and the past leave behind in memory: nothing; and what happens at the bounds: nothing to those who are inside.
//!
//! `VESTIBULE_MEMORY=full` makes a million requests, a hundred thousand sessions and ten times as much as any bound allows; see
//! docs/sessions.md for the command.

mod house;

#[allow(dead_code, unreachable_pub, reason = "the bench of the tests of tokens, of which a part is used here")]
#[path = "tokens/bench.rs"]
mod bench;

use std::{process::Command, sync::Arc, time::Instant};

use axum::{Router, body::Body};
use http::{Request, request};
use tower::ServiceExt;
use vestibule::{
    Clock, MemoryStore, NumericDate, SessionStore,
    session_store::{Born, Insertion, Key, Moment, NewSession, Raising, Sizes, Update},
};

use crate::{
    bench::{MODES, Mode, alice_at, around, machine, op, token},
    house::{APP, House, TestClock, callback_url, rejection::with},
};

/// The numbers of the usual run, and of the full one.
fn scale(usual: usize, full: usize) -> usize {
    if std::env::var_os("VESTIBULE_MEMORY").is_some_and(|value| value == "full") { full } else { usual }
}

/// Memory is the process's: whoever measures it begins in a new one, which nobody has stretched before. Says whether this is it.
fn is_alone(test: &str) -> bool {
    const VARIABLE: &str = "VESTIBULE_ALONE";
    if std::env::var_os(VARIABLE).is_some_and(|value| value == test) {
        return true;
    }
    let this = std::env::current_exe().expect("a test is a program");
    let status = Command::new(this).args([test, "--exact", "--nocapture"]).env(VARIABLE, test).status();
    assert!(status.expect("it can be started again").success(), "{test}, in a process of its own");
    false
}

/// The memory of this process that is in use, in KiB, where the system says.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4)
}

/// What two measurements of the same thing may differ by, in KiB: allocators keep some in hand.
const NOISE: usize = 8 * 1024;

fn store_and_house(mode: Mode) -> (Arc<MemoryStore>, House) {
    let (op, clock, store) = (op(), TestClock::new(), Arc::new(MemoryStore::new()));
    let shared: Arc<dyn SessionStore> = store.clone();
    let vestibule = machine(&op, &clock, mode, &shared).build().expect("the settings hold together");
    (store, around(op, clock, &vestibule))
}

/// A name that nothing else has.
fn key(kind: u8, number: usize) -> Key {
    let mut bytes = [kind; 32];
    // The hash of the map takes the first bytes and the shard the last: what is a SHA-256 otherwise is spread over both.
    let mixed = u64::try_from(number).expect("a number").wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&mixed.to_le_bytes());
    bytes[31] = bytes[7] ^ bytes[3];
    Key::from_bytes(bytes)
}

async fn status(app: &Router, request: Request<Body>) -> u16 {
    app.clone().oneshot(request).await.expect("infallible").status().as_u16()
}

/// What people send who were never here, each a little different.
fn stranger(number: usize, session_cookie: &str) -> Request<Body> {
    let prefix = session_cookie.trim_end_matches("session");
    let forged = format!("{number:043}");
    let page = |path: String| Request::get(path).header("accept", "text/html");
    let request: request::Builder = match number % 12 {
        0 => page("/".to_owned()),
        1 => Request::get("/api/me"),
        2 => page("/token".to_owned()),
        3 => page(format!("/auth/login/corp?return_to=/page/{number}")),
        4 => page(format!("/auth/callback/corp?code={forged}&state={forged}")),
        5 => Request::get("/api/me").header("cookie", format!("{session_cookie}={forged}")),
        6 => Request::get("/token").header("cookie", format!("{session_cookie}={forged}; {session_cookie}-1={forged}")),
        7 => Request::post("/auth/logout").header("cookie", format!("{session_cookie}={forged}")),
        8 => page(format!("/auth/logged_out?state={forged}")).header("cookie", format!("{prefix}logout={forged}")),
        9 => page(format!("/auth/callback/corp?code=a&state={forged}"))
            .header("cookie", format!("{prefix}login-{number}={forged}")),
        10 => Request::get("/auth/session").header("cookie", format!("{session_cookie}={forged}")),
        _ => Request::post("/auth/backchannel_logout/corp").header("content-type", "application/x-www-form-urlencoded"),
    };
    request.body(Body::from(format!("logout_token={forged}"))).expect("a request")
}

/// V105: a flood of strangers leaves nothing in the store, and takes no memory.
#[tokio::test]
async fn requests_of_strangers_leave_nothing_behind() {
    if !is_alone("requests_of_strangers_leave_nothing_behind") {
        return;
    }
    let requests = scale(12_000, 1_000_000);
    for mode in MODES {
        let (store, house) = store_and_house(mode);
        let cookie = session_cookie(&house).await;
        assert_eq!(store.sizes(), Sizes::default(), "{mode:?}");
        for number in 0..requests / 10 {
            status(&house.app, stranger(number, &cookie)).await;
        }
        let (warm, began) = (resident(), Instant::now());
        for number in 0..requests {
            let status = status(&house.app, stranger(number, &cookie)).await;
            assert!(status < 500, "{mode:?}: request {number} got {status}");
        }
        assert_eq!(store.sizes(), Sizes::default(), "{mode:?}");
        let grown = resident().zip(warm).map(|(now, warm)| now.saturating_sub(warm));
        println!("{mode:?}: {requests} requests of strangers in {:?}, memory grew by {grown:?} KiB", began.elapsed());
        assert!(grown.unwrap_or_default() < NOISE, "{mode:?}: {grown:?} KiB");
    }
}

/// The name of the cookie in which the session is, from the login of somebody who is not counted.
async fn session_cookie(house: &House) -> String {
    let (_, mut elsewhere) = store_and_house(Mode::Store);
    elsewhere.sign_in("/api/me", "alice").await;
    let cookies = house::rejection::cookies(&elsewhere.browser, "session");
    assert_eq!(house.cookie_names(), Vec::<String>::new());
    cookies.first().expect("she is signed in").name.clone()
}

/// V105: who begins a login and makes up its end is remembered until the attempt would have ended anyway.
#[tokio::test]
async fn logins_with_a_made_up_end_are_forgotten_after_ten_minutes() {
    let attempts = scale(200, 20_000);
    for mode in MODES {
        let (store, mut house) = store_and_house(mode);
        let callback = callback_url(&mut house.browser, "/token", "alice").await;
        for _ in 0..attempts {
            let mut stranger = house.another_browser();
            let begun = stranger.get_without_redirects(&format!("{APP}/auth/login/corp")).await;
            let state = house::rejection::parameter(begun.header("location").expect("the provider"), "state");
            let made_up = with(&with(&callback, "state", &state), "code", "made-up");
            assert_eq!(
                stranger.get_without_redirects(&made_up).await.header("location"),
                Some("/auth/error"),
                "{mode:?}"
            );
        }
        assert_eq!(store.sizes().burnt_attempts, attempts, "{mode:?}");
        house.pass(3600);
        store.purge(house.clock.now());
        assert_eq!(store.sizes(), Sizes::default(), "{mode:?}");
    }
}

/// A session as a login makes it.
async fn recorded(store: &MemoryStore, now: NumericDate) -> NewSession {
    let value = vec![7; 1500];
    let moment = store.burn_attempt(key(1, 0), now, now).await.expect("in memory").expect("the first time");
    NewSession::new(value, key(2, 0), Some(key(3, 0)), Born::new(now, moment), now, now.plus(24 * 3600))
}

async fn fill(store: &MemoryStore, one: &NewSession, sessions: usize, now: NumericDate) {
    for number in 0..sessions {
        let mut session = one.clone();
        session.subject = key(2, number / 2);
        session.sid = Some(key(3, number));
        session.expires_at = now.plus(3600);
        assert_eq!(store.insert(key(4, number), session, now).await.expect("in memory"), Insertion::Done);
    }
}

/// V105, V64: what has expired gives its memory back, to be used again.
#[tokio::test]
async fn sessions_that_expired_give_their_memory_back() {
    if !is_alone("sessions_that_expired_give_their_memory_back") {
        return;
    }
    let sessions = scale(10_000, 100_000);
    let (store, mut now) = (MemoryStore::new(), NumericDate::from_seconds(1_700_000_000));
    let one = recorded(&store, now).await;
    let mut peaks = Vec::new();
    for _ in 0..6 {
        fill(&store, &one, sessions, now).await;
        let sizes = store.sizes();
        assert_eq!((sizes.sessions, sizes.indexed), (sessions, 2 * sessions));
        peaks.extend(resident());
        now = now.plus(3600);
        store.purge(now);
        assert_eq!(store.sizes(), Sizes::default());
    }
    println!("{sessions} sessions at a time: {peaks:?} KiB, and {:?} KiB when they are gone", resident());
    if let (Some(second), Some(last)) = (peaks.get(1), peaks.last()) {
        assert!(*last < second + NOISE, "what was given back is used again: {peaks:?}");
    }
}

/// V105: nobody has to call for it. Whoever comes by clears some of it away.
#[tokio::test]
async fn what_expired_is_cleared_away_by_whoever_comes_by() {
    let sessions = scale(10_000, 100_000);
    let (store, now) = (MemoryStore::new(), NumericDate::from_seconds(1_700_000_000));
    let one = recorded(&store, now).await;
    fill(&store, &one, sessions, now).await;
    let (later, mut asked) = (now.plus(3600), 0);
    while store.sizes() != Sizes::default() {
        assert!(store.load(key(5, asked), later).await.expect("in memory").is_none());
        asked += 1;
        assert!(asked <= sessions / 100, "{asked} requests cleared too little away: {:?}", store.sizes());
    }
}

/// Somebody who is signed in while somebody else fills the store, with a login under way in another browser.
struct Inside {
    mode: Mode,
    store: Arc<MemoryStore>,
    house: House,
}

impl Inside {
    async fn of(mode: Mode) -> Self {
        let (store, house) = store_and_house(mode);
        let (house, _) = alice_at(house).await;
        Self { mode, store, house }
    }

    fn now(&self) -> NumericDate {
        self.house.clock.now()
    }

    /// The session is as it was, its tokens too, and others can sign in.
    async fn expect_all_well(&mut self) {
        let mode = self.mode;
        assert_eq!(self.house.me().await.as_deref(), Some("alice"), "{mode:?}");
        let (mut bob, before) = (self.house.another_browser(), token(&mut self.house).await);
        let callback = callback_url(&mut bob, "/api/me", "bob").await;
        assert_eq!(bob.get(&callback).await.text(), "bob", "{mode:?}");
        assert_eq!(token(&mut self.house).await, before, "{mode:?}");
    }
}

/// How many times what a bound allows.
fn flood(bound: usize) -> usize {
    scale(bound + bound / 10, bound * 10)
}

/// V105: a hundred thousand, and the oldest give way.
#[tokio::test]
async fn more_burnt_attempts_than_fit_disturb_nobody() {
    for mode in MODES {
        let mut inside = Inside::of(mode).await;
        let (store, now) = (Arc::clone(&inside.store), inside.now());
        for number in 0..flood(100_000) {
            let burnt = store.burn_attempt(key(1, number), now.plus(600), now).await.expect("in memory");
            assert!(burnt.is_some());
        }
        assert_eq!(store.sizes().burnt_attempts, 100_000, "{mode:?}");
        inside.expect_all_well().await;
    }
}

/// V64, V105: a quarter of a million, and then whole issuers end; but no other issuer, and nobody who signs in later.
#[tokio::test]
async fn more_marks_than_fit_end_the_sessions_of_their_issuer_and_of_no_other() {
    let mut inside = Inside::of(Mode::Cookies).await;
    let (store, now, issuer) = (Arc::clone(&inside.store), inside.now(), key(6, 0));
    for number in 0..flood(250_000) {
        let raising = Raising::new(key(7, number), issuer, None, now.plus(3600));
        store.raise(raising, now).await.expect("in memory");
    }
    assert_eq!((store.sizes().marks, store.sizes().issuer_marks), (250_000, 1));
    for number in [0, 1, flood(250_000) - 1] {
        let mark = store.marks(&[key(7, number), issuer], now).await.expect("in memory");
        assert!(mark.ends(Born::new(now, Moment(0))), "a mark that gave way still ends what it ended: {number}");
    }
    inside.expect_all_well().await;
}

/// V105: a hundred thousand, and those that end soonest give way; what is kept for good stays.
#[tokio::test]
async fn more_kept_values_than_fit_disturb_nobody() {
    for mode in MODES {
        let mut inside = Inside::of(mode).await;
        let (store, now) = (Arc::clone(&inside.store), inside.now());
        let for_good = store.keep(key(8, 0), None, b"ours".to_vec(), None, now).await.expect("in memory");
        assert!(matches!(for_good, Update::Done(_)));
        for number in 1..=flood(100_000) {
            let kept =
                store.keep(key(8, number), None, vec![7; 32], Some(now.plus(600)), now).await.expect("in memory");
            assert!(matches!(kept, Update::Done(_)));
        }
        assert_eq!(store.sizes().kept, 100_000, "{mode:?}");
        assert!(store.kept(key(8, 0), now).await.expect("in memory").is_some(), "{mode:?}");
        inside.expect_all_well().await;
        for number in 1..100_000 {
            let kept =
                store.keep(key(11, number), None, vec![7; 32], None, now).await.expect("in the place of one that ends");
            assert!(matches!(kept, Update::Done(_)));
        }
        assert!(
            store.keep(key(11, 0), None, vec![7; 32], None, now).await.is_err(),
            "{mode:?}: nothing gives way any more"
        );
        assert!(store.kept(key(8, 0), now).await.expect("in memory").is_some(), "{mode:?}");
    }
}

/// V105: a hundred thousand, and a new one is refused until some have ended.
#[tokio::test]
async fn more_leases_than_fit_are_refused_and_disturb_nobody() {
    for mode in MODES {
        let mut inside = Inside::of(mode).await;
        let (store, now) = (Arc::clone(&inside.store), inside.now());
        let mut refused = 0;
        for number in 0..flood(100_000) {
            refused += usize::from(store.lease(key(9, number), now.plus(30), now).await.is_err());
        }
        assert_eq!((store.sizes().leases, refused), (100_000, flood(100_000) - 100_000), "{mode:?}");
        inside.expect_all_well().await;
        inside.house.pass(300);
        let refreshed = inside.house.browser.fetch(&format!("{APP}/token")).await;
        assert_eq!(refreshed.status(), 200, "{mode:?}: they have ended, and a refresh gets one");
    }
}

/// V105, V71: a hundred thousand, and a new one is refused, so that none that was used is forgotten.
#[tokio::test]
async fn more_logout_tokens_than_fit_are_refused_and_disturb_nobody() {
    let mut inside = Inside::of(Mode::Store).await;
    let (store, now) = (Arc::clone(&inside.store), inside.now());
    let mut refused = 0;
    for number in 0..flood(100_000) {
        refused += usize::from(store.remember_jti(key(10, number), now.plus(120), now).await.is_err());
    }
    assert_eq!((store.sizes().jtis, refused), (100_000, flood(100_000) - 100_000));
    assert!(store.knows_jti(key(10, 0), now).await.expect("in memory"));
    inside.expect_all_well().await;
}

/// V105: as many as were allowed, and a new one is refused; nobody who is signed in is signed out for it.
#[tokio::test]
async fn more_sessions_than_fit_are_refused_and_disturb_nobody() {
    const MOST: usize = 1000;
    let (op, clock, store) = (op(), TestClock::new(), Arc::new(MemoryStore::new().at_most_sessions(MOST)));
    let shared: Arc<dyn SessionStore> = store.clone();
    let vestibule = machine(&op, &clock, Mode::Store, &shared).build().expect("the settings hold together");
    let (mut house, before) = alice_at(around(op, clock, &vestibule)).await;
    let now = house.clock.now();
    let one = recorded(&store, now).await;
    let mut refused = 0;
    for number in 0..10 * MOST {
        let mut session = one.clone();
        session.subject = key(2, number);
        session.sid = Some(key(3, number));
        refused += usize::from(store.insert(key(4, number), session, now).await.is_err());
    }
    assert_eq!((store.sizes().sessions, store.sizes().indexed, refused), (MOST, 2 * MOST, 9 * MOST + 1));
    assert_eq!((house.me().await.as_deref(), token(&mut house).await), (Some("alice"), before));
    let mut bob = house.another_browser();
    let callback = callback_url(&mut bob, "/api/me", "bob").await;
    let page = bob.get(&callback).await;
    assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 503), "{}", page.text());
    assert_eq!(store.sizes().sessions, MOST);
}

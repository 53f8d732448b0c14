//! What a seal is opened to: anything, as if our own key had sealed it, in each place where sealed values come in.

use std::ops::Range;

use axum::Router;
use vestibule::{
    MemoryStore, SessionStore,
    session_store::{Born, Insertion, Key, Moment, NewSession},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    Verdict,
    door::{self, APP, Answered, PROVIDER},
    envelope::{self, Role},
    known,
    stage::NOW,
};

pub(crate) const WORDS: &[&str] = &[
    "s",
    "l",
    "p",
    "r",
    "e",
    "o",
    "t",
    "f",
    "n",
    "w",
    "k",
    "x",
    "corp",
    "https://login.example.com",
    "rp",
    "alice",
    "//evil.example",
    "/\\evil.example",
    "silent /",
    "stepping up /who",
    "<CANARY>",
    "\u{0}",
    "\u{1}",
    "\u{2}",
    "\u{7f}",
    "\u{80}",
    "{}",
    "{\"a\":1}",
];

/// The most bytes that are put behind a seal here: cookies hold no more.
const MOST_BYTES: usize = 2_500;

/// However wrong what was sealed is, it ends nobody's process, leads nowhere else, and makes nobody of whom it does not speak.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let Some((place, payload)) = data.split_first() else { return Verdict::Refused };
    if payload.len() > MOST_BYTES {
        return Verdict::Refused;
    }
    door::run(async {
        match place {
            b's' => in_session_cookie(payload).await,
            b'k' => in_store(payload).await,
            b'x' => unsealed(payload).await,
            b'l' => attempt(payload, "login-").await,
            b'p' => attempt(payload, "posted-login-").await,
            b'r' => return_address(payload).await,
            b'e' => error_record(payload).await,
            b'o' => logout(payload).await,
            b't' => trips(payload).await,
            b'f' => former(payload).await,
            b'n' => kept_name(payload).await,
            _ => wish(payload).await,
        }
    })
}

async fn in_session_cookie(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::Session, &door::context(&name("session")), payload);
    who(&door::with_cookies(), &session_cookie(&sealed), Some(payload)).await
}

/// One that our key did not seal.
async fn unsealed(envelope: &[u8]) -> Verdict {
    let cookie = session_cookie(&URL_SAFE_NO_PAD.encode(envelope));
    let verdict = who(&door::with_cookies(), &cookie, None).await;
    assert!(verdict == Verdict::Refused || known::SESSIONS.contains(&cookie.as_str()), "a session that nobody sealed");
    verdict
}

async fn in_store(payload: &[u8]) -> Verdict {
    let secret = [3; 32];
    let key = envelope::store_key(&[b"session", APP.as_bytes(), &secret]);
    let context = [door::context(&name("session")).as_slice(), b"\0", &key].concat();
    let value = envelope::seal_bytes(Role::StoredSession, &context, payload);
    let (key, subject) = (Key::from_bytes(key), Key::from_bytes([1; 32]));
    let session = NewSession::new(value, subject, None, Born::new(NOW, Moment(1)), NOW, NOW.plus(3600));
    let store = MemoryStore::new();
    let inserted = store.insert(key, session, NOW).await.expect("in memory");
    assert!(matches!(inserted, Insertion::Done), "a new store has no session");
    let cookie = format!("{}=k{}", name("session"), URL_SAFE_NO_PAD.encode(secret));
    who(&door::with_store(store), &cookie, Some(payload)).await
}

/// Who is signed in by this cookie: somebody of whom the payload speaks.
async fn who(app: &Router, cookie: &str, payload: Option<&[u8]>) -> Verdict {
    let answered = open(app, "/who", cookie).await;
    for place in ["/private/x", "/auth/session", "/auth/logout", "/auth/check_session"] {
        open(app, place, cookie).await;
    }
    let Some(who) = answered.who() else { return Verdict::Refused };
    assert!((1..=255).contains(&who.len()) && who.is_ascii(), "a subject that is none: {who:?}");
    if let Some(payload) = payload {
        assert!(payload.windows(who.len()).any(|window| window == who.as_bytes()), "somebody of whom nothing was said");
    }
    Verdict::Accepted
}

/// The payload begins with the name of the attempt: 22 characters.
async fn attempt(payload: &[u8], kind: &str) -> Verdict {
    let Some((attempt, payload)) = payload.split_at_checked(22) else { return Verdict::Refused };
    let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let Ok(attempt) = str::from_utf8(attempt) else { return Verdict::Refused };
    if !attempt.bytes().all(|byte| is_legal(&byte)) {
        return Verdict::Refused;
    }
    let cookie_name = name(&format!("{kind}{attempt}"));
    let sealed = envelope::seal(Role::PendingLogin, &door::context(&cookie_name), payload);
    let state = state(attempt, b"/who");
    let app = door::with_cookies();
    let callback = format!("/auth/callback/{PROVIDER}?code=x&state={state}&iss=https%3A%2F%2Flogin.example.com");
    let cookie = format!("{cookie_name}={sealed}");
    // One that crowds it is looked into as well.
    open(&app, &format!("/auth/login/{PROVIDER}"), &cookie).await;
    let answered = open(&app, &callback, &cookie).await;
    assert_no_end(&answered);
    // Burnt, or never there: a second time nobody is signed in either.
    assert_no_end(&open(&app, &callback, &cookie).await);
    let record = set_cookie(&answered, &name("error"));
    let status = open(&app, "/auth/error", &record).await.status.as_u16();
    // The provider was to be asked: the attempt was believed.
    Verdict::from((status == 503).then_some(()))
}

/// It led to the error page; or, where it was of no use, to the provider once more.
fn assert_no_end(answered: &Answered) {
    let location = answered.location().expect("a callback renders nothing");
    let goes_on = location.starts_with("https://login.example.com/authorize?");
    let failed = location == "/auth/error" || location.starts_with("/auth/error?record=");
    assert!(goes_on || failed, "a login without a provider came to its end: {location}");
    assert_eq!(set_cookie(answered, &name("session")), "", "a session that nobody signed in for");
}

/// A callback that comes too late leads somebody who is signed in to the page that it was for.
async fn return_address(payload: &[u8]) -> Verdict {
    let state = state("AAAAAAAAAAAAAAAAAAAAAA", payload);
    let callback = format!("/auth/callback/{PROVIDER}?code=x&state={state}");
    let answered = open(&door::with_cookies(), &callback, known::SESSIONS[0]).await;
    let location = answered.location().expect("a callback renders nothing");
    Verdict::from((!matches!(location, "/" | "/auth/error")).then_some(()))
}

async fn error_record(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::LoginError, &door::context(&name("error")), payload);
    let answered = open(&door::with_cookies(), "/auth/error", &format!("{}={sealed}", name("error"))).await;
    let text = String::from_utf8_lossy(&answered.body);
    // V9
    assert!(!text.contains("<CANARY"), "a page with somebody's markup: {text}");
    Verdict::from(text.contains("Reference").then_some(()))
}

async fn logout(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::Logout, &door::context(&name("logout")), payload);
    let state: String = payload.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    let cookie = format!("{}={sealed}", name("logout"));
    let answered = open(&door::with_cookies(), &format!("/auth/logged_out?state={state}"), &cookie).await;
    Verdict::from(answered.location())
}

/// Whatever a browser is said to have gone through, it is sent to the provider or told why not.
async fn trips(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::Trips, &door::context(&name("trips")), payload);
    let cookie = format!("{}={sealed}", name("trips"));
    let answered = open(&door::with_cookies(), &format!("/auth/login/{PROVIDER}"), &cookie).await;
    assert_no_end(&answered);
    // It was believed: it is counted on, or ends on a page.
    let counted = answered.location().is_some_and(|location| location.starts_with("/auth/error"));
    Verdict::from((counted || !set_cookie(&answered, &name("trips")).is_empty()).then_some(()))
}

/// Whoever was here, nobody is signed in by it. A POST that is kept is kept for the person of whom the payload speaks.
async fn former(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::Former, &door::context(&name("former")), payload);
    let (app, cookie) = (door::that_keeps_posts(), format!("{}={sealed}", name("former")));
    let answered = door::ask(&app, door::own_form("/letters", &cookie, "text=x")).await;
    assert_eq!(answered.status.as_u16(), 401, "a stranger");
    let names = set_cookies(&answered, &name("kept-"));
    assert!(names.len() <= 1, "one letter, several names: {names:?}");
    let Some((place, sealed)) = names.first().and_then(|pair| pair.split_once('=')) else { return Verdict::Refused };
    let kept = envelope::open(Role::KeptName, &door::context(place), sealed).expect("a seal of ours");
    let subject = kept.get(KEPT_SUBJECT).expect("a name has a subject");
    assert!(
        payload.windows(subject.len()).any(|window| window == subject),
        "kept for somebody of whom nothing was said"
    );
    // What a page calls it leads to nothing for a stranger.
    let id = kept.get(KEPT_ID).map(|id| URL_SAFE_NO_PAD.encode(id)).expect("a name has an id");
    let cookie = format!("{cookie}; {place}={sealed}");
    let sent = door::ask(&app, door::own_form("/letters", &cookie, &format!("vestibule_kept={id}"))).await;
    assert_eq!(sent.status.as_u16(), 401, "sent for a stranger");
    Verdict::Accepted
}

/// Where a name, as it is written, has its id and its subject: after the byte of its version.
const KEPT_ID: Range<usize> = 1..17;
const KEPT_SUBJECT: Range<usize> = 17..49;

/// A name of what was never kept: it is looked at, and nothing is shown, sent or thrown away.
async fn kept_name(payload: &[u8]) -> Verdict {
    let place = name("kept-0");
    let sealed = envelope::seal(Role::KeptName, &door::context(&place), payload);
    let (app, cookie) = (door::that_keeps_posts(), format!("{}; {place}={sealed}", known::SESSIONS[0]));
    let id = URL_SAFE_NO_PAD.encode(payload.get(KEPT_ID).unwrap_or(&[0; 16]));
    let page = format!("/auth/kept/{id}");
    let looked = open(&app, &page, &cookie).await;
    let sent = door::ask(&app, door::own_form("/letters", &cookie, &format!("vestibule_kept={id}"))).await;
    let thrown = door::ask(&app, door::own_form(&page, &cookie, "")).await;
    for answered in [&looked, &sent, &thrown] {
        assert!(matches!(answered.status.as_u16(), 403 | 410), "status {}", answered.status);
    }
    open(&app, &page, &format!("{place}={sealed}")).await;
    // It was believed: it is somebody else's, or forgotten since there is nothing.
    let believed = looked.status.as_u16() == 403 || !set_cookies(&looked, &place).is_empty();
    Verdict::from(believed.then_some(()))
}

async fn wish(payload: &[u8]) -> Verdict {
    let sealed = envelope::seal(Role::Wish, &door::context(PROVIDER), payload);
    let app = door::with_cookies();
    let plain = open(&app, &format!("/auth/login/{PROVIDER}"), "").await;
    let answered = open(&app, &format!("/auth/login/{PROVIDER}?wish={sealed}"), "").await;
    let parameters = |answered: &Answered| answered.location().map_or(0, |location| location.matches('&').count());
    Verdict::from((parameters(&answered) > parameters(&plain)).then_some(()))
}

async fn open(app: &Router, path_and_query: &str, cookie: &str) -> Answered {
    door::ask(app, door::navigation(path_and_query, cookie.as_bytes()).expect("text of ours")).await
}

fn name(purpose: &str) -> String {
    format!("{}{purpose}", door::cookie_prefix())
}

/// In one piece, or two.
fn session_cookie(sealed: &str) -> String {
    match sealed.split_at_checked(3600).filter(|(_, rest)| !rest.is_empty()) {
        Some((first, rest)) => format!("{}=2{first}; {}={rest}", name("session"), name("session-1")),
        None => format!("{}=1{sealed}", name("session")),
    }
}

fn state(attempt: &str, return_to: &[u8]) -> String {
    format!("{attempt}.{}", envelope::seal(Role::ReturnAddress, &door::state_context(attempt), return_to))
}

/// The pair of the cookie of this name that an answer sets.
fn set_cookie(answered: &Answered, name: &str) -> String {
    set_cookies(answered, name).pop().unwrap_or_default()
}

/// The pairs of the cookies whose names begin so.
fn set_cookies(answered: &Answered, name: &str) -> Vec<String> {
    let lines = answered.headers.get_all(http::header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.filter_map(|line| line.split(';').next());
    pairs.filter(|pair| pair.starts_with(name)).map(str::to_owned).collect()
}

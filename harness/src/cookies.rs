//! The Cookie header: names, values, pieces of a session, more than anybody sets.

use vestibule::MemoryStore;

use crate::{Verdict, door, known};

pub(crate) const WORDS: &[&str] = &[
    "__Host-vestibule-",
    "__Host-vestibule-69baddde-session=",
    "__Host-vestibule-69baddde-session-1=",
    "__Host-vestibule-69baddde-login-",
    "__Host-vestibule-69baddde-posted-login-",
    "__Host-vestibule-69baddde-error=",
    "__Host-vestibule-69baddde-logout=",
    "; ",
    ";",
    "=",
    "1",
    "2",
    "k",
    "\t",
    " ",
    "\u{e9}",
];

/// Somebody is signed in only by a session that we sealed, in cookies that came once each.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let in_store = door::with_store(MemoryStore::new());
    let in_cookies = door::with_cookies();
    door::run(async {
        let Some(request) = door::navigation("/who", data) else { return Verdict::Refused };
        let answered = door::ask(&in_store, request).await;
        assert_eq!(answered.who(), None, "somebody is signed in of whom the store does not know");
        let mut verdict = Verdict::Refused;
        for place in ["/who", "/auth/error", "/auth/logged_out", "/auth/session", "/private/x", "/auth/login/corp"] {
            let answered = door::ask(&in_cookies, door::navigation(place, data).expect("as before")).await;
            if place == "/who"
                && let Some(who) = answered.who()
            {
                assert_eq!(who, "alice", "somebody else");
                assert_is_known(data);
                verdict = Verdict::Accepted;
            }
        }
        verdict
    })
}

/// The pairs of a Cookie header whose names begin as ours do, naively.
fn ours(header: &[u8]) -> Vec<(String, Vec<u8>)> {
    let prefix = door::cookie_prefix();
    let pairs = header.split(|byte| *byte == b';');
    let trimmed = pairs.map(|pair| {
        let text: Vec<u8> = pair.to_vec();
        let start = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let end = text.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        text.get(start..text.len().saturating_sub(end)).unwrap_or_default().to_vec()
    });
    trimmed
        .filter_map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = pair.split_at(equals);
            let name = str::from_utf8(name).ok().filter(|name| name.starts_with(&prefix))?;
            // One with other characters is none that we ever set.
            let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if !name.bytes().all(is_legal) {
                return None;
            }
            Some((name.to_owned(), value.get(1..).unwrap_or_default().to_vec()))
        })
        .collect()
}

fn assert_is_known(header: &[u8]) {
    let (came, sessions) = (ours(header), known::SESSIONS.map(|known| ours(known.as_bytes())));
    let is_whole = |known: &Vec<(String, Vec<u8>)>| known.iter().all(|pair| came.contains(pair));
    assert!(sessions.iter().any(is_whole), "a session that nobody sealed");
    // V61
    let is_twice = |(at, pair): (usize, &(String, Vec<u8>))| came.iter().skip(at + 1).any(|other| other.0 == pair.0);
    assert!(!came.iter().enumerate().any(is_twice), "a cookie of ours twice, and believed");
    // V62
    assert!(came.len() <= 32, "{} cookies of ours, and believed", came.len());
}

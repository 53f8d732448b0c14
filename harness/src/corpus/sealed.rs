//! What is behind the seals of real logins, opened.

use axum::body::Body;
use http::{Method, Request};
use url::Url;

use super::{
    Made,
    browser::{Town, posted},
};
use crate::{
    door::{self, APP, Answered, PROVIDER},
    envelope::{self, Role},
    known,
};

pub(super) fn make(made: &mut Made) {
    door::run(async {
        session(made).await;
        attempts(made).await;
        others(made).await;
        kept(made).await;
    });
    made.accepted("sealed", "return-address", "r/profile?a=b");
    made.accepted("sealed", "return-address-silent", "rsilent /profile");
    made.refused("sealed", "return-address-away", "r//evil.example");
    made.refused("sealed", "return-address-not-utf8", b"r/\xff");
    made.refused("sealed", "nothing", "s");
    made.refused("sealed", "zeros", [b"s".as_slice(), &[0; 64]].concat());
    made.refused("sealed", "unsealed", [b"x\x01".as_slice(), &[0; 64]].concat());
    made.refused("sealed", "stored-zeros", [b"k\x01".as_slice(), &[0; 64]].concat());
    made.refused("sealed", "attempt-zeros", [b"lAAAAAAAAAAAAAAAAAAAAAA".as_slice(), &[0; 56]].concat());
    made.refused("sealed", "wish-zeros", [b"w".as_slice(), &[0; 16]].concat());
    made.refused("sealed", "former-zeros", [b"f".as_slice(), &[0; 16]].concat());
    made.refused("sealed", "kept-name-zeros", [b"n".as_slice(), &[0; 16]].concat());
    made.refused("sealed", "error-zeros", [b"e".as_slice(), &[0; 16]].concat());
}

async fn session(made: &mut Made) {
    let mut town = Town::new(None);
    town.sign_in("alice").await;
    let (_, value) = town.cookie("session");
    let payload = opened(Role::Session, "session", value.get(1..).unwrap_or_default());
    made.accepted("sealed", "session", [b"s", payload.as_slice()].concat());
    made.accepted("sealed", "stored-session", [b"k", payload.as_slice()].concat());
    // All that it says of times, at their ends.
    let (version, rest) = payload.split_first().expect("a payload");
    let extreme: Vec<u8> = [&[*version], [0xff; 9].as_slice(), &[0x01], [0xff; 9].as_slice(), &[0x01], rest].concat();
    made.refused("sealed", "session-at-the-end-of-time", [b"s", extreme.as_slice()].concat());

    let out = Request::builder()
        .method(Method::POST)
        .uri(format!("{APP}/auth/logout"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty());
    town.browser.request(out.expect("a request")).await;
    let (_, value) = town.cookie("logout");
    made.accepted("sealed", "logout", [b"o", opened(Role::Logout, "logout", &value).as_slice()].concat());
}

async fn attempts(made: &mut Made) {
    for (mark, kind, mut town) in [(b"l", "login-", Town::new(None)), (b"p", "posted-login-", Town::with(None, posted))]
    {
        let page = town.browser.get_without_redirects(&format!("{APP}/me")).await;
        let (_, rest) = page.header("location").expect("the provider").split_once("state=").expect("a state");
        let (attempt, _) = rest.split_once('.').expect("a state of ours");
        let (place, value) = town.cookie(kind);
        let payload = opened(Role::PendingLogin, &format!("{kind}{place}"), &value);
        let seed = [mark.as_slice(), attempt.as_bytes(), &payload].concat();
        // A form is posted; a callback by query is none.
        if kind == "login-" {
            made.accepted("sealed", "attempt", seed)
        } else {
            made.refused("sealed", "posted-attempt", seed)
        }
    }
}

async fn others(made: &mut Made) {
    let mut town = Town::new(None);
    let page = town.browser.get(&format!("{APP}/me")).await;
    town.browser.sign_in_as(&page, "alice").await;
    let (_, value) = town.cookie("trips");
    let payload = opened(Role::Trips, "trips", &value);
    made.accepted("sealed", "trips", [b"t", payload.as_slice()].concat());

    let mut town = Town::new(None);
    town.browser.get_without_redirects(&format!("{APP}/auth/callback/{PROVIDER}?state=x")).await;
    let (_, value) = town.cookie("error");
    let payload = opened(Role::LoginError, "error", &value);
    made.accepted("sealed", "error", [b"e", payload.as_slice()].concat());

    let mut town = Town::new(None);
    let page = town.browser.get(&format!("{APP}/me")).await;
    town.browser.sign_in_as(&page, "bob").await;
    let (_, value) = town.cookie("error");
    let payload = opened(Role::LoginError, "error", &value);
    made.accepted("sealed", "error-with-markup", [b"e", payload.as_slice()].concat());

    let fetched = town.browser.fetch(&format!("{APP}/strict")).await;
    let problem: serde_json::Value = serde_json::from_str(fetched.text()).expect("a problem");
    let login = problem.get("login_url").and_then(serde_json::Value::as_str).expect("where to sign in");
    let login = Url::parse(login).expect("a URL");
    let (_, wish) = login.query_pairs().find(|(name, _)| name == "wish").expect("what is wished");
    let payload = envelope::open(Role::Wish, &door::context(PROVIDER), &wish).expect("a seal of ours");
    made.accepted("sealed", "wish", [b"w", payload.as_slice()].concat());
}

/// Somebody looks at the page with the form, and sends it when their session is over.
async fn kept(made: &mut Made) {
    let app = door::that_keeps_posts();
    let looked =
        door::ask(&app, door::navigation("/letters", known::SESSIONS[0].as_bytes()).expect("text of ours")).await;
    let (pair, value) = set(&looked, "former");
    made.accepted("sealed", "former", [b"f", opened(Role::Former, "former", &value).as_slice()].concat());
    let sent = door::ask(&app, door::own_form("/letters", &pair, "text=x")).await;
    let (_, value) = set(&sent, "kept-0");
    made.accepted("sealed", "kept-name", [b"n", opened(Role::KeptName, "kept-0", &value).as_slice()].concat());
}

/// A cookie that an answer sets: the pair, and its value.
fn set(answered: &Answered, purpose: &str) -> (String, String) {
    let name = format!("{}{purpose}=", door::cookie_prefix());
    let lines = answered.headers.get_all(http::header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.filter_map(|line| line.split(';').next());
    let pair = pairs.find(|pair| pair.starts_with(&name)).expect("it is set");
    (pair.to_owned(), pair.trim_start_matches(&name).to_owned())
}

fn opened(role: Role, name: &str, sealed: &str) -> Vec<u8> {
    let context = door::context(&format!("{}{name}", door::cookie_prefix()));
    envelope::open(role, &context, sealed).expect("a seal of ours")
}

//! What is wrong with cookies, and with what is sealed.

use vestibule::LoginErrorKind;

use crate::{
    dice::Dice,
    draft::{Draft, Malformed, encoded},
    rightful::{Jar, Rightful},
};

/// A login of this browser that somebody brings a made-up code to: the provider says no.
const NO_SUCH_CODE: &[LoginErrorKind] = &[LoginErrorKind::Denied];

const PLACES: &[&str] = &[
    "/",
    "/inside",
    "/gated",
    "/auth/error",
    "/auth/logout",
    "/auth/session",
    "/auth/check_session",
    "/auth/frontchannel_logout/corp?iss=a&sid=b",
];

const SUFFIXES: &[&str] = &[
    "session",
    "session-0",
    "session-1",
    "session-2",
    "session-01",
    "session-",
    "Session",
    "session%2d1",
    "login-",
    "login-x",
    "posted-login-x",
    "error",
    "logout",
    "trips",
    "former",
    "kept-x",
    "",
    "-",
    "session\u{e9}",
    "sess ion",
];

/// Names, pieces, duplicates, numbers and sizes. No session among them is whole and under its name once.
pub(crate) fn names(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let mut jar = Jar::new();
    for _ in 0..=dice.below(5) {
        jar.extend(cookie(dice, rightful));
    }
    if dice.one_in(30) {
        let many = 20 + dice.below(60);
        jar.extend((0..many).map(|number| (format!("{}login-{number}", rightful.prefix), text(&dice.letters(40)))));
    }
    if dice.one_in(30) {
        jar.push((format!("{}session", rightful.prefix), "1A".repeat(1 << dice.below(15))));
    }
    let mut draft = if dice.one_in(4) {
        let (code, state) = (dice.letters(20), rightful.said("state"));
        Draft::get(format!("/auth/callback/corp?code={}&state={state}&iss={}", text(&code), rightful.said("iss")))
            .naming(NO_SUCH_CODE)
    } else {
        Draft::get(dice.pick(PLACES)).navigation()
    };
    let separators: &[&str] = &["; ", "; ", ";", ", ", " ;\t", ";;", "&"];
    let separator = dice.pick(separators);
    let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(separator);
    draft = draft.header("cookie", line);
    if dice.one_in(10) {
        draft = draft.header("cookie", dice.nasty());
    }
    draft.whole()
}

fn cookie(dice: &mut Dice, rightful: &Rightful) -> Jar {
    let Rightful { prefix, session, login, error, .. } = rightful;
    let named = |suffix: &str, value: &str| vec![(format!("{prefix}{suffix}"), value.to_owned())];
    let (session_value, login) = (&session[0].1, login.first().cloned());
    match dice.below(12) {
        // The same twice is from nobody.
        0 => [session.clone(), session.clone()].concat(),
        // What is sealed for one name does not open under another (V67).
        1 => login.map_or_else(Jar::new, |(_, value)| named("session", &format!("1{value}"))),
        2 => {
            let suffix = dice.pick(&SUFFIXES[1..]);
            named(suffix, session_value)
        }
        3 => named("session", &error[0].1),
        // Of so many pieces, of which there are fewer.
        4 => {
            let count = dice.pick(&["0", "2", "3", "9", "", "k", "11"]);
            named("session", &format!("{count}{}", &session_value[1..]))
        }
        5 => named("session", &format!("\"{session_value}\"")),
        6 => named("session", &session_value.chars().rev().collect::<String>()),
        7 => vec![(prefix.to_uppercase() + "session", session_value.clone())],
        8 => login.map_or_else(Jar::new, |login| vec![login]),
        9 => vec![(text(&dice.nasty()), text(&dice.nasty()))],
        10 => named("session", &format!("k{}", text(&dice.letters(43)))),
        _ => {
            let suffix = dice.pick(SUFFIXES);
            named(suffix, &text(&dice.nasty()))
        }
    }
}

/// V59, V60: whatever we sealed, with a few letters that are others, at the place where it is opened.
pub(crate) fn sealed(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let flip = |dice: &mut Dice, jar: &Jar| -> Jar {
        jar.iter().map(|(name, value)| (name.clone(), dice.flipped(value))).collect()
    };
    let response = |state: &str| {
        let [code, iss] = ["code", "iss"].map(|name| encoded(rightful.said(name).as_bytes()));
        format!("/auth/callback/corp?code={code}&iss={iss}&state={}", encoded(state.as_bytes()))
    };
    let state = rightful.said("state");
    match dice.below(7) {
        0 | 1 => {
            let place = dice.pick(PLACES);
            Draft::get(place).cookies(&flip(dice, &rightful.session)).whole()
        }
        2 => Draft::get(response(&state)).cookies(&flip(dice, &rightful.login)).whole(),
        3 => Draft::get(response(&dice.flipped(&state))).cookies(&rightful.login).whole(),
        4 => Draft::get("/auth/error").cookies(&flip(dice, &rightful.error)).never(400).whole(),
        5 => {
            let place = format!("/auth/logged_out?state={}", rightful.logout_state);
            Draft::get(place).cookies(&flip(dice, &rightful.logout)).never(303).whole()
        }
        _ => {
            let wish = dice.flipped(&state);
            Draft::get(format!("/auth/login/corp?wish={wish}")).navigation().whole()
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

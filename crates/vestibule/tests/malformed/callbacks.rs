//! Responses of the provider, as they may come through a browser: in a query, in a form, in a form with a fragment.

use url::form_urlencoded;
use vestibule::LoginErrorKind;

use crate::{
    dice::Dice,
    draft::{Draft, Malformed, encoded},
    house::{APP, ISSUER},
    rightful::Rightful,
};

/// A response to a login of this browser that is none, or says no, is the provider's doing.
const OF_THE_PROVIDER: &[LoginErrorKind] = &[LoginErrorKind::Denied, LoginErrorKind::Misbehaved];

const UNKNOWN: &[&str] = &["id_token", "access_token", "token_type", "response", "scope", "session_state", "x"];

const MEDIA_TYPES: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "APPLICATION/X-WWW-FORM-URLENCODED",
    "application/x-www-form-urlencoded-not",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json",
    "",
];

/// The parameters of a response with something in it that no login may end with.
fn parameters(dice: &mut Dice, rightful: &Rightful) -> String {
    let mut pairs: Vec<(String, Vec<u8>)> =
        rightful.parameters().into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let essentials = essentials(rightful);
    for _ in 0..=dice.below(2) {
        let essential = dice.pick(&essentials);
        let Some(at) = pairs.iter().position(|(name, _)| name == essential) else { continue };
        match dice.below(6) {
            0 => drop(pairs.remove(at)),
            1 => pairs[at].1 = dice.mangled(&pairs[at].1),
            2 => pairs[at].1 = [b"x".as_slice(), &dice.nasty()].concat(),
            3 => {
                let twice = pairs[at].clone();
                pairs.insert(dice.below(pairs.len()), twice);
            }
            4 => pairs[at].0 = text(&dice.mangled(essential.as_bytes())),
            _ => pairs.push((essential.to_owned(), dice.nasty())),
        }
    }
    match dice.below(10) {
        0 => {
            let error = dice.nasty();
            pairs.push(("error".to_owned(), error));
            pairs.push(("error_description".to_owned(), dice.nasty()));
            pairs.push(("error_uri".to_owned(), dice.nasty()));
        }
        1 => {
            let name = dice.pick(UNKNOWN);
            pairs.push((name.to_owned(), dice.nasty()));
        }
        2 => pairs.extend((0..dice.below(500)).map(|number| (format!("p{number}"), b"x".to_vec()))),
        _ => {}
    }
    if essentials.iter().all(|essential| is_as_it_was(&pairs, essential, rightful)) {
        pairs.push(("state".to_owned(), dice.nasty()));
    }
    let written = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name.as_bytes()), encoded(value)));
    written.collect::<Vec<_>>().join("&")
}

/// What a response of this provider is nothing without. An ID Token says who answers, so that `iss` may be left out beside it (RFC
/// 9207 4).
fn essentials(rightful: &Rightful) -> [&'static str; 3] {
    ["state", "code", if rightful.said("id_token").is_empty() { "iss" } else { "id_token" }]
}

/// Whether one change has undone another.
fn is_as_it_was(pairs: &[(String, Vec<u8>)], name: &str, rightful: &Rightful) -> bool {
    let mut values = pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_slice());
    values.next() == Some(rightful.said(name).as_bytes()) && values.next().is_none()
}

/// One that is not written as parameters are, or hardly; and with nothing of the login in its last third.
fn garbage(dice: &mut Dice, rightful: &Rightful) -> Vec<u8> {
    let parameters = rightful.response.parameters.as_bytes();
    match dice.below(4) {
        0 => dice.nasty(),
        1 => parameters[..dice.below(parameters.len() / 2)].to_vec(),
        2 => [b"state=".as_slice(), &dice.nasty().repeat(1 + dice.below(40))].concat(),
        _ => dice.bytes(300),
    }
}

/// With the cookie of the login, and without.
fn with_cookie(dice: &mut Dice, rightful: &Rightful, draft: Draft) -> Draft {
    if dice.one_in(5) { draft } else { draft.cookies(&rightful.login).naming(OF_THE_PROVIDER) }
}

/// R16 to R33: in the query.
pub(crate) fn query(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let query = if dice.one_in(4) { garbage(dice, rightful) } else { parameters(dice, rightful).into_bytes() };
    let provider = if dice.one_in(8) { dice.pick(&["hop", "posted", "lab", "nobody", ""]) } else { "corp" };
    let target = [format!("/auth/callback/{provider}?").as_bytes(), &query].concat();
    let method = if dice.one_in(10) { dice.pick(&["HEAD", "PUT", "OPTIONS"]) } else { "GET" };
    with_cookie(dice, rightful, Draft::new(method, target, "")).whole()
}

/// R30: in a form of the provider's.
pub(crate) fn form(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let body = match dice.below(8) {
        0 | 1 => garbage(dice, rightful),
        2 => [parameters(dice, rightful).as_bytes(), b"&padding=", &b"x".repeat(17_000 + dice.below(60_000))].concat(),
        _ => parameters(dice, rightful).into_bytes(),
    };
    post(dice, rightful, "posted", ISSUER, &body)
}

/// What the page of ours hands over that reads the fragment, and what poses as it.
pub(crate) fn fragment(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let inner = if dice.one_in(4) { garbage(dice, rightful) } else { parameters(dice, rightful).into_bytes() };
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair(dice.pick(&["fragment", "fragment", "fragment", "Fragment", "hash"]), &text(&inner));
    if dice.one_in(8) {
        body.append_pair(dice.pick(&["fragment", "code", "state"]), &text(&dice.nasty()));
    }
    let mut body = body.finish().into_bytes();
    if dice.one_in(10) {
        body = dice.mangled(&body[..body.len() / 2]);
    }
    post(dice, rightful, "hop", APP, &body)
}

fn post(dice: &mut Dice, rightful: &Rightful, provider: &str, from: &str, body: &[u8]) -> Malformed {
    let provider = if dice.one_in(10) { dice.pick(&["corp", "lab", "nobody"]) } else { provider };
    let media_type = if dice.one_in(5) { dice.pick(MEDIA_TYPES) } else { MEDIA_TYPES[0] };
    let origin = if dice.one_in(5) { text(&dice.nasty()) } else { from.to_owned() };
    let draft = Draft::post(format!("/auth/callback/{provider}"), body);
    let draft = draft.header("content-type", media_type).header("origin", origin).header("accept", "text/html");
    with_cookie(dice, rightful, draft).whole()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! What is wrong at our other places: where logins begin and end, what the provider tells us, and what it fetches.

use crate::{
    dice::Dice,
    draft::{Draft, Malformed, encoded},
    house::{APP, ISSUER},
    rightful::Rightful,
    target::PROVIDERS,
};

/// Pairs of these names with values that somebody made up.
fn query(dice: &mut Dice, names: &[&str], values: &[&str]) -> String {
    let count = 1 + dice.below(4);
    let pairs = (0..count).map(|_| {
        let name = dice.pick(names);
        let value = if dice.one_in(3) { dice.pick(values).as_bytes().to_vec() } else { dice.nasty() };
        // Some as a browser would write them, some raw.
        let raw = String::from_utf8_lossy(&value).replace(['&', '#', '\r', '\n'], "");
        if dice.one_in(4) { format!("{name}={raw}") } else { format!("{name}={}", encoded(&value)) }
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn provider(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => encoded(&dice.nasty()),
        _ => (dice.pick(&PROVIDERS)).to_owned(),
    }
}

/// Where logins begin.
pub(crate) fn login(dice: &mut Dice, _: &Rightful) -> Malformed {
    let query =
        query(dice, &["return_to", "return_to", "wish", "provider", "x"], &["/inside", "corp", "/a?b=c", "%2f"]);
    let own = if dice.one_in(2) { String::new() } else { format!("/{}", provider(dice)) };
    let draft = Draft::get(format!("/auth/login{own}?{query}"));
    let draft = if dice.one_in(4) { draft.header("sec-fetch-dest", dice.nasty()) } else { draft.navigation() };
    draft.whole()
}

/// Where they end: by the person, or by what poses as the provider.
pub(crate) fn logout(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    match dice.below(6) {
        0 => {
            let origin = if dice.one_in(2) { APP.as_bytes().to_vec() } else { dice.nasty() };
            let cookie = (format!("{}session", rightful.prefix), dice.flipped(&rightful.session[0].1));
            Draft::form("/auth/logout", dice.nasty()).header("origin", origin).cookies(&[cookie]).whole()
        }
        1 => {
            let query = query(dice, &["state", "state", "x"], &[&rightful.logout_state]);
            Draft::get(format!("/auth/logged_out?{query}")).whole()
        }
        _ => back_channel(dice, rightful),
    }
}

/// V70, V77: no token but the very one that was signed.
fn back_channel(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let token = rightful.logout_token.as_bytes();
    let bad = match dice.below(6) {
        0 => dice.nasty(),
        1 => dice.letters(400),
        2 => {
            // Another header, over the same claims and signature.
            let header = br#"{"alg":"none","typ":"logout+jwt"}"#;
            let rest = token.splitn(2, |byte| *byte == b'.').nth(1).unwrap_or_default();
            [&base64(header), b".".as_slice(), rest].concat()
        }
        _ => dice.mangled(token),
    };
    let mut body = format!("logout_token={}", encoded(&bad));
    match dice.below(8) {
        0 => body = format!("{body}&{body}"),
        1 => body.push_str(&"&padding=x".repeat(2000)),
        2 => body = String::from_utf8_lossy(&dice.mangled(body.as_bytes())).into_owned(),
        3 => body.push_str(&format!("&x={}", "x".repeat(300))),
        _ => {}
    }
    let target = format!("/auth/backchannel_logout/{}", provider(dice));
    if dice.one_in(10) {
        return Draft::get(format!("{target}?{body}")).never(200).whole();
    }
    if dice.one_in(8) {
        return Draft::post(target, body).header("content-type", dice.nasty()).never(200).whole();
    }
    Draft::form(target, body).never(200).whole()
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes).into_bytes()
}

/// The front channel, and what a page's script may ask.
pub(crate) fn session(dice: &mut Dice, rightful: &Rightful) -> Malformed {
    let cookie = (format!("{}session", rightful.prefix), dice.flipped(&rightful.session[0].1));
    match dice.below(5) {
        0 | 1 => {
            let query = query(dice, &["iss", "sid", "iss", "sid", "x"], &[ISSUER, "http://127.0.0.1:3001/", "a-sid"]);
            let draft = Draft::get(format!("/auth/frontchannel_logout/{}?{query}", provider(dice)));
            if dice.one_in(3) { draft.cookies(&[cookie]).whole() } else { draft.whole() }
        }
        2 => {
            let origin = if dice.one_in(2) { APP.as_bytes().to_vec() } else { dice.nasty() };
            let body = format!("session_state={}", encoded(&dice.nasty()));
            Draft::form("/auth/session_changed", body).header("origin", origin).cookies(&[cookie]).whole()
        }
        3 => Draft::get("/auth/check_session").cookies(&[cookie]).header("sec-fetch-dest", dice.nasty()).whole(),
        _ => Draft::get("/auth/session").cookies(&[cookie]).header("accept", dice.nasty()).whole(),
    }
}

/// Logins that another site begins, and what providers come for.
pub(crate) fn published(dice: &mut Dice, _: &Rightful) -> Malformed {
    match dice.below(4) {
        0 | 1 => {
            let names = ["iss", "login_hint", "target_link_uri", "iss"];
            let query = query(dice, &names, &[ISSUER, "http://localhost:3000/inside", "https://evil.example/"]);
            let target = format!("/auth/initiate_login/{}", provider(dice));
            if dice.one_in(2) {
                Draft::form(target, query).whole()
            } else {
                Draft::get(format!("{target}?{query}")).navigation().whole()
            }
        }
        2 => {
            let id = encoded(&dice.nasty());
            Draft::get(format!("/auth/request_objects/{}/{id}", provider(dice))).never(200).whole()
        }
        _ => {
            let place = dice.pick(&["jwks", "sector_identifier"]);
            let target = format!("/auth/{place}/{}", provider(dice));
            Draft::new(dice.pick(&["GET", "POST", "PUT", "HEAD"]), target, dice.nasty()).whole()
        }
    }
}

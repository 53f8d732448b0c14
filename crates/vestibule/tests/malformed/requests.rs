//! What is wrong in the request line, and in headers.

use crate::{
    dice::Dice,
    draft::{Draft, Malformed},
    rightful::Rightful,
    target::PROVIDERS,
};

const METHODS: &[&str] =
    &["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "G\tET", "", "GETGETGETGET", "é"];

const VERSIONS: &[&str] =
    &["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "http/1.1", "", "X"];

const NAMES: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "forwarded",
    "if-modified-since",
    "if-none-match",
    "origin",
    "priority",
    "range",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-purpose",
    "upgrade-insecure-requests",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-http-method-override",
    "x-original-url",
];

/// Headers that say where a message ends, or who is spoken to.
const FRAMING: &[(&str, &str)] = &[
    ("content-length", "5"),
    ("content-length", "-1"),
    ("content-length", "99999999999999999999"),
    ("content-length", "0x10"),
    ("transfer-encoding", "chunked"),
    ("transfer-encoding", "gzip, chunked"),
    ("transfer-encoding", "chunked, identity"),
    ("transfer-encoding", "\u{b}chunked"),
    ("connection", "upgrade"),
    ("connection", "x-user, host, cookie"),
    ("upgrade", "websocket"),
    ("upgrade", "h2c"),
    ("expect", "100-continue"),
    ("expect", "the unexpected"),
    ("te", "trailers, deflate"),
    ("host", "evil.example"),
    ("host", ""),
    ("host", "a\u{0}b"),
];

/// A place of ours or of the application's, as it should be.
fn place(dice: &mut Dice) -> Vec<u8> {
    const PLACES: &[&str] =
        &["/", "/inside", "/gated", "/form", "/auth/login", "/auth/error", "/auth/logout", "/auth/logged_out"];
    const OTHERS: &[&str] = &["/auth/session", "/auth/check_session", "/auth/session_changed", "/auth", "/nowhere"];
    const OWN: &[&str] = &[
        "login",
        "callback",
        "initiate_login",
        "backchannel_logout",
        "frontchannel_logout",
        "jwks",
        "sector_identifier",
        "request_objects",
    ];
    match dice.below(4) {
        0 => dice.pick(OTHERS).as_bytes().to_vec(),
        1 | 2 => {
            let path = format!("/auth/{}/{}", dice.pick(OWN), dice.pick(&PROVIDERS));
            path.into_bytes()
        }
        _ => dice.pick(PLACES).as_bytes().to_vec(),
    }
}

/// The first line, and what separates it from the rest.
pub(crate) fn line(dice: &mut Dice, _: &Rightful) -> Malformed {
    let good = place(dice);
    let target = match dice.below(10) {
        0 => good.clone(),
        1 => [b"http://localhost:3000".as_slice(), &good].concat(),
        2 => [b"*".as_slice(), b"localhost:3000", b"//", b"", b"http://", b"https://[::1"][dice.below(6)].to_vec(),
        3 => [good.as_slice(), b"/", &dice.nasty()].concat(),
        4 => [good.as_slice(), b"?", &dice.nasty(), b"#", &dice.nasty()].concat(),
        5 => [b"/auth/", dice.nasty().as_slice(), &good].concat(),
        6 => good.repeat(1 + dice.below(400)),
        _ => dice.mangled(&good),
    };
    if dice.one_in(3) {
        // As HTTP has it, with an odd target.
        return Draft::new(dice.pick(&["GET", "POST", "PUT", "OPTIONS"]), target, dice.bytes(32)).whole();
    }
    let method = if dice.one_in(3) { dice.pick(METHODS) } else { "GET" };
    let version = if dice.one_in(3) { dice.pick(VERSIONS) } else { "HTTP/1.1" };
    let space: &[u8] = if dice.one_in(8) { dice.pick(&[b"  ".as_slice(), b"\t", b"", b"\0"]) } else { b" " };
    let end: &[u8] = if dice.one_in(8) { dice.pick(&[b"\n".as_slice(), b"\r", b"\n\r", b" \r\n"]) } else { b"\r\n" };
    let mut bytes = [
        method.as_bytes(),
        space,
        &target,
        space,
        version.as_bytes(),
        end,
        b"host: localhost:3000",
        end,
        b"accept: text/html",
        end,
        end,
    ]
    .concat();
    match dice.below(24) {
        0 => bytes.splice(0..0, b"\r\n\r\n".to_vec()).for_each(drop),
        1 => bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        2 => bytes.truncate(dice.below(bytes.len())),
        3 => bytes = dice.bytes(400),
        // A ClientHello, at a port that speaks no TLS.
        4 => bytes = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &dice.bytes(500)].concat(),
        _ => {}
    }
    Malformed::odd(bytes)
}

/// Any header but Cookie, which is a family of its own.
pub(crate) fn headers(dice: &mut Dice, _: &Rightful) -> Malformed {
    let place = place(dice);
    let is_post = dice.one_in(4);
    let mut draft = if is_post { Draft::form(place, dice.nasty()) } else { Draft::get(place) };
    let count = if dice.one_in(40) { 60 + dice.below(80) } else { 1 + dice.below(8) };
    for _ in 0..count {
        let name = dice.pick(NAMES);
        let value = match dice.below(30) {
            0 => dice.letters(3000).repeat(1 + dice.below(40)),
            1..9 => right_value(dice, name),
            _ => dice.nasty(),
        };
        draft = draft.header(name, value);
    }
    if dice.one_in(6) {
        let letters = dice.letters(12);
        draft = draft.header(letters, dice.nasty());
    }
    if dice.one_in(12) { odd_headers(dice, draft) } else { draft.whole() }
}

/// So that the rest of the request comes far.
fn right_value(dice: &mut Dice, name: &str) -> Vec<u8> {
    let among: &[&str] = match name {
        "accept" => &["text/html", "*/*", "application/json"],
        "sec-fetch-mode" => &["navigate", "cors", "no-cors", "websocket"],
        "sec-fetch-dest" => &["document", "empty", "iframe", "image"],
        "sec-fetch-site" => &["none", "same-origin", "same-site", "cross-site"],
        "origin" => &["http://localhost:3000", "null", "https://evil.example"],
        "content-type" => &["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"],
        _ => &["prefetch", "evil.example", "https", "/admin"],
    };
    dice.pick(among).as_bytes().to_vec()
}

/// Lines that are none, or that say where the message ends.
fn odd_headers(dice: &mut Dice, draft: Draft) -> Malformed {
    let mut bytes = draft.whole().bytes;
    let line = match dice.below(5) {
        0 => {
            let name = dice.nasty();
            [name.as_slice(), b": ", &dice.nasty(), b"\r\n"].concat()
        }
        1 => [b" folded ", dice.nasty().as_slice(), b"\r\n"].concat(),
        2 => [b"no-colon", dice.nasty().as_slice(), b"\r\n"].concat(),
        _ => {
            let (name, value) = dice.pick(FRAMING);
            format!("{name}: {value}\r\n").into_bytes()
        }
    };
    let at = bytes.windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
    bytes.splice(at..at, line);
    Malformed::odd(bytes)
}

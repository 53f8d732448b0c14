//! What is wrong in what the provider answers, as the door's own HTTP client reads it: metadata, keys, tokens, userinfo.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use vestibule::{Client, LoginErrorKind, Provider, ReqwestClient, SecretKey, Vestibule};
use vestibule_provider::{Browser, Fault};

use crate::{
    authority::Authority,
    dice::Dice,
    house::{APP, CLIENT_SECRET},
    ledger::{Ledger, Page},
    op::{Instead, Op},
    target::{FAILED, INSIDE, application, kind_on, sorry, status_of},
};

/// What DESIGN 4 has for a provider that answers, and not as it should; or in a way that is no answer.
const OF_THE_PROVIDER: &[LoginErrorKind] =
    &[LoginErrorKind::Denied, LoginErrorKind::Misbehaved, LoginErrorKind::Unreachable];

/// What is asked of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Metadata,
    Keys,
    Token,
    UserInfo,
}

impl Question {
    const ALL: [Self; 4] = [Self::Metadata, Self::Keys, Self::Token, Self::UserInfo];

    const fn path(self) -> &'static str {
        match self {
            Self::Metadata => "/.well-known/openid-configuration",
            Self::Keys => "/jwks",
            Self::Token => "/token",
            Self::UserInfo => "/userinfo",
        }
    }

    /// A right answer, were it not for somebody else: whatever of it is changed, nobody may be let in by it.
    async fn almost_right(self, op: &Op) -> Vec<u8> {
        match self {
            Self::Metadata | Self::Keys => op.rightful(self.path()).await,
            Self::Token => {
                let id_token = op.provider.logout_token("my-app").sid("somebody").sign();
                let answer = json!({
                    "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300,
                    "refresh_token": "a-refresh-token", "scope": "openid profile", "id_token": id_token,
                });
                answer.to_string().into_bytes()
            }
            Self::UserInfo => {
                json!({"sub": "somebody-else", "name": "Somebody", "email_verified": true}).to_string().into_bytes()
            }
        }
    }
}

/// So many logins one provider sees: what it remembers of them is not what is measured.
const LOGINS: usize = 250;
/// How many providers and doors there are at a time.
const LANES: u64 = 4;

pub(crate) async fn run(seed: u64, answers: usize, ledger: &mut Ledger) {
    let http = ReqwestClient::new(Some(Authority::new().pem.as_bytes())).expect("a client");
    let lanes = (0..LANES).map(|lane| {
        let (http, dice) = (http.clone(), Dice::new(seed, 11, lane));
        async move { Lane::new(http, dice).await.run(answers.div_ceil(4)).await }
    });
    ledger.add("answers of the provider", join_all(lanes)).await;
}

/// What this provider would answer.
async fn rightful(op: &Op) -> Vec<(Question, Vec<u8>)> {
    let mut rightful = Vec::new();
    for question in Question::ALL {
        rightful.push((question, question.almost_right(op).await));
    }
    rightful
}

/// One provider, and its doors one after the other: what a door has fetched it would keep.
struct Lane {
    dice: Dice,
    http: ReqwestClient,
    op: Op,
    rightful: Vec<(Question, Vec<u8>)>,
    page: Page,
}

impl Lane {
    async fn new(http: ReqwestClient, dice: Dice) -> Self {
        let op = Op::serve().await;
        Self { dice, http, rightful: rightful(&op).await, op, page: Page::default() }
    }

    async fn run(mut self, answers: usize) -> Page {
        for number in 0..answers {
            if number % LOGINS == 0 {
                self.op = Op::serve().await;
                self.rightful = rightful(&self.op).await;
            }
            let (question, rightful) = self.rightful[number % self.rightful.len()].clone();
            let bytes = draw(&mut self.dice, question, &rightful);
            self.sign_in(question, bytes).await;
        }
        self.page
    }

    /// Somebody signs in, as far as they get.
    async fn sign_in(&mut self, question: Question, bytes: Vec<u8>) {
        // The tokens of a provider whose userinfo is wrong are right; elsewhere no signature holds, whatever the keys are.
        self.op.provider.set_fault((question != Question::UserInfo).then_some(Fault::BadSignature));
        let mut browser = self.browser();
        self.op.answers(Instead { path: question.path().to_owned(), bytes: bytes.clone() });
        let (began, told) =
            (Instant::now(), || format!("{question:?}: {}", bytes[..bytes.len().min(700)].escape_ascii()));
        let mut page = browser.get_without_redirects(&format!("{APP}/auth/login/corp?return_to=/inside")).await;
        let there = page.header("location").filter(|to| *to != "/auth/error").map(str::to_owned);
        let is_sent_on = there.is_some();
        if let Some(there) = there.filter(|_| question != Question::Metadata) {
            page = browser.get_without_redirects(&there).await;
            if page.status() == 200 {
                page = browser.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
            }
            let callback = page.header("location").expect("the way back").to_owned();
            page = browser.get_without_redirects(&callback).await;
        }
        self.page.sent += 1;
        self.page.answered(Some(page.status().as_u16()), began.elapsed());
        if page.header("location") == Some("/auth/error") {
            let shown = browser.get(&format!("{APP}/auth/error")).await;
            let kind = kind_on(shown.text());
            let is_of_the_table = kind.is_some_and(|kind| shown.status().as_u16() == status_of(kind));
            if !is_of_the_table || !kind.is_some_and(|kind| OF_THE_PROVIDER.contains(&kind)) {
                self.page.unexpected(&format!("{} -> {} {}", told(), shown.status(), shown.text()));
            }
        } else if !is_sent_on || page.status().is_server_error() || page.text().contains(FAILED) {
            self.page.unexpected(&format!("{} -> {} {:?}", told(), page.status(), page.header("location")));
        }
        let inside = browser.fetch(&format!("{APP}/inside")).await;
        if inside.status() != 401 || inside.text().contains(INSIDE) {
            self.page.accepted(&told());
        }
    }

    /// At a door that was never asked before.
    fn browser(&self) -> Browser {
        let issuer = self.op.provider.issuer().as_str();
        let client = Client::confidential("my-app", CLIENT_SECRET);
        let vestibule = Vestibule::builder(APP)
            .secret_key(SecretKey::from_bytes([7; 32]))
            .http_client(self.http.clone())
            .provider("corp", Provider::discovered(issuer, client).expect("an issuer"))
            .error_view(sorry)
            .build()
            .expect("the settings hold together");
        let mut browser = Browser::new();
        browser.site(APP, application(&vestibule));
        browser.site(issuer, self.op.provider.router());
        browser
    }
}

/// An answer, from its first line to its last byte.
fn draw(dice: &mut Dice, question: Question, rightful: &[u8]) -> Vec<u8> {
    let body = match dice.below(10) {
        0 => dice.nasty(),
        1 => rightful[..dice.below(rightful.len())].to_vec(),
        2 | 3 => dice.mangled(rightful),
        4 => odd_json(dice),
        _ => with_other_members(dice, rightful),
    };
    let media_type = if question == Question::Keys { "application/jwk-set+json" } else { "application/json" };
    match dice.below(5) {
        0 => odd_head(dice, &body),
        1 => with_other_headers(dice, media_type, &body),
        _ => [head("200 OK", media_type, body.len()).as_bytes(), &body].concat(),
    }
}

fn head(status: &str, media_type: &str, length: usize) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n")
}

/// JSON that is hard on whoever reads it.
fn odd_json(dice: &mut Dice) -> Vec<u8> {
    match dice.below(8) {
        0 => b"[".repeat(1 << dice.below(17)),
        1 => b"{\"a\":".repeat(1 << dice.below(15)),
        2 => [b"\xef\xbb\xbf{}".as_slice(), b"\xff\xfe{\0}\0", b"NaN", b"{,}", b"{\"a\":1,}", b"'a'"][dice.below(6)]
            .to_vec(),
        3 => format!("{{\"keys\":[{}]}}", vec!["{}"; 1 << dice.below(14)].join(",")).into_bytes(),
        4 => format!("{{\"sub\":\"{}\"}}", "\\u0000\\ud800x".repeat(1 << dice.below(12))).into_bytes(),
        5 => format!("{{\"expires_in\":{}}}", "9".repeat(1 << dice.below(12))).into_bytes(),
        6 => b" ".repeat(1 << dice.below(19)),
        _ => {
            let name = String::from_utf8_lossy(&dice.nasty()).into_owned();
            json!({ name: {"keys": [null, 1, "x", [], {"kty": "RSA"}]} }).to_string().into_bytes()
        }
    }
}

/// Some members gone, some of another type, some there twice.
fn with_other_members(dice: &mut Dice, rightful: &[u8]) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(rightful).expect("a document");
    for _ in 0..=dice.below(4) {
        change(dice, &mut document, 0);
    }
    let mut text = document.to_string();
    if dice.one_in(6) && text.len() > 2 {
        let again = text.clone();
        text.truncate(text.len() - 1);
        text = format!("{text},{}", &again[1..]);
    }
    text.into_bytes()
}

fn change(dice: &mut Dice, value: &mut Value, depth: usize) {
    let members = match value {
        Value::Object(members) if !members.is_empty() => members,
        Value::Array(items) if !items.is_empty() && depth < 4 => {
            let at = dice.below(items.len());
            return change(dice, &mut items[at], depth + 1);
        }
        _ => return *value = made_up(dice),
    };
    let name = members.keys().nth(dice.below(members.len())).cloned().expect("one of them");
    match dice.below(5) {
        0 => drop(members.remove(&name)),
        1 if depth < 4 => change(dice, &mut members[&name], depth + 1),
        2 => {
            let moved = members.remove(&name).expect("it is there");
            members.insert(format!("{name}x"), moved);
        }
        _ => drop(members.insert(name, made_up(dice))),
    }
}

fn made_up(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(dice.draw()),
        3 => json!(-1.5e300),
        4 => json!([]),
        5 => json!({}),
        6 => json!([[["x"]], {"y": null}]),
        7 => json!("https://evil.example/"),
        8 => Value::Object(
            (0..dice.below(200)).map(|number| (format!("m{number}"), json!(number))).collect::<Map<_, _>>(),
        ),
        _ => json!(String::from_utf8_lossy(&dice.nasty())),
    }
}

/// Other status codes, media types and what else a head can say of a body, with the right length.
fn with_other_headers(dice: &mut Dice, media_type: &str, body: &[u8]) -> Vec<u8> {
    const STATUS: &[&str] = &["100 x", "201 x", "204 x", "206 x", "301 x", "304 x", "307 x", "400 x", "401 x", "403 x"];
    const MORE: &[&str] = &["404 x", "418 x", "429 x", "451 x", "500 x", "502 x", "503 x", "599 x", "200 ", "200"];
    let status = match dice.below(4) {
        0 => dice.pick(STATUS),
        1 => dice.pick(MORE),
        _ => "200 OK",
    };
    let types =
        [media_type, "text/html", "application/jwt", "application/json; charset=utf-16", "application/jsonx", "/", ""];
    let mut head = head(status, dice.pick(&types), body.len());
    for _ in 0..dice.below(4) {
        let nasty: Vec<u8> = dice.nasty().into_iter().filter(|byte| byte.is_ascii_graphic()).collect();
        let name =
            dice.pick(&["cache-control", "etag", "location", "retry-after", "set-cookie", "content-encoding", "x"]);
        let value = if dice.one_in(3) { "gzip" } else { &String::from_utf8(nasty).expect("ASCII") };
        head.insert_str(head.len() - 2, &format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), body].concat()
}

/// What is hardly HTTP.
fn odd_head(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    match dice.below(9) {
        0 => Vec::new(),
        1 => dice.bytes(200),
        2 => [head("200 OK", "application/json", body.len() + 1 + dice.below(99)).as_bytes(), body].concat(),
        3 => [chunked.as_bytes(), b"ffffffffffffffff1\r\n", body].concat(),
        4 => [chunked.as_bytes(), format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat(),
        5 => [b"HTTP/1.1 200 OK\r\n".as_slice(), &b"x: y\r\n".repeat(1 << dice.below(12)), b"\r\n", body].concat(),
        6 => [b"HTTP/1.1 102 Processing\r\n\r\n".repeat(dice.below(9)).as_slice(), &dice.nasty()].concat(),
        7 => [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".as_slice(), body].concat(),
        _ => {
            let head = head("200 OK", "application/json", body.len());
            [&dice.mangled(head.as_bytes()), body].concat()
        }
    }
}

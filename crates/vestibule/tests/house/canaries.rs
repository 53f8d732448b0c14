//! Every test is one of secrets too: what travels between a browser, the application and the provider is remembered, and no log line of any
//! test, at TRACE and with every field, may have any of it again, nor may a page of ours (V69).
//!
//! Found by its runs of letters and digits, so that it does not matter what stands around; raw, in hex, in base64 and in base64url.

use std::{
    collections::{BTreeSet, HashSet},
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use base64::prelude::{
    BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD, Engine as _,
};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;
use url::{Url, form_urlencoded};
use vestibule::{HttpClient, core::Limits, core::http_client::Answer};

/// What every test plants: the client secret, as it is and as forms and headers have it, the secret key, and somebody's claims.
const PLANTED: [&str; 9] = [
    "a secret: 100% ours",
    "a+secret%3A+100%25+ours",
    "a%20secret",
    "YSBzZWNyZXQ6IDEwMCUgb3Vycy",
    "BwcHBwcHBwcHBwcHBwcHBw",
    "7, 7, 7, 7, 7",
    "0707070707",
    "Alice Liddell",
    "alice@example.com",
];

/// By whichever parameter, member or header it travels.
const SECRET: [&str; 18] = [
    "code",
    "state",
    "nonce",
    "code_verifier",
    "code_challenge",
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "logout_token",
    "client_secret",
    "client_assertion",
    "request",
    "token",
    "password",
    "registration_access_token",
    "initial_access_token",
    "wish",
];

/// Shorter ones are words, not secrets.
const SHORTEST: usize = 16;
/// Enough for any test; the rest of a storm is more of the same.
const MOST: usize = 20_000;

#[derive(Default)]
struct Known {
    runs: HashSet<String>,
    lengths: BTreeSet<usize>,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// Remembers a secret, in every form in which it could come out again.
pub fn remember(secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    let mut guard = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = guard.get_or_insert_default();
    // The header of a token says how it is signed, which the next one says too.
    let secret = secret.strip_prefix("eyJ").and_then(|token| token.split_once('.')).map_or(secret, |(_, rest)| rest);
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in
        [secret.to_owned(), hex.to_uppercase(), hex, STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)]
    {
        for run in runs(&form) {
            if known.runs.len() < MOST {
                known.lengths.insert(run.len());
                known.runs.insert(run.to_owned());
            }
        }
    }
}

/// A secret that a text has in it.
pub fn found_in(text: &str) -> Option<String> {
    if let Some(planted) = PLANTED.into_iter().find(|planted| text.contains(planted)) {
        return Some(planted.to_owned());
    }
    let guard = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = guard.as_ref()?;
    let in_run = |run: &str| {
        let lengths = known.lengths.iter().filter(|length| **length <= run.len());
        lengths.flat_map(|length| run.as_bytes().windows(*length)).find_map(|window| {
            let window = str::from_utf8(window).expect("ASCII");
            known.runs.contains(window).then(|| window.to_owned())
        })
    };
    runs(text).find_map(in_run)
}

/// Ends the whole test run when a secret comes out: a panic in a task of its own would be one more failure of that task.
pub fn expect_none_in(text: &str, what: &str) {
    if let Some(secret) = found_in(text) {
        let said = format!("V69: the secret '{secret}' came out in {what}: {text}\n");
        let _ = std::io::stderr().write_all(said.as_bytes());
        std::process::abort();
    }
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.split(move |c| !is_part(c)).filter(|run| run.len() >= SHORTEST)
}

fn remember_form(form: &[u8]) {
    form_urlencoded::parse(form)
        .filter(|(name, _)| SECRET.contains(&name.as_ref()))
        .for_each(|(_, value)| remember(&value));
}

fn remember_json(value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                value.as_str().filter(|_| SECRET.contains(&name.as_str())).into_iter().for_each(remember);
                remember_json(value);
            }
        }
        Value::Array(values) => values.iter().for_each(remember_json),
        _ => {}
    }
}

fn remember_body(body: &[u8]) {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => remember_json(&value),
        Err(_) if body.starts_with(b"eyJ") => remember(&String::from_utf8_lossy(body)),
        Err(_) => remember_form(body),
    }
}

fn remember_headers(headers: &HeaderMap) {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    for value in headers.get_all(header::AUTHORIZATION) {
        text(value).split(' ').skip(1).for_each(remember);
    }
    for cookie in headers.get_all(header::COOKIE).iter().map(text) {
        let ours = cookie.split("; ").filter_map(|pair| pair.split_once('='));
        ours.filter(|(name, _)| name.contains("vestibule-")).for_each(|(_, value)| remember(value));
    }
    for line in headers.get_all(header::SET_COOKIE).iter().map(text) {
        line.split(';').next().and_then(|pair| pair.split_once('=')).into_iter().for_each(|(_, value)| remember(value));
    }
    for url in headers.get_all(header::LOCATION).iter().filter_map(|value| Url::parse(&text(value)).ok()) {
        remember_form(url.query().unwrap_or_default().as_bytes());
    }
}

/// An HTTP client that hears what is said.
#[derive(Clone, Debug)]
pub struct Overheard<C>(pub C);

impl<C: HttpClient> HttpClient for Overheard<C> {
    fn send(&self, request: http::Request<Bytes>, limits: Limits) -> Answer<'_> {
        remember_headers(request.headers());
        remember_body(request.body());
        let asked = self.0.send(request, limits);
        Box::pin(async move {
            let answer = asked.await?;
            remember_body(answer.body());
            Ok(answer)
        })
    }
}

/// Where a page of ours has what it must not have elsewhere: the form that takes an ID Token to the provider's logout (V75), and the
/// request object that the provider fetches (Core 6.2).
const BELONGS: [&str; 2] = ["/auth/logout", "/auth/request_objects/"];

/// A layer that hears what browsers and providers say to the application, and reads what it answers on paths of ours.
pub async fn overhear(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    remember_headers(request.headers());
    remember_form(request.uri().query().unwrap_or_default().as_bytes());
    let response = next.run(request).await;
    remember_headers(response.headers());
    for (name, value) in response.headers() {
        let is_for_it = [header::SET_COOKIE, header::LOCATION].contains(name);
        if !is_for_it {
            expect_none_in(&String::from_utf8_lossy(value.as_bytes()), &format!("the header {name} of {path}"));
        }
    }
    if !path.starts_with("/auth/") || BELONGS.iter().any(|belongs| path.starts_with(belongs)) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    expect_none_in(&String::from_utf8_lossy(&body), &format!("the page {path}"));
    Response::from_parts(parts, Body::from(body))
}

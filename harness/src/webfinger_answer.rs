//! What a WebFinger service answers.

use serde_json::Value;
use vestibule_core::discovery::{WebFingerRequest, WebFingerResource};

use crate::{
    Verdict,
    answer::{accept, status_and_body},
    oracle::Members,
};

pub(crate) const WORDS: &[&str] = &[
    "\"links\":[",
    "\"rel\":\"http://openid.net/specs/connect/1.0/issuer\"",
    "\"href\":\"https://login.example.com\"",
    "\"href\":\"http://127.0.0.1\"",
    "\"subject\":\"acct:joe@example.com\"",
    "null",
    "{}",
    "[]",
    "\"rel\":1",
];

const REL: &str = "http://openid.net/specs/connect/1.0/issuer";

/// The issuer that is found is the first link's, and is asked over TLS.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (status, body) = status_and_body(data);
    let resource = WebFingerResource::parse("joe@example.com").expect("an identifier");
    let Some(issuer) = accept(WebFingerRequest::new(resource), status, body, &[]) else { return Verdict::Refused };
    assert_eq!(status, 200, "no answer");
    let answer = Members::of(body).expect("an answer that is no object");
    let links = answer.get("links").and_then(Value::as_array).expect("no links");
    let link = links.iter().find(|link| link.get("rel").is_some_and(|rel| rel == REL)).expect("no link to an issuer");
    assert_eq!(link.get("href").and_then(Value::as_str), Some(issuer.as_str()), "another issuer");
    assert!(issuer.as_str().to_ascii_lowercase().starts_with("https://"), "without TLS");
    Verdict::Accepted
}

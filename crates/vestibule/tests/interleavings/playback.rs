//! The provider, played back: what it once said of itself and of a login it says again, and what it is asked waits for its turn.
//!
//! A code and a rotating refresh token are good once, so the provider itself would have to begin anew with every interleaving.
//! Its refresh tokens are played by a rule instead: each is good once, and one that comes again ends them all (RFC 9700 4.14.2).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;
use url::form_urlencoded;
use vestibule::{
    HttpClient,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::DevelopmentProvider;

use crate::{
    bench::LIFETIME,
    turns::{Act, Event, Turns},
};

/// What the provider answered last, by path.
pub(crate) type Answers = BTreeMap<String, Response<Bytes>>;

/// The provider itself, and a pen.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) op: DevelopmentProvider,
    pub(crate) answers: Arc<Mutex<Answers>>,
}

impl HttpClient for Recorder {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let answer = self.op.send(request, limits).await?;
            self.answers.lock().expect("no panic").insert(path, answer.clone());
            Ok(answer)
        })
    }
}

/// The provider as one machine reaches it.
#[derive(Clone)]
pub(crate) struct Playback {
    pub(crate) answers: Arc<Answers>,
    pub(crate) grant: Arc<Mutex<Grant>>,
    pub(crate) turns: Turns,
    pub(crate) machine: usize,
}

/// The refresh tokens of the session that everything is about.
#[derive(Debug)]
pub(crate) struct Grant {
    /// The one that is good; none when they have ended.
    good: Option<String>,
    given: usize,
    /// Whether the token endpoint is in trouble for whoever brings a code.
    refuses_codes: bool,
}

impl Grant {
    pub(crate) fn new(first_refresh_token: &str, refuses_codes: bool) -> Self {
        Self { good: Some(first_refresh_token.to_owned()), given: 0, refuses_codes }
    }
}

/// The access token that the provider gives as its `number`th.
pub(crate) fn access_token(number: usize) -> String {
    format!("access-{number}")
}

pub(crate) fn refresh_token(number: usize) -> String {
    format!("refresh-{number}")
}

impl HttpClient for Playback {
    fn send(&self, request: Request<Bytes>, _: Limits) -> Answer<'_> {
        let what = match request.uri().path() {
            "/token" => "/token",
            "/userinfo" => "/userinfo",
            "/revoke" => "/revoke",
            // Asked beforehand, and not again.
            path => return Box::pin(std::future::ready(Ok(self.recorded(path)))),
        };
        let act = Act { machine: self.machine, what, on: None };
        Box::pin(async move {
            self.turns.pass(act).await;
            let answer = self.answer(&request);
            self.turns.come_back(act).await;
            Ok(answer)
        })
    }
}

impl Playback {
    fn recorded(&self, path: &str) -> Response<Bytes> {
        self.answers.get(path).unwrap_or_else(|| panic!("{path} was not asked when the scene was recorded")).clone()
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let form: BTreeMap<_, _> = form_urlencoded::parse(request.body()).into_owned().collect();
        let mut grant = self.grant.lock().expect("no panic");
        match (request.uri().path(), form.get("refresh_token"), form.get("token")) {
            ("/token", Some(presented), _) => self.refresh(&mut grant, presented),
            ("/token", None, _) if grant.refuses_codes => json_answer(500, "{}"),
            ("/revoke", _, Some(token)) => {
                self.turns.tell(Event::TookBack(token.clone()));
                grant.good = None;
                json_answer(200, "")
            }
            (path, _, _) => self.recorded(path),
        }
    }

    fn refresh(&self, grant: &mut Grant, presented: &str) -> Response<Bytes> {
        self.turns.tell(Event::Presented(presented.to_owned()));
        if grant.good.as_deref() != Some(presented) {
            grant.good = None;
            return json_answer(400, &json!({"error": "invalid_grant"}).to_string());
        }
        grant.given += 1;
        self.turns.tell(Event::Gave(grant.given));
        grant.good = Some(refresh_token(grant.given));
        let members = json!({
            "access_token": access_token(grant.given),
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "refresh_token": refresh_token(grant.given),
        });
        json_answer(200, &members.to_string())
    }
}

fn json_answer(status: u16, body: &str) -> Response<Bytes> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    answer.body(Bytes::copy_from_slice(body.as_bytes())).expect("constant headers make an answer")
}

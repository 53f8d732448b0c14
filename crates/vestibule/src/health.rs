//! What a machine asks that watches over this process: whether it lives, and whether people can sign in. Neither is about anybody: no
//! cookie is looked at, nothing counts as activity.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::sync::Mutex;
use vestibule_core::NumericDate;

use crate::{
    door::Door,
    error::chain,
    session::keeping::Keeping,
    store::{Key, StoreError},
};

/// `GET /auth/live`: yes, as long as anybody can answer. A process whose provider or store is away is not mended by a restart.
pub(crate) async fn live() -> Response {
    uncached((StatusCode::OK, "live"))
}

/// `GET /auth/ready`: whether people can sign in, as far as it is known; no provider is asked for the sake of the answer. One whose
/// metadata or keys are missing or have aged is asked in the background, at a pace that does not depend on how often this is asked.
pub(crate) async fn ready(State(door): State<Arc<Door>>) -> Response {
    let mut causes: Vec<Cause<'_>> = door
        .providers
        .values()
        .filter_map(|provider| {
            let trouble = provider.standing().err()?;
            Some(Cause::Provider { provider: provider.name(), cause: trouble.words() })
        })
        .collect();
    if !door.store_answered_just_now().await {
        causes.push(Cause::Store { store: "it does not answer" });
    }
    let readiness = Readiness { ready: causes.is_empty(), causes };
    if readiness.ready {
        return uncached(Json(readiness));
    }
    let mut response = uncached((StatusCode::SERVICE_UNAVAILABLE, Json(readiness)));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

#[derive(Serialize)]
struct Readiness<'a> {
    ready: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<Cause<'a>>,
}

/// Who is missing and why, in general words: anybody may read them.
#[derive(Serialize)]
#[serde(untagged)]
enum Cause<'a> {
    Provider { provider: &'a str, cause: &'static str },
    Store { store: &'static str },
}

/// A key that nothing has: to ask for it changes nothing.
const NOTHING: Key = Key::from_bytes([0; 32]);

/// What came of asking the store, and when.
#[derive(Debug, Default)]
pub(crate) struct StoreAnswered(Mutex<Option<(NumericDate, bool)>>);

impl Door {
    /// The same, as it was found in this very second if somebody asked: anybody can, and that shall not be a question to the store each
    /// time. Whoever comes while it is asked waits for the one answer.
    async fn store_answered_just_now(&self) -> bool {
        let mut answered = self.store_answered.0.lock().await;
        if let Some((_, answers)) = answered.filter(|(at, _)| *at == self.now()) {
            return answers;
        }
        let answer = self.store_answers().await;
        if let Err(error) = &answer {
            tracing::debug!(target: "vestibule::session", reason = chain(error), "not ready: the session store does not answer");
        }
        *answered = Some((self.now(), answer.is_ok()));
        answer.is_ok()
    }

    /// That the store answers what every signed-in request asks it.
    pub(crate) async fn store_answers(&self) -> Result<(), StoreError> {
        match &self.keeping {
            Keeping::Cookies(marks) => marks.marks(&[NOTHING], self.now()).await.map(drop),
            Keeping::Store(store) => store.load(NOTHING, self.now()).await.map(drop),
        }
    }
}

fn uncached(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    for (name, value) in [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

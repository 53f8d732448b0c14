//! What a page's script may know of the session: whether there is one, and for how long.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use vestibule_core::NumericDate;

use crate::{
    door::Door,
    login,
    session::{
        Session,
        visit::{StoreFailed, Visit},
    },
};

/// `GET /auth/session`: asking is no activity. Tokens and claims stay where they are, the subject too: it names a person to
/// whatever script runs in the page, and none needs it to know when to ask for a new sign-in (R137).
pub(crate) async fn session_status(State(door): State<Arc<Door>>, visit: Visit) -> Response {
    let mut response = match visit.peek().await {
        Ok(session) => Json(status(session.as_deref(), door.now())).into_response(),
        // Whoever asks for JSON gets JSON, whatever else they would take.
        Err(StoreFailed) => login::unavailable(&visit, &Method::GET, &HeaderMap::new()),
    };
    // Other origins cannot read it, since no CORS header lets them; nor does their browser load it where a side channel would.
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn status(session: Option<&Session>, now: NumericDate) -> Value {
    let left = |end: NumericDate| end.seconds_since(now).max(0);
    session.map_or_else(
        || json!({"signed_in": false}),
        |session| {
            json!({
                "signed_in": true,
                "provider": session.provider.name(),
                "acr": session.evidence().acr,
                "idle_seconds": session.times.idle_until().map(left),
                "absolute_seconds": left(session.times.ends_at),
            })
        },
    )
}

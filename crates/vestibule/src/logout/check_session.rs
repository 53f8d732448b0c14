//! Whether the provider's session still is the one that ours came from: the browser watches, we end ours (Session Management 1.0).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, StatusCode, header};
use url::form_urlencoded;

use super::comes_from_us;
use crate::{
    decision::{self, Logout},
    door::Door,
    form,
    pages::frames::{self, CheckSession},
    paths::Place,
    session::{Session, visit::Visit},
};

/// `GET /auth/check_session`: a page for a hidden frame of the application's pages, which watches the provider's session.
/// Watching is no activity: it prolongs nothing.
pub(crate) async fn check_session(State(door): State<Arc<Door>>, visit: Visit) -> Response {
    match visit.peek().await {
        Ok(Some(session)) => watch(&door, &session).await.unwrap_or_else(frames::nothing_to_check),
        _ => frames::nothing_to_check(),
    }
}

/// `None` where the provider cannot be asked, or does not say what to ask with.
async fn watch(door: &Door, session: &Session) -> Option<Response> {
    let session_state = session.evidence().session_state?;
    let at = session.provider.introduced().await.ok()?;
    let check_session_iframe = at.metadata.check_session_iframe()?;
    Some(frames::check_session(&CheckSession {
        check_session_iframe: check_session_iframe.as_str(),
        origin: &check_session_iframe.origin().ascii_serialization(),
        client_id: at.client.client_id(),
        session_state: &session_state,
        changed: &door.paths.public(Place::SessionChanged),
        channel: &door.paths.channel(),
    }))
}

/// `POST /auth/session_changed`: the page above saw that the provider's session has changed, so ours is over (the provider's is
/// the provider's). It says which one it watched: a tab that was left open must not end a session that is newer.
pub(crate) async fn session_changed(State(door): State<Arc<Door>>, visit: Visit, request: Request<Body>) -> Response {
    if !comes_from_us(request.headers(), door.base.origin()) {
        decision::record(&visit, Logout::ChangeNotSeen);
        return no_store(StatusCode::FORBIDDEN);
    }
    let Some(body) = form::body(request).await else {
        return no_store(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let session = match visit.peek().await {
        Ok(Some(session)) => session,
        Ok(None) => return no_store(StatusCode::NO_CONTENT),
        Err(_) => return store_failed(),
    };
    let mut watched = form_urlencoded::parse(&body).filter(|(name, _)| name == "session_state").map(|(_, value)| value);
    if session.evidence().session_state.is_none_or(|own| watched.next().as_deref() != Some(own.as_str())) {
        return no_store(StatusCode::CONFLICT);
    }
    // Before the browser forgets it: were its cookie gone, nobody could try again.
    if let Err(error) = door.end_session(&session).await {
        decision::record(&visit, Logout::ChangeNotHeeded(&error));
        return store_failed();
    }
    visit.forget_person();
    visit.forget_session();
    decision::record(&visit, Logout::ByChange(&session));
    no_store(StatusCode::NO_CONTENT)
}

fn store_failed() -> Response {
    let mut response = no_store(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn no_store(status: StatusCode) -> Response {
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

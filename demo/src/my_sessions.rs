//! "Where you are signed in": a person's sessions, listed and ended.

use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use vestibule::{EndUser, SessionId, SessionInfo, SessionsError};

use crate::{
    application::{Demo, name_of},
    moment::{self, Moment},
    own_form::OwnForm,
    pages::{OneSession, Sessions},
};

#[derive(Debug, Deserialize)]
pub(crate) struct EndOne {
    id: SessionId,
}

/// The list. Of sessions in cookies there is none, and the page says so.
pub(crate) async fn list(State(demo): State<Demo>, user: EndUser) -> Result<Response, SessionsError> {
    let now = moment::now();
    let shown = |session: &SessionInfo| OneSession {
        id: session.id().to_string(),
        is_this: session.id() == user.session_id(),
        browser: session.browser().unwrap_or("A browser").to_owned(),
        provider: session.provider().to_owned(),
        signed_in: Moment::new(session.signed_in_at(), now),
        last_seen: Moment::new(session.last_seen(), now),
        ends: Moment::new(session.idle_until().unwrap_or(session.ends_at()), now),
        use_prolongs: session.idle_until().is_some_and(|end| end < session.ends_at()),
    };
    let sessions = match demo.vestibule.sessions_of(user.id()).await {
        Ok(sessions) => {
            let mut sessions: Vec<_> = sessions.iter().map(shown).collect();
            // The present one first; the others as they come, by when they were last seen.
            sessions.sort_by_key(|session| !session.is_this);
            Some(sessions)
        }
        Err(SessionsError::NoList) => None,
        Err(error) => return Err(error),
    };
    Ok(demo.pages.sessions(&Sessions { name: &name_of(&user), sessions }).into_response())
}

/// An id from a form may be anybody's, but only a session of this person ends. One that has ended by itself meanwhile is what was
/// wanted.
pub(crate) async fn end_one(
    State(demo): State<Demo>,
    _: OwnForm,
    user: EndUser,
    Form(EndOne { id }): Form<EndOne>,
) -> Result<Redirect, SessionsError> {
    match demo.vestibule.end_session(user.id(), id).await {
        Ok(()) | Err(SessionsError::NotTheirs) => Ok(Redirect::to(&demo.path("/sessions"))),
        Err(error) => Err(error),
    }
}

/// All but this one.
pub(crate) async fn end_others(State(demo): State<Demo>, _: OwnForm, user: EndUser) -> Result<Redirect, SessionsError> {
    for session in demo.vestibule.sessions_of(user.id()).await? {
        if session.id() == user.session_id() {
            continue;
        }
        match demo.vestibule.end_session(user.id(), session.id()).await {
            Ok(()) | Err(SessionsError::NotTheirs) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Redirect::to(&demo.path("/sessions")))
}

/// All of them, and those that are just coming back from the provider. It needs no list, so cookies will do.
pub(crate) async fn end_all(State(demo): State<Demo>, _: OwnForm, user: EndUser) -> Result<Redirect, SessionsError> {
    demo.vestibule.log_out_everywhere(user.id()).await?;
    Ok(Redirect::to(&demo.path("/goodbye")))
}

//! A page that stays open and says when the session has ended, wherever and however that happened.

use std::{convert::Infallible, future::ready};

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{
        Html, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};
use vestibule::EndUser;

use crate::{
    application::{Demo, name_of},
    pages::PageError,
};

/// The script of the page.
pub(crate) const SCRIPT: &str = include_str!("pages/live.js");

/// The one page of the demo that has a script, and a frame: the library's, which watches the session at the provider.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; frame-ancestors 'none'; \
                      base-uri 'none'; script-src 'self'; connect-src 'self'; form-action";

type LivePage = ([(HeaderName, String); 1], Html<String>);

/// The page.
pub(crate) async fn page(State(demo): State<Demo>, user: EndUser) -> Result<LivePage, PageError> {
    let policy = format!("{POLICY} {}", demo.form_action);
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], demo.pages.live(&name_of(&user))?))
}

/// What the script listens to. Waiting is no activity: a page that is open keeps nobody signed in.
pub(crate) async fn events(user: EndUser) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let ended = stream::once(user.ended()).map(|()| Event::default().event("ended").data("-"));
    let signed_in = Event::default().event("signed_in").data("-");
    Sse::new(stream::once(ready(signed_in)).chain(ended).map(Ok)).keep_alive(KeepAlive::default())
}

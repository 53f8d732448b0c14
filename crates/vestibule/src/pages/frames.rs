//! The pages that live in frames: the one that the provider loads to end a session, and the one that watches the provider's.

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;

use super::{
    OPENER_POLICY, Referrer, STYLE_SOURCE, answer, hash_source,
    html::{Html, document, element, raw_text_element, text, void_element},
    layout, paragraph, sources,
};

/// The one script of ours that does more than send a form. As with the style, browsers hash what has no CR.
static CHECK_SESSION: LazyLock<String> = LazyLock::new(|| include_str!("check_session.js").replace('\r', ""));
static CHECK_SESSION_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(&CHECK_SESSION));

/// What the page that watches the provider's session has to know (Session Management 1.0, 3.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckSession<'a> {
    /// The provider's page that knows.
    pub(crate) check_session_iframe: &'a str,
    /// Its origin: messages go to it and come from it.
    pub(crate) origin: &'a str,
    /// Who we are there.
    pub(crate) client_id: &'a str,
    /// What the provider calls the state of its session.
    pub(crate) session_state: &'a str,
    /// The path of ours that is told when it has changed.
    pub(crate) changed: &'a str,
    /// On which channel the application's pages are told.
    pub(crate) channel: &'a str,
}

/// After a logout that the provider sent through a frame of its own, which none but these origins may have made (V14).
pub(crate) fn logged_out_in_frame(origins: &[String]) -> Response {
    let page = layout("You are signed out", [paragraph("This application ended your session.")]);
    let directives = [
        ("default-src", "'none'".to_owned()),
        ("style-src", STYLE_SOURCE.clone()),
        ("form-action", "'none'".to_owned()),
        ("frame-ancestors", sources(origins.iter().map(String::as_str))),
        ("base-uri", "'none'".to_owned()),
    ];
    framed(page, &directives)
}

/// Watches the provider's session, in a frame of the application's own pages.
pub(crate) fn check_session(watched: &CheckSession<'_>) -> Response {
    let message = format!("{} {}", watched.client_id, watched.session_state);
    let attributes = [
        ("id", "provider"),
        ("title", "Session at the provider"),
        ("data-origin", watched.origin),
        ("data-message", &message),
        ("data-session-state", watched.session_state),
        ("data-changed", watched.changed),
        ("data-channel", watched.channel),
        ("src", watched.check_session_iframe),
    ];
    let page = bare_page([element("iframe", &attributes, []), raw_text_element("script", &CHECK_SESSION)]);
    let directives = [
        ("default-src", "'none'".to_owned()),
        ("script-src", CHECK_SESSION_SOURCE.clone()),
        ("connect-src", "'self'".to_owned()),
        ("frame-src", sources([watched.origin])),
        ("form-action", "'none'".to_owned()),
        ("frame-ancestors", "'self'".to_owned()),
        ("base-uri", "'none'".to_owned()),
    ];
    framed(page, &directives)
}

/// The same where there is nothing to watch.
pub(crate) fn nothing_to_check() -> Response {
    let none = ["default-src", "form-action", "base-uri"].map(|directive| (directive, "'none'".to_owned()));
    framed(bare_page([]), &[none.as_slice(), &[("frame-ancestors", "'self'".to_owned())]].concat())
}

/// A page that nobody looks at.
fn bare_page(content: impl IntoIterator<Item = Html>) -> String {
    let head =
        element("head", &[], [void_element("meta", &[("charset", "utf-8")]), element("title", &[], [text("Session")])]);
    document(&element("html", &[("lang", "en")], [head, element("body", &[], content)]))
}

/// No `X-Frame-Options`: it cannot name an origin, and where there is a `frame-ancestors` browsers do not ask it.
fn framed(page: String, directives: &[(&str, String)]) -> Response {
    let policy = directives.iter().map(|(name, sources)| format!("{name} {sources}")).collect::<Vec<_>>().join("; ");
    let mut response = answer(StatusCode::OK, page, policy, Referrer::SameOrigin);
    // HTML 7.1.3: for what is in a frame there is none.
    response.headers_mut().remove(OPENER_POLICY);
    response
}

#[cfg(test)]
mod tests;

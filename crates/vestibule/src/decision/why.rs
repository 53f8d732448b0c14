//! `GET /auth/why`, in development alone: what was decided about this browser, and why.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::{Thread, latest::Entry};
use crate::{
    attempt::Attempt,
    door::Door,
    error::told_reference,
    how_long::how_long_ago,
    pages::{
        self,
        why::{Row, why_page as page_of},
    },
    paths::Place,
    return_address::ReturnAddress,
    session::visit::Visit,
};

/// The latest decisions about this browser, the newest first. Looking at them is no activity, and is none of them.
pub(crate) async fn why_page(State(door): State<Arc<Door>>, visit: Visit) -> Response {
    let browser = visit.trace().know_browser();
    let mut own = logins(&door, &visit);
    own.extend(visit.peek().await.ok().flatten().map(|session| Thread::Session(session.key)));
    let told = told_reference(&visit);
    let entries = door.latest.as_ref().map(|latest| latest.about(browser, &own, told.as_deref())).unwrap_or_default();
    let rows = entries.iter().map(|entry| row(entry, &door)).collect::<Vec<_>>();
    pages::html(StatusCode::OK, page_of(&rows, ReturnAddress::home(&door.base).as_str()), &[])
}

/// The logins that the browser began, and has not ended: nobody else has their cookies.
fn logins(door: &Door, visit: &Visit) -> Vec<Thread> {
    let cookies = visit.cookies();
    let begun = cookies.logins().filter_map(|cookie| Attempt::open(door, cookie));
    begun.filter_map(|attempt| Thread::of_attempt(&attempt.pending.attempt())).collect()
}

/// Where that page is, in development.
pub(crate) fn link(door: &Door) -> Option<String> {
    door.latest.as_ref().map(|_| door.paths.public(Place::Why))
}

fn row<'a>(entry: &'a Entry, door: &Door) -> Row<'a> {
    Row {
        ago: how_long_ago(door.now().seconds_since(entry.at)),
        decision: entry.decision,
        message: entry.message,
        rule: &entry.rule,
        reason: &entry.reason,
        provider: entry.provider.as_deref(),
        reference: entry.reference.as_str(),
    }
}

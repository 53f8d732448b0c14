//! A kept POST is sent: the gate of its route takes it out, once, and lets it go on as if it had just come.

use axum::{
    body::{Body, HttpBody, to_bytes},
    response::Response,
};
use http::{HeaderValue, Method, Request, StatusCode, header, request::Parts};

use super::{
    former::Person,
    keep::exact_address,
    record::{Id, Name, Record},
    slots,
};
use crate::{
    decision::{self, Kept, Reference, Refusal},
    form,
    logout::comes_from_us,
    pages::{self, kept},
    return_address::ReturnAddress,
    session::{Session, visit::Visit},
    store::StoreError,
};

/// A request that may go on to its handler.
pub(crate) struct Resumed {
    pub(crate) request: Request<Body>,
    /// What the browser forgets with the answer, if the request is a kept one.
    pub(crate) forgets: Option<HeaderValue>,
}

/// What a POST asks for.
pub(super) enum Asks {
    /// That what is kept under this name is sent in its place.
    Kept(Id),
    /// Nothing of ours: here is its body.
    Nothing(Body),
}

/// Lets a request go on, as it is or as it was kept; or the answer, where what it asks for cannot be sent.
pub(crate) async fn resume(
    visit: &Visit,
    session: &Session,
    mut parts: Parts,
    body: Body,
) -> Result<Resumed, Box<Response>> {
    let id = match asks_for(visit, &parts, body).await? {
        Asks::Nothing(body) => return Ok(Resumed { request: Request::from_parts(parts, body), forgets: None }),
        Asks::Kept(id) => id,
    };
    let door = visit.door();
    if !comes_from_us(&parts.headers, door.base.origin()) {
        return Err(Box::new(refused(visit, Refusal::AskedForElsewhere)));
    }
    let (name, record) = taken_out(visit, session, id, Some(&exact_address(visit))).await?;
    decision::record(visit, Kept::Sent { bytes: record.body.expose().len() });
    // What was sent as a header value once is one again.
    let content_type = HeaderValue::try_from(&record.content_type).unwrap_or(HeaderValue::from_static(""));
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(record.body.expose().len()));
    parts.headers.remove(header::TRANSFER_ENCODING);
    let request = Request::from_parts(parts, Body::from(record.body.expose().clone()));
    Ok(Resumed { request, forgets: Some(name.deletion(door)) })
}

/// Takes what is kept out of the store: of the person who is signed in, and for this address if one has to fit. Whoever comes
/// second comes too late.
pub(super) async fn taken_out(
    visit: &Visit,
    session: &Session,
    id: Id,
    address: Option<&Option<ReturnAddress>>,
) -> Result<(Name, Record), Box<Response>> {
    let door = visit.door();
    let (name, record, version) = match look(visit, session, id).await {
        Ok(found) => found,
        Err(answer) => return Err(answer),
    };
    let fits = |address: &Option<ReturnAddress>| address.as_ref().is_some_and(|own| own.as_str() == record.address);
    if !address.is_none_or(fits) {
        return Err(Box::new(refused(visit, Refusal::OtherAddress)));
    }
    match slots::take(door, &name, version).await {
        Ok(true) => Ok((name, record)),
        Ok(false) => Err(Box::new(gone(visit, Some(&name)))),
        Err(error) => Err(Box::new(unavailable(visit, &error))),
    }
}

/// What is kept under this name for the person who is signed in; or the answer that says why there is nothing for them.
pub(super) async fn look(
    visit: &Visit,
    session: &Session,
    id: Id,
) -> Result<(Name, Record, crate::session_store::Version), Box<Response>> {
    let door = visit.door();
    let Some(name) = Name::of(visit, id) else { return Err(Box::new(gone(visit, None))) };
    if name.person.subject != Person::of(door, session).subject {
        return Err(Box::new(refused(visit, Refusal::SomebodyElses)));
    }
    match slots::find(door, &name).await {
        Ok(Some((record, version))) => Ok((name, record, version)),
        Ok(None) => Err(Box::new(gone(visit, Some(&name)))),
        Err(error) => Err(Box::new(unavailable(visit, &error))),
    }
}

/// What a POST asks for. Of its body nothing is read unless it has the type and the very length of the form of our page.
pub(super) async fn asks_for(visit: &Visit, parts: &Parts, body: Body) -> Result<Asks, Box<Response>> {
    let length = kept::FIELD.len().saturating_add(1).saturating_add(Id::LENGTH);
    let may_be_ours = parts.method == Method::POST
        && form::is_form(&parts.headers)
        && body.size_hint().exact() == u64::try_from(length).ok();
    if !may_be_ours {
        return Ok(Asks::Nothing(body));
    }
    // Whoever says so much and sends less has gone.
    let bytes = to_bytes(body, length).await.map_err(|_| Box::new(refused(visit, Refusal::NotWhole)))?;
    let text = std::str::from_utf8(&bytes).ok();
    let id = text.and_then(|text| Id::parse(text.strip_prefix(kept::FIELD)?.strip_prefix('=')?));
    Ok(id.map_or_else(|| Asks::Nothing(Body::from(bytes)), Asks::Kept))
}

/// There is nothing to be sent, and the browser need not remember it.
pub(super) fn gone(visit: &Visit, name: Option<&Name>) -> Response {
    let mut response = refused(visit, Refusal::Gone);
    let lines = name.map(|name| (header::SET_COOKIE, name.deletion(visit.door())));
    response.headers_mut().extend(lines);
    response
}

fn unavailable(visit: &Visit, error: &StoreError) -> Response {
    let reference = decision::record(visit, Kept::StoreFailed(error));
    let mut response = page(visit, kept::UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE, reference);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// One record, and the page that says what it says.
pub(super) fn refused(visit: &Visit, refusal: Refusal) -> Response {
    let (what, status) = match refusal {
        Refusal::AskedForElsewhere => (kept::NOT_ASKED_FOR, StatusCode::FORBIDDEN),
        Refusal::OtherAddress => (kept::OF_ANOTHER_PAGE, StatusCode::CONFLICT),
        Refusal::SomebodyElses => (kept::OF_SOMEBODY_ELSE, StatusCode::FORBIDDEN),
        Refusal::Gone => (kept::GONE, StatusCode::GONE),
        Refusal::NoName => (kept::GONE, StatusCode::NOT_FOUND),
        Refusal::NotWhole => (kept::NOT_WHOLE, StatusCode::BAD_REQUEST),
    };
    let reference = decision::record(visit, Kept::Refused(refusal));
    page(visit, what, status, reference)
}

/// What became of it, and what finds the record of it.
pub(super) fn page(visit: &Visit, what: kept::Refusal, status: StatusCode, reference: Reference) -> Response {
    let home = ReturnAddress::home(&visit.door().base);
    pages::html(status, kept::refusal_page(what, home.as_str(), reference.as_str()), &[])
}

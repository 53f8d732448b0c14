//! What somebody gets whose POST a gate stops: it is kept if it can be, and the answer says which.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::json;
use tokio::time::timeout;
use vestibule_core::Secret;

use super::{
    KeptPosts, MediaType,
    former::Person,
    record::{Id, Name, Record},
    resume::{Asks, asks_for, gone},
    slots,
};
use crate::{
    decision::{self, Kept},
    how_long::how_long,
    login::{Asker, challenge, login_link, problem},
    logout::comes_from_us,
    pages::{self, kept},
    provider::ConnectedProvider,
    return_address::ReturnAddress,
    session::{Session, visit::Visit},
    step_up::Demand,
    store::StoreError,
};

/// Whom a gate stops, and what it wants of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped<'a> {
    /// Who is signed in, but not as is demanded.
    pub(crate) session: Option<&'a Session>,
    pub(crate) provider: Option<&'a Arc<ConnectedProvider>>,
    pub(crate) demand: &'a Demand,
}

/// Why what was sent was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    #[error("its body is larger than the gate keeps, or did not arrive whole")]
    TooBig,
    #[error("its body did not arrive in time")]
    TooSlow,
    #[error("its media type is not one that the gate keeps")]
    MediaType,
    #[error("its address is too long, or not one that a browser would write so")]
    Address,
    #[error("this process keeps as much as it may")]
    NoRoom,
    #[error("the same person sent others at the same time")]
    Crowd,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long a body may take to arrive.
const READING: Duration = Duration::from_secs(30);

impl KeptPosts {
    /// The answer to somebody who may not pass. Nothing is kept of strangers, nor of what another site sent in somebody's name.
    pub(crate) async fn challenge(&self, visit: &Visit, parts: &Parts, body: Body, stopped: Stopped<'_>) -> Response {
        let door = visit.door();
        let (method, headers) = (&parts.method, &parts.headers);
        let person = || match stopped.session {
            Some(session) => Some(Person::of(door, session)),
            None => Person::last_here(visit),
        };
        let may_be_kept = *method == Method::POST && comes_from_us(headers, door.base.origin());
        let ours = may_be_kept.then(person).flatten();
        let Some(person) = ours else {
            return challenge(visit, method, headers, stopped.provider, stopped.demand).await;
        };
        let provider = stopped.provider.or_else(|| door.provider(&person.provider));
        let stopped = Stopped { provider, ..stopped };
        let body = match asks_for(visit, parts, body).await {
            Ok(Asks::Kept(id)) => return signed_out_again(visit, id, stopped),
            Ok(Asks::Nothing(body)) => body,
            Err(answer) => return *answer,
        };
        match self.keep(visit, parts, body, person).await {
            Ok(name) => was_kept(visit, parts, &name, stopped),
            Err(reason) => was_not_kept(visit, parts, &reason, stopped).await,
        }
    }

    async fn keep(&self, visit: &Visit, parts: &Parts, body: Body, person: Person) -> Result<Name, NotKept> {
        let (door, now) = (visit.door(), visit.door().now());
        let (media_type, content_type) = MediaType::of_request(&parts.headers)
            .filter(|(media_type, _)| self.media_types.contains(media_type))
            .ok_or(NotKept::MediaType)?;
        let address = exact_address(visit).ok_or(NotKept::Address)?;
        let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|bytes: usize| bytes > self.at_most_bytes) {
            return Err(NotKept::TooBig);
        }
        let room = door.kept_room.reserve(person.subject, self.at_most_bytes, now)?;
        let body = timeout(READING, to_bytes(body, self.at_most_bytes)).await.map_err(|_| NotKept::TooSlow)?;
        let body = Secret::new(body.map_err(|_| NotKept::TooBig)?.to_vec());
        let bytes = body.expose().len();
        let (now, subject) = (door.now(), person.subject);
        let until = now.plus(self.lifetime);
        let mut name = Name::new(person, until);
        let record = Record::new(&name, now, address.as_str(), content_type, body);
        name.slot = slots::put(door, subject, record, until).await?.ok_or(NotKept::Crowd)?;
        room.keep(door.keys.kept_post(subject, name.slot), bytes, until);
        decision::record(visit, Kept::Put { media_type: media_type.name(), bytes });
        Ok(name)
    }
}

/// The address of the request, where a browser that is sent there asks for exactly that.
pub(super) fn exact_address(visit: &Visit) -> Option<ReturnAddress> {
    let (base, uri) = (&visit.door().base, visit.uri());
    let seen = uri.path_and_query().map_or("/", |path| path.as_str());
    ReturnAddress::of_request(base, uri).filter(|address| address.as_str() == base.public_path(seen))
}

/// For how long it is kept from now on.
fn left(visit: &Visit, name: &Name) -> String {
    how_long(name.until.seconds_since(visit.door().now()))
}

/// The way to sign in and from there to the page that asks.
fn way(visit: &Visit, id: Id, stopped: Stopped<'_>) -> String {
    let door = visit.door();
    let page = ReturnAddress::parse(&door.base, &door.paths.public_kept(&id.to_string()));
    login_link(door, stopped.provider.or(door.default_provider.as_ref()), stopped.demand, page.as_ref())
}

fn was_kept(visit: &Visit, parts: &Parts, name: &Name, stopped: Stopped<'_>) -> Response {
    let (door, way, left) = (visit.door(), way(visit, name.id, stopped), left(visit, name));
    let mut response = match Asker::of(&parts.method, &parts.headers) {
        Asker::Navigation | Asker::PostNavigation => {
            pages::html(StatusCode::UNAUTHORIZED, kept::was_kept_page(&way, &left), &[])
        }
        Asker::Program => problem(
            StatusCode::UNAUTHORIZED,
            &json!({
                "type": "about:blank",
                "title": "Sign-in required",
                "status": 401,
                "detail": format!(
                    "What was sent is kept for {left}. Open kept in a browser window to sign in and be asked whether to send it; or \
                     open login_url, and send it again."
                ),
                "login_url": door.base.absolute(&login_link(
                    door,
                    stopped.provider.or(door.default_provider.as_ref()),
                    stopped.demand,
                    None,
                )),
                "kept": door.base.absolute(&way),
            }),
        ),
    };
    for line in name.lines(door, &visit.cookies()) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

async fn was_not_kept(visit: &Visit, parts: &Parts, reason: &NotKept, stopped: Stopped<'_>) -> Response {
    let reference = decision::record(visit, Kept::NotPut(reason));
    let reference = reference.as_str();
    let door = visit.door();
    let is_program = Asker::of(&parts.method, &parts.headers) == Asker::Program;
    if is_program && !matches!(reason, NotKept::Store(_)) {
        return challenge(visit, &parts.method, &parts.headers, stopped.provider, stopped.demand).await;
    }
    let here = ReturnAddress::of_request(&door.base, visit.uri());
    let provider = stopped.provider.or(door.default_provider.as_ref());
    let link = |here: Option<&ReturnAddress>| login_link(door, provider, stopped.demand, here);
    if let NotKept::Store(_) = reason {
        let mut response = if is_program {
            problem(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({
                    "type": "about:blank",
                    "title": "Not available right now",
                    "status": 503,
                    "detail": "What was sent could not be kept, and was not carried out: send it again, or open login_url first.",
                    "login_url": door.base.absolute(&link(None)),
                }),
            )
        } else {
            let page = kept::was_not_kept_page(reason.words(), &link(here.as_ref()), reference);
            pages::html(StatusCode::SERVICE_UNAVAILABLE, page, &[])
        };
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return response;
    }
    pages::html(StatusCode::UNAUTHORIZED, kept::was_not_kept_page(reason.words(), &link(here.as_ref()), reference), &[])
}

impl NotKept {
    /// For the person.
    const fn words(&self) -> &'static str {
        match self {
            Self::TooBig => "It is larger than this site keeps, or did not arrive whole.",
            Self::TooSlow => "It took too long to arrive.",
            Self::MediaType => "It is of a kind that this site does not keep.",
            Self::Address => "It cannot be sent to its address later.",
            Self::NoRoom | Self::Crowd => "There is no place for it right now.",
            Self::Store(_) => "Something went wrong on our side.",
        }
    }
}

/// Signed out once more before "send" was pressed: what is kept stays where it is.
fn signed_out_again(visit: &Visit, id: Id, stopped: Stopped<'_>) -> Response {
    let Some(name) = Name::of(visit, id) else { return gone(visit, None) };
    let page = kept::was_kept_page(&way(visit, id, stopped), &left(visit, &name));
    pages::html(StatusCode::UNAUTHORIZED, page, &[])
}

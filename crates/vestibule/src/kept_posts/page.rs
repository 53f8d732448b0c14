//! The page that asks whether what was kept shall be sent: `/auth/kept/{id}`. Nothing is sent by itself: whoever signed in since may
//! have changed their mind, or what they wrote about.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};

use super::{
    MediaType,
    record::{Id, Name, Record},
    resume::{look, page, refused, taken_out},
};
use crate::{
    decision::{self, Kept, Refusal},
    door::Door,
    how_long::{how_long, how_long_ago},
    login::{challenge, unavailable},
    logout::comes_from_us,
    pages::{self, kept},
    session::{
        Session,
        visit::{StoreFailed, Visit},
    },
    step_up::Demand,
};

/// `GET /auth/kept/{id}`: what it is, and two buttons.
pub(crate) async fn kept_page(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (session, id) = match signed_in(&door, &visit, &id, &method, &headers).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    match look(&visit, &session, id).await {
        Ok((name, record, _)) => ask(&door, &name, &record),
        Err(answer) => *answer,
    }
}

/// `POST /auth/kept/{id}`: it is thrown away.
pub(crate) async fn throw_away(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !comes_from_us(&headers, door.base.origin()) {
        return refused(&visit, Refusal::AskedForElsewhere);
    }
    let (session, id) = match signed_in(&door, &visit, &id, &Method::POST, &headers).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    match taken_out(&visit, &session, id, None).await {
        Ok((name, _)) => {
            let reference = decision::record(&visit, Kept::ThrownAway);
            let mut response = page(&visit, kept::THROWN_AWAY, StatusCode::OK, reference);
            response.headers_mut().append(header::SET_COOKIE, name.deletion(&door));
            response
        }
        Err(answer) => *answer,
    }
}

/// Who asks, and for what. A stranger signs in first, with whom they did before.
async fn signed_in(
    door: &Door,
    visit: &Visit,
    id: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(Arc<Session>, Id), Box<Response>> {
    let Some(id) = Id::parse(id) else { return Err(Box::new(refused(visit, Refusal::NoName))) };
    match visit.session().await {
        Ok(Some(session)) => Ok((session, id)),
        Ok(None) => {
            let provider = Name::of(visit, id).and_then(|name| door.provider(&name.person.provider));
            Err(Box::new(challenge(visit, method, headers, provider, &Demand::default()).await))
        }
        Err(StoreFailed) => Err(Box::new(unavailable(visit, method, headers))),
    }
}

fn ask(door: &Door, name: &Name, record: &Record) -> Response {
    let (now, id) = (door.now(), name.id.to_string());
    let asking = kept::ask_page(&kept::Ask {
        address: &record.address,
        noun: MediaType::of(&record.content_type).map_or("Data", MediaType::noun),
        size: &size(record.body.expose().len()),
        sent: &how_long_ago(now.seconds_since(record.at)),
        left: &how_long(name.until.seconds_since(now)),
        name: &id,
        throw_away: &door.paths.public_kept(&id),
    });
    // Chromium applies `form-action` to where the form's answer redirects, and that is the application's to say.
    let elsewhere: &[&str] = if door.base.is_https() { &["https:"] } else { &["https:", "http:"] };
    pages::html(StatusCode::OK, asking, elsewhere)
}

/// For people: three digits are enough.
fn size(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{} KB", bytes.div_ceil(1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        let sizes = [0, 1, 1023, 1024, 40_001].map(size);
        assert_eq!(sizes, ["0 bytes", "1 byte", "1023 bytes", "1 KB", "40 KB"]);
    }
}

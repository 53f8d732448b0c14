//! Who was here before: a cookie that says whose a POST is that comes when they are signed in no more. Strangers have none, and
//! nothing is kept for them: else anybody could fill the memory.

use axum::response::Response;
use http::header;
use serde::{Deserialize, Serialize};
use vestibule_core::NumericDate;

use crate::{
    door::Door,
    login::Asker,
    session::{Session, cookie::Purpose, visit::Visit},
    store::Key,
};

/// A person, as their cookies say it: nothing is decided by it but for whom a POST is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// What stores call their issuer and subject.
    pub(super) subject: Key,
    /// With whom they signed in.
    pub(super) provider: String,
}

/// What is sealed: a wire format, since cookies outlive a deployment. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written<'a> {
    V1 { subject: [u8; 32], provider: &'a str, at: i64 },
}

/// For how many seconds after they were last here somebody's POST is theirs: a page may stay open for days.
const LIFETIME: i64 = 7 * 24 * 3600;
/// How old a cookie is that is set anew.
const RENEWED_AFTER: i64 = 24 * 3600;

impl Person {
    pub(super) fn of(door: &Door, session: &Session) -> Self {
        Self {
            subject: door.keys.subject(&session.issuer, &session.subject),
            provider: session.provider.name().to_owned(),
        }
    }

    /// Who was last here, in this browser.
    pub(super) fn last_here(visit: &Visit) -> Option<Self> {
        read(visit).map(|(person, _)| person)
    }
}

/// Notes in the browser who passed a gate that keeps POSTs, unless it is noted already. Only pages have forms.
pub(crate) fn remember(visit: &Visit, session: &Session, asker: Asker, to: &mut Response) {
    if asker == Asker::Program {
        return;
    }
    let (door, now) = (visit.door(), visit.door().now());
    let person = Person::of(door, session);
    let is_noted = |(known, at): (Person, NumericDate)| known == person && now.seconds_since(at) < RENEWED_AFTER;
    if read(visit).is_some_and(is_noted) {
        return;
    }
    let written = Written::V1 { subject: *person.subject.as_bytes(), provider: &person.provider, at: now.seconds() };
    let payload = postcard::to_stdvec(&written).expect("bytes, strings and integers have a postcard form");
    let sealed = door.seals.former.seal(&context(door), &payload);
    // A session that the browser forgets when it closes leaves nothing behind.
    let max_age = door.policy.max_age(&session.times, now).map(|_| LIFETIME);
    to.headers_mut().append(header::SET_COOKIE, door.names.set(Purpose::Former, &sealed, max_age));
}

/// Whether this person was last here, or nobody was.
pub(crate) fn is_last_here(visit: &Visit, session: &Session) -> bool {
    Person::last_here(visit).is_none_or(|person| person == Person::of(visit.door(), session))
}

fn read(visit: &Visit) -> Option<(Person, NumericDate)> {
    let (door, cookies) = (visit.door(), visit.cookies());
    let sealed = cookies.former().filter(|_| !cookies.are_hostile())?;
    let payload = door.seals.former.open(&context(door), sealed)?;
    let Written::V1 { subject, provider, at } = postcard::from_bytes(&payload).ok()?;
    let at = NumericDate::from_seconds(at);
    let is_recent = door.now().seconds_since(at) < LIFETIME;
    is_recent.then(|| (Person { subject: Key::from_bytes(subject), provider: provider.to_owned() }, at))
}

fn context(door: &Door) -> Vec<u8> {
    door.context(&door.names.name(Purpose::Former))
}

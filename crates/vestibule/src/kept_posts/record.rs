//! The two halves of a kept POST: its name, which is in a cookie of the browser that sent it, and what was sent, which is in the store.
//! Neither is worth anything without the other.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use vestibule_core::{NumericDate, Secret};

use super::former::Person;
use crate::{
    attempt::Attempt,
    door::Door,
    session::{
        cookie::{Cookies, HEADER_BYTES, KEPT_PLACES, Purpose},
        seal::{random, sha256},
        visit::Visit,
    },
    store::Key,
};

/// What a page and an address may call a kept POST: it leads to the cookie that has the name, and is nothing without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id([u8; 16]);

/// The name of a kept POST.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) id: Id,
    pub(super) person: Person,
    /// Which of the person's it is.
    pub(super) slot: u8,
    /// 256 bits that nobody else has.
    secret: Secret<[u8; 32]>,
    /// From when on it is kept no more, whatever a store says.
    pub(super) until: NumericDate,
}

/// What was sent.
pub(super) struct Record {
    secret_hash: [u8; 32],
    pub(super) at: NumericDate,
    /// Its turn among those of its person that were there already: many come within one second.
    pub(super) turn: u32,
    /// The path and query that it was for, as a browser asks for them.
    pub(super) address: String,
    pub(super) content_type: String,
    pub(super) body: Secret<Vec<u8>>,
}

/// Wire formats: they outlive a deployment. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum WrittenName<'a> {
    V1 { id: [u8; 16], subject: [u8; 32], provider: &'a str, slot: u8, secret: [u8; 32], until: i64 },
}

#[derive(Serialize, Deserialize)]
enum WrittenRecord<'a> {
    V1 {
        secret_hash: [u8; 32],
        at: i64,
        turn: u32,
        address: &'a str,
        content_type: &'a str,
        #[serde(borrow)]
        body: &'a [u8],
    },
    /// It was sent or thrown away, by whoever knows these bytes.
    Taken([u8; 16]),
}

/// What a slot holds.
pub(super) enum Held {
    Record(Record),
    Taken([u8; 16]),
}

/// The most that are kept for one browser, and for one person.
pub(super) const MOST: u8 = 4;

/// One place each.
const _: () = assert!(KEPT_PLACES.len() == MOST as usize);

impl Id {
    const BYTES: usize = 16;
    /// In characters of base64url.
    pub(crate) const LENGTH: usize = 22;

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (text.len() == Self::LENGTH && length == Self::BYTES).then_some(Self(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Name {
    pub(super) fn new(person: Person, until: NumericDate) -> Self {
        Self { id: Id(random()), person, slot: 0, secret: Secret::new(random()), until }
    }

    /// What this browser calls so.
    pub(super) fn of(visit: &Visit, id: Id) -> Option<Self> {
        let (door, cookies) = (visit.door(), visit.cookies());
        if cookies.are_hostile() {
            return None;
        }
        let mut names = cookies.kept().filter_map(|(place, sealed)| Self::open(door, place, sealed));
        names.find(|name| name.id == id && door.now() < name.until)
    }

    fn open(door: &Door, place: &str, sealed: &[u8]) -> Option<Self> {
        let payload = Secret::new(door.seals.kept_name.open(&context(door, place), sealed)?);
        let WrittenName::V1 { id, subject, provider, slot, secret, until } =
            postcard::from_bytes(payload.expose()).ok()?;
        Some(Self {
            id: Id(id),
            person: Person { subject: Key::from_bytes(subject), provider: provider.to_owned() },
            slot,
            secret: Secret::new(secret),
            until: NumericDate::from_seconds(until),
        })
    }

    /// Where the browser has it: that of the slot, so that a name goes with what it names.
    fn purpose(&self) -> Purpose<'static> {
        Purpose::Kept(KEPT_PLACES.get(usize::from(self.slot)).copied().unwrap_or(KEPT_PLACES[0]))
    }

    /// The lines that put it into a browser that has these cookies, and make it forget what there is no room for beside it.
    pub(super) fn lines(&self, door: &Door, cookies: &Cookies<'_>) -> Vec<HeaderValue> {
        let written = WrittenName::V1 {
            id: self.id.0,
            subject: *self.person.subject.as_bytes(),
            provider: &self.person.provider,
            slot: self.slot,
            secret: *self.secret.expose(),
            until: self.until.seconds(),
        };
        let payload =
            Secret::new(postcard::to_stdvec(&written).expect("bytes, strings and integers have a postcard form"));
        let purpose = self.purpose();
        let sealed = door.seals.kept_name.seal(&door.context(&door.names.name(purpose)), payload.expose());
        let max_age = self.until.seconds_since(door.now());
        let line = door.names.set(purpose, &sealed, Some(max_age));
        let weight = door.names.weight(purpose, sealed.len());
        crowded_out(door, cookies, (purpose, weight))
            .into_iter()
            .map(|gone| door.names.delete(gone))
            .chain([line])
            .collect()
    }

    /// The line that makes the browser forget it.
    pub(super) fn deletion(&self, door: &Door) -> HeaderValue {
        door.names.delete(self.purpose())
    }
}

/// What gives way to one more: the oldest logins under way, then the names that end soonest (V60).
fn crowded_out<'a>(door: &Door, cookies: &Cookies<'a>, (own, weight): (Purpose<'a>, usize)) -> Vec<Purpose<'a>> {
    let mut kept: Vec<_> = cookies
        .kept()
        .map(|(place, sealed)| {
            let until = Name::open(door, place, sealed).map(|name| name.until);
            (until, Purpose::Kept(place), door.names.weight(Purpose::Kept(place), sealed.len()))
        })
        .collect();
    let logins: usize = cookies.logins().map(|login| door.names.weight(login.purpose, login.sealed.len())).sum();
    let replaced: usize = kept.iter().filter(|(_, purpose, _)| *purpose == own).map(|(.., weight)| *weight).sum();
    let others = door.names.weight_of_all(cookies).saturating_sub(logins).saturating_sub(replaced);
    let mut bytes = others.saturating_add(weight);
    let mut gone = Attempt::too_heavy_beside(door, cookies, bytes);
    kept.sort_by_key(|(until, ..)| *until);
    for (_, purpose, weight) in kept.into_iter().filter(|(_, purpose, _)| *purpose != own) {
        if bytes <= HEADER_BYTES {
            break;
        }
        bytes = bytes.saturating_sub(weight);
        gone.push(purpose);
    }
    gone
}

fn context(door: &Door, place: &str) -> Vec<u8> {
    door.context(&door.names.name(Purpose::Kept(place)))
}

impl Record {
    pub(super) fn new(
        name: &Name,
        at: NumericDate,
        address: &str,
        content_type: String,
        body: Secret<Vec<u8>>,
    ) -> Self {
        let secret_hash = sha256(name.secret.expose());
        Self { secret_hash, at, turn: 0, address: address.to_owned(), content_type, body }
    }

    /// Whether it is what the name names.
    pub(super) fn is_of(&self, name: &Name) -> bool {
        Secret::new(self.secret_hash) == Secret::new(sha256(name.secret.expose()))
    }

    /// As a store keeps it: bound to its place, and with it to its person.
    pub(super) fn seal(&self, door: &Door, key: Key) -> Vec<u8> {
        let written = WrittenRecord::V1 {
            secret_hash: self.secret_hash,
            at: self.at.seconds(),
            turn: self.turn,
            address: &self.address,
            content_type: &self.content_type,
            body: self.body.expose(),
        };
        seal(door, key, &written)
    }
}

impl Held {
    pub(super) fn open(door: &Door, key: Key, sealed: Vec<u8>) -> Option<Self> {
        let Some(payload) = door.seals.kept_post.open_bytes(key.as_bytes(), sealed).map(Secret::new) else {
            door.unreadable.report("a kept POST", key);
            return None;
        };
        Some(match postcard::from_bytes(payload.expose()).ok()? {
            WrittenRecord::Taken(by) => Self::Taken(by),
            WrittenRecord::V1 { secret_hash, at, turn, address, content_type, body } => Self::Record(Record {
                secret_hash,
                at: NumericDate::from_seconds(at),
                turn,
                address: address.to_owned(),
                content_type: content_type.to_owned(),
                body: Secret::new(body.to_vec()),
            }),
        })
    }

    /// What is left where something was taken.
    pub(super) fn seal_taken(door: &Door, key: Key, by: [u8; 16]) -> Vec<u8> {
        seal(door, key, &WrittenRecord::Taken(by))
    }
}

fn seal(door: &Door, key: Key, written: &WrittenRecord<'_>) -> Vec<u8> {
    let payload = Secret::new(postcard::to_stdvec(written).expect("bytes, strings and integers have a postcard form"));
    door.seals.kept_post.seal_bytes(key.as_bytes(), payload.expose())
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Name").field("slot", &self.slot).field("until", &self.until).finish_non_exhaustive()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_of_ours_or_none() {
        let id = Id(random());
        assert_eq!((Id::parse(&id.to_string()), id.to_string().len()), (Some(id), Id::LENGTH));
        for other in ["", "kept", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAA/A", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(Id::parse(other), None, "{other}");
        }
    }
}

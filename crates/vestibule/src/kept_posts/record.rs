//! The two halves of a kept POST: its name, which is in a cookie of the browser that sent it, and what was sent, which is in the store.
//! Neither is worth anything without the other.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use vestibule_core::{NumericDate, Secret};

use super::former::Person;
use crate::{
    door::Door,
    session::{
        cookie::{Cookies, Purpose},
        seal::{random, sha256},
        visit::Visit,
    },
    store::Key,
};

/// What a page and an address may call a kept POST: it leads to the cookie that has the name, and is nothing without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id(String);

/// The name of a kept POST.
#[derive(Clone)]
pub(super) struct Name {
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
    /// The path and query that it was for, as a browser asks for them.
    pub(super) address: String,
    pub(super) content_type: String,
    pub(super) body: Secret<Vec<u8>>,
}

/// Wire formats: they outlive a deployment. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum WrittenName<'a> {
    V1 { subject: [u8; 32], provider: &'a str, slot: u8, secret: [u8; 32], until: i64 },
}

#[derive(Serialize, Deserialize)]
enum WrittenRecord<'a> {
    V1 {
        secret_hash: [u8; 32],
        at: i64,
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

impl Id {
    const BYTES: usize = 16;
    /// In characters of base64url.
    pub(crate) const LENGTH: usize = 22;

    fn new() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<{ Self::BYTES }>()))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (text.len() == Self::LENGTH && bytes.len() == Self::BYTES).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    pub(super) fn new(person: Person, until: NumericDate) -> Self {
        Self { person, slot: 0, secret: Secret::new(random()), until }
    }

    /// What this browser calls so.
    pub(super) fn of(visit: &Visit, id: &Id) -> Option<Self> {
        let (door, cookies) = (visit.door(), visit.cookies());
        if cookies.are_hostile() {
            return None;
        }
        let sealed = cookies.kept().find(|(known, _)| *known == id.as_str()).map(|(_, sealed)| sealed)?;
        Self::open(door, id.as_str(), sealed).filter(|name| door.now() < name.until)
    }

    fn open(door: &Door, id: &str, sealed: &[u8]) -> Option<Self> {
        let payload = Secret::new(door.seals.kept_name.open(&context(door, id), sealed)?);
        let WrittenName::V1 { subject, provider, slot, secret, until } = postcard::from_bytes(payload.expose()).ok()?;
        Some(Self {
            person: Person { subject: Key::from_bytes(subject), provider: provider.to_owned() },
            slot,
            secret: Secret::new(secret),
            until: NumericDate::from_seconds(until),
        })
    }

    /// The lines that put it into the browser, in the place of the one that ends soonest where there are too many; and what it
    /// is called there.
    pub(super) fn lines(&self, door: &Door, cookies: &Cookies<'_>) -> (Id, Vec<HeaderValue>) {
        let id = Id::new();
        let written = WrittenName::V1 {
            subject: *self.person.subject.as_bytes(),
            provider: &self.person.provider,
            slot: self.slot,
            secret: *self.secret.expose(),
            until: self.until.seconds(),
        };
        let payload =
            Secret::new(postcard::to_stdvec(&written).expect("bytes, strings and integers have a postcard form"));
        let sealed = door.seals.kept_name.seal(&context(door, id.as_str()), payload.expose());
        let max_age = self.until.seconds_since(door.now());
        let line = door.names.set(Purpose::Kept(id.as_str()), &sealed, Some(max_age));
        let lines = crowded_out(door, cookies).into_iter().map(|id| door.names.delete(Purpose::Kept(id)));
        let lines = lines.chain([line]).collect();
        (id, lines)
    }
}

/// What gives way to one more.
fn crowded_out<'a>(door: &Door, cookies: &Cookies<'a>) -> Vec<&'a str> {
    let until = |id, sealed| Name::open(door, id, sealed).map(|name| name.until);
    let mut kept: Vec<_> = cookies.kept().map(|(id, sealed)| (until(id, sealed), id)).collect();
    kept.sort_by_key(|(until, _)| *until);
    let too_many = (kept.len() + 1).saturating_sub(usize::from(MOST));
    kept.into_iter().take(too_many).map(|(_, id)| id).collect()
}

fn context(door: &Door, id: &str) -> Vec<u8> {
    door.context(&door.names.name(Purpose::Kept(id)))
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
        Self { secret_hash, at, address: address.to_owned(), content_type, body }
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
            WrittenRecord::V1 { secret_hash, at, address, content_type, body } => Self::Record(Record {
                secret_hash,
                at: NumericDate::from_seconds(at),
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
        let id = Id::new();
        assert_eq!((Id::parse(id.as_str()), id.as_str().len()), (Some(id.clone()), Id::LENGTH));
        for other in ["", "kept", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAA/A", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(Id::parse(other), None, "{other}");
        }
    }
}

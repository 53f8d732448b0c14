//! The round trips of a browser to a provider and back that came to nothing: sign-ins that succeeded, and of which the next page knew
//! nothing. Three of them in a row end on a page that says why, never in a fourth (V97).
//!
//! What is known of them is in a small sealed cookie, which is good for a minute after the last of them. Nobody who is signed in has it
//! read: it is looked at where a login begins.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use vestibule_core::NumericDate;

use crate::{
    carried::Carried,
    door::Door,
    error::{Diagnosis, Found},
    session::{begun::Begun, cookie::Purpose, keeping::Lost, visit::Visit},
};

/// What the last round trips of a browser came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trips {
    /// How many came to nothing, one after the other.
    failed: u8,
    /// The sign-in that succeeded since.
    last: Option<Success>,
}

/// A sign-in that succeeded, and what it set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Success {
    at: i64,
    /// How many round trips it took: two, where it was started over.
    trips: u8,
    bytes: u32,
    cookies: u8,
    /// The largest claims by name and bytes, of a session that may be too large.
    largest: Vec<(String, u32)>,
}

/// What is sealed: a wire format, since it outlives an upgrade by a minute. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written {
    V1 {
        /// When: how long a browser keeps a cookie is its own promise.
        at: i64,
        failed: u8,
        last: Option<Success>,
    },
}

/// What is to be done about somebody who is about to leave for a provider.
#[derive(Debug)]
pub(crate) enum Departure {
    May,
    /// After a round trip that came to nothing: to be remembered.
    MayAgain(Trips),
    /// They have come round often enough.
    MayNot(Diagnosis),
}

/// So many in a row are enough.
const MOST_FAILED: u8 = 3;
/// The most seconds between two of them.
const LIFETIME: i64 = 60;
/// The most seconds by which a machine that finds a session over may be ahead of the one that began it.
const MOST_AHEAD: i64 = 3600;
/// A session that takes more bytes than this may be too large for a browser or a proxy, though not for us.
pub(crate) const LARGE: usize = 3000;
/// The longest part of a claim's name that is remembered, in characters.
const MOST_OF_A_NAME: usize = 40;

impl Trips {
    /// Those of this browser, or where it brings none, what the login of a response carries of them.
    pub(crate) fn of(visit: &Visit, carried: Option<&Carried>) -> Self {
        let is_recent = |at| visit.door().now().seconds_since(at) <= LIFETIME;
        let carried = carried.filter(|carried| carried.begun_at.is_some_and(is_recent));
        Self::known(visit).unwrap_or_else(|| Self { failed: carried.map_or(0, |carried| carried.failed), last: None })
    }

    /// Those that the browser brings, unless they are too old.
    pub(crate) fn known(visit: &Visit) -> Option<Self> {
        Self::brought(visit).filter(|(age, _)| *age <= LIFETIME).map(|(_, trips)| trips)
    }

    /// Those that it brings and their age in seconds, of whatever age.
    fn brought(visit: &Visit) -> Option<(i64, Self)> {
        let (at, trips) = Self::open(visit.door(), visit.cookies().trips()?)?;
        Some((visit.door().now().seconds_since(at), trips))
    }

    /// The same after one more that came to nothing.
    pub(crate) fn and_one_more(self) -> Self {
        let trips = self.last.map_or(1, |last| last.trips);
        Self { failed: self.failed.saturating_add(trips), last: None }
    }

    /// How many came to nothing.
    pub(crate) fn failed(&self) -> u8 {
        self.failed
    }

    /// Whether the next one would be one too many.
    pub(crate) fn go_round(&self) -> bool {
        self.failed >= MOST_FAILED
    }

    /// The same after a sign-in that took so many trips, and now to be seen by the next page.
    pub(crate) fn and_success(self, begun: &Begun, trips: u8, now: NumericDate) -> Self {
        let largest =
            begun.largest.iter().map(|(name, bytes)| (name.chars().take(MOST_OF_A_NAME).collect(), small(*bytes)));
        let last = Success {
            at: now.seconds(),
            trips,
            bytes: small(begun.bytes),
            cookies: u8::try_from(begun.cookies).unwrap_or(u8::MAX),
            largest: largest.collect(),
        };
        Self { last: Some(last), ..self }
    }

    /// The response that makes the browser remember them.
    pub(crate) fn set(&self, door: &Door, mut response: Response) -> Response {
        response.headers_mut().append(header::SET_COOKIE, self.line(door));
        response
    }

    /// The response that makes the browser forget them: whoever tries again from there is given three more.
    pub(crate) fn forget(door: &Door, mut response: Response) -> Response {
        response.headers_mut().append(header::SET_COOKIE, door.names.delete(Purpose::Trips));
        response
    }

    fn line(&self, door: &Door) -> HeaderValue {
        let sealed = door.seals.trips.seal(&door.context(&door.names.name(Purpose::Trips)), &self.write(door.now()));
        door.names.set(Purpose::Trips, &sealed, Some(LIFETIME))
    }

    fn open(door: &Door, sealed: &[u8]) -> Option<(NumericDate, Self)> {
        Self::read(&door.seals.trips.open(&door.context(&door.names.name(Purpose::Trips)), sealed)?)
    }

    fn write(&self, at: NumericDate) -> Vec<u8> {
        let written = Written::V1 { at: at.seconds(), failed: self.failed, last: self.last.clone() };
        postcard::to_stdvec(&written).expect("strings and integers have a postcard form")
    }

    fn read(payload: &[u8]) -> Option<(NumericDate, Self)> {
        let Written::V1 { at, failed, last } = postcard::from_bytes(payload).ok()?;
        Some((NumericDate::from_seconds(at), Self { failed, last }))
    }
}

/// Looks at the trips of somebody who is about to leave.
pub(crate) async fn departure(visit: &Visit, headers: &HeaderMap) -> Departure {
    let Some((age, trips)) = Trips::brought(visit).filter(|(age, _)| *age <= MOST_AHEAD) else { return Departure::May };
    let Some(last) = trips.last.clone() else { return Departure::May };
    // Where a session came back and was over, it may be the clocks by which the trips look old.
    let may_be_the_clocks = || matches!(visit.door().why_lost(&visit.cookies()), Lost::Over | Lost::Ended);
    if age > LIFETIME && !may_be_the_clocks() {
        return Departure::May;
    }
    // Whoever is signed in leaves on purpose. A store is asked for this once, and only soon after a sign-in.
    if !matches!(visit.peek().await, Ok(None)) {
        return Departure::May;
    }
    let trips = trips.and_one_more();
    if trips.go_round() {
        Departure::MayNot(lost_session(visit, &last, headers).into())
    } else {
        Departure::MayAgain(trips)
    }
}

/// Why a session is not there that was begun a moment ago.
fn lost_session(visit: &Visit, last: &Success, headers: &HeaderMap) -> Found {
    let (door, cookies) = (visit.door(), visit.cookies());
    if cookies.are_hostile() {
        return Found::Twice;
    }
    let bytes = usize::try_from(last.bytes).unwrap_or(usize::MAX);
    match (door.why_lost(&cookies), door.base.other_authority(visit.uri(), headers)) {
        (Lost::NotReturned, _) if bytes > LARGE => Found::TooBigToReturn {
            bytes,
            largest: last
                .largest
                .iter()
                .map(|(name, bytes)| (name.clone(), usize::try_from(*bytes).unwrap_or(usize::MAX)))
                .collect(),
        },
        (Lost::NotReturned, Some(asked)) => Found::other_host(&asked, door),
        (Lost::NotReturned, None) => Found::SessionNotReturned { bytes, cookies: usize::from(last.cookies) },
        (Lost::Unreadable, _) => Found::OtherKey,
        (Lost::Over, _) => Found::OwnClocks { seconds: door.now().seconds_since(NumericDate::from_seconds(last.at)) },
        (Lost::Ended, _) => Found::Ended,
    }
}

fn small(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two trips that came to nothing, and a sign-in since.
    const GOLDEN_V1: &[u8] =
        b"\x00\xf8\xc4\x9f\xd5\x0c\x02\x01\x80\xc4\x9f\xd5\x0c\x01\xc8\x1a\x01\x01\x06\x67\x72\x6f\x75\x70\x73\xc6\x13";

    fn trips() -> Trips {
        let largest = vec![("groups".to_owned(), 2502)];
        let last = Success { at: 1_700_000_000, trips: 1, bytes: 3400, cookies: 1, largest };
        Trips { failed: 2, last: Some(last) }
    }

    #[test]
    fn the_golden_trips_of_version_1_are_read_and_written_for_ever() {
        let at = NumericDate::from_seconds(1_700_000_060);
        assert_eq!(trips().write(at), GOLDEN_V1);
        assert_eq!(Trips::read(GOLDEN_V1), Some((at, trips())));
    }

    /// V66: from a newer program, or cut short.
    #[test]
    fn what_is_neither_is_none() {
        for version in 1..=u8::MAX {
            assert_eq!(Trips::read(&[&[version], &GOLDEN_V1[1..]].concat()), None, "{version}");
        }
        for length in 0..GOLDEN_V1.len() {
            assert_eq!(Trips::read(&GOLDEN_V1[..length]), None, "{length}");
        }
    }

    /// V97
    #[test]
    fn three_are_one_too_many_however_they_came_about() {
        let none = Trips::default();
        assert!(!none.clone().and_one_more().and_one_more().go_round());
        assert!(none.and_one_more().and_one_more().and_one_more().go_round());
        assert!(trips().and_one_more().go_round());
        let started_over_twice = Success { trips: 3, ..trips().last.expect("one") };
        assert!(Trips { failed: 0, last: Some(started_over_twice) }.and_one_more().go_round());
    }
}

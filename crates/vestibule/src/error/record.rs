//! What travels, sealed, from the callback to the error page.

use axum::response::Response;
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use vestibule_core::{NumericDate, ProtocolError};

use super::{Diagnosis, Found, LoginErrorKind, LoginFailure, failure::Stale, see_other};
use crate::{
    carried::Carried,
    decision::{self, Login},
    door::Door,
    paths::Place,
    provider::{ConnectedProvider, ProviderError},
    return_address::ReturnAddress,
    session::{cookie::Purpose, visit::Visit},
};

/// What travels, sealed, from the callback to the error page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) kind: LoginErrorKind,
    pub(super) provider: Option<String>,
    pub(super) reference: String,
    pub(super) denial: Option<(String, Option<String>)>,
    pub(super) reason: String,
    pub(super) return_to: String,
    pub(super) at: i64,
}

/// What follows a record: what becomes of who comes to the page, after how many seconds another try makes sense, and what was found to
/// be the matter.
#[derive(Debug)]
pub(super) struct After {
    pub(super) then: Then,
    pub(super) retry_after: Option<u8>,
    pub(super) diagnosis: Option<Diagnosis>,
    /// The login that it is about, by the name of its attempt, so that what is decided later is recorded with the rest.
    pub(super) attempt: Option<String>,
}

/// What is written of it.
#[derive(Serialize, Deserialize)]
struct Written {
    then: WrittenThen,
    retry_after: Option<u8>,
    diagnosis: Option<Found>,
    attempt: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum WrittenThen {
    Lands,
    Stays,
    IsDecidedThere { stale: Stale, again: Again, carried: String },
}

/// What becomes of who comes to the error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Somebody who is signed in, and whose callback was merely late, used or unknown, lands where it was for.
    Lands,
    /// Nobody lands anywhere: they would be sent away again.
    Stays,
    /// As the first, and whoever is not signed in starts over: what becomes of the login is not known before, nor recorded.
    IsDecidedThere(Undecided),
}

/// A login whose response is stale, until the error page knows who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undecided {
    pub(crate) stale: Stale,
    /// How it is started over, if it is.
    pub(crate) again: Again,
    pub(crate) carried: Carried,
}

/// How often a login was started over, when it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Again {
    Once,
    Twice,
}

/// A login that failed, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: LoginFailure,
    /// Where it was for; the front page, where that is unknown.
    pub(crate) return_to: Option<ReturnAddress>,
    pub(crate) then: Then,
    /// What is the matter, beyond what the failure says by itself.
    pub(crate) diagnosis: Option<Diagnosis>,
}

/// How long the error page survives a reload, in seconds.
const RECORD_LIFETIME: i64 = 60;

/// The parameter that brings a record where no cookie can.
const RECORD: &str = "record";

impl Failed {
    pub(crate) fn new(failure: impl Into<LoginFailure>, return_to: Option<ReturnAddress>) -> Self {
        Self { failure: failure.into(), return_to, then: Then::Lands, diagnosis: None }
    }

    /// The same, where nobody lands on the page that it was for, be they signed in or not.
    pub(crate) fn for_good(self) -> Self {
        Self { then: Then::Stays, ..self }
    }

    /// The answer: one log line, one sealed record, and 303 to the error page. The line of what is decided there is written there.
    pub(crate) fn answer(self, visit: &Visit, provider: Option<&ConnectedProvider>) -> Response {
        let door = visit.door();
        let diagnosis = self.diagnosis.or_else(|| Diagnosis::of(&self.failure));
        let reference = match self.then {
            Then::IsDecidedThere(_) => visit.trace().reference(),
            Then::Lands | Then::Stays => {
                let failed = Login::Failed { failure: &self.failure, diagnosis: diagnosis.as_ref(), provider };
                decision::record(visit, failed)
            }
        };
        let provider = provider.map(ConnectedProvider::name);
        let return_to = self.return_to.unwrap_or_else(|| ReturnAddress::home(&door.base));
        let retry_after = self.failure.retry_after();
        let record = Record::of(self.failure, provider, reference.to_string(), &return_to, door.now());
        let mut location = door.paths.public(Place::Error);
        let after = After { then: self.then, retry_after, diagnosis, attempt: visit.trace().followed() };
        // A clean URL, save where the cookie would not arrive, or where another tab's would before this one is read. What is in it is
        // ours, and nothing of the protocol's.
        if after.is_for_one_tab() {
            let bytes = record.write(&after);
            let sealed = door.seals.login_error.seal(&door.context(RECORD), &bytes);
            location.push('?');
            location.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair(RECORD, &sealed).finish());
        }
        let bytes = record.write(&after);
        let sealed = door.seals.login_error.seal(&door.context(&door.names.name(Purpose::Error)), &bytes);
        let mut response = see_other(&location);
        response.headers_mut().append(header::SET_COOKIE, line(door, &sealed));
        response
    }
}

fn line(door: &Door, sealed: &str) -> HeaderValue {
    door.names.set(Purpose::Error, sealed, Some(RECORD_LIFETIME))
}

impl After {
    /// What is unknown is the least that can be.
    fn read(door: &Door, bytes: &[u8]) -> Self {
        // A record of before there were diagnoses.
        if bytes.is_empty() {
            return Self { then: Then::Lands, retry_after: None, diagnosis: None, attempt: None };
        }
        let Ok(Written { then, retry_after, diagnosis, attempt }) = postcard::from_bytes(bytes) else {
            return Self { then: Then::Stays, retry_after: None, diagnosis: None, attempt: None };
        };
        let then = match then {
            WrittenThen::Lands => Then::Lands,
            WrittenThen::Stays => Then::Stays,
            WrittenThen::IsDecidedThere { stale, again, carried } => Carried::read_at(door, &carried)
                .map_or(Then::Stays, |carried| Then::IsDecidedThere(Undecided { stale, again, carried })),
        };
        Self { then, retry_after, diagnosis: diagnosis.map(Diagnosis::from), attempt }
    }

    /// Whether it must be this tab's that comes to the page, and no other's.
    fn is_for_one_tab(&self) -> bool {
        matches!(self.then, Then::IsDecidedThere(_))
            || self.diagnosis.as_ref().is_some_and(Diagnosis::distrusts_cookies)
    }
}

/// The record that the browser brings, if it is not older than a minute: in the query, else in its cookie.
pub(super) fn read(visit: &Visit, query: Option<&str>) -> Option<(Record, After)> {
    let (door, cookies) = (visit.door(), visit.cookies());
    let in_cookie = || {
        let sealed = cookies.error().filter(|_| !cookies.are_hostile())?;
        Record::read(door, &door.seals.login_error.open(&door.context(&door.names.name(Purpose::Error)), sealed)?)
    };
    let in_query = || {
        let (_, sealed) = form_urlencoded::parse(query?.as_bytes()).find(|(name, _)| name == RECORD)?;
        Record::read(door, &door.seals.login_error.open(&door.context(RECORD), sealed.as_bytes())?)
    };
    in_query().or_else(in_cookie)
}

impl Record {
    fn of(
        failure: LoginFailure,
        provider: Option<&str>,
        reference: String,
        return_to: &ReturnAddress,
        now: NumericDate,
    ) -> Self {
        let kind = failure.kind();
        let (denial, reason) = match failure {
            LoginFailure::Provider(ProviderError::Protocol(ProtocolError::Denied(response))) => {
                (Some((response.error().to_owned(), response.error_description().map(str::to_owned))), String::new())
            }
            LoginFailure::Refused(refusal) => (None, refusal.into_reason()),
            _ => (None, String::new()),
        };
        let (provider, return_to) = (provider.map(str::to_owned), return_to.as_str().to_owned());
        Self { kind, provider, reference, denial, reason, return_to, at: now.seconds() }
    }

    fn write(&self, after: &After) -> Vec<u8> {
        let then = match &after.then {
            Then::Lands => WrittenThen::Lands,
            Then::Stays => WrittenThen::Stays,
            Then::IsDecidedThere(Undecided { stale, again, carried }) => {
                WrittenThen::IsDecidedThere { stale: *stale, again: *again, carried: carried.write() }
            }
        };
        let (retry_after, diagnosis, attempt) = (
            after.retry_after,
            after.diagnosis.as_ref().map(|diagnosis| diagnosis.found().clone()),
            after.attempt.clone(),
        );
        let written = Written { then, retry_after, diagnosis, attempt };
        postcard::to_stdvec(&(self, written)).expect("strings and integers have a postcard form")
    }

    fn read(door: &Door, bytes: &[u8]) -> Option<(Self, After)> {
        let (record, after): (Self, &[u8]) = postcard::take_from_bytes(bytes).ok()?;
        let age = door.now().seconds_since(NumericDate::from_seconds(record.at));
        (0..=RECORD_LIFETIME).contains(&age).then(|| (record, After::read(door, after)))
    }
}

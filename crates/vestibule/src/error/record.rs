//! What travels, sealed, from the callback to the error page.

use axum::response::Response;
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use vestibule_core::{NumericDate, ProtocolError};

use super::{Diagnosis, Found, LoginErrorKind, LoginFailure, see_other};
use crate::{
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

/// What follows a record: what becomes of who comes to the page, and what was found to be the matter.
#[derive(Debug)]
pub(super) struct After {
    pub(super) then: Then,
    pub(super) diagnosis: Option<Diagnosis>,
}

/// What becomes of who comes to the error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Somebody who is signed in, and whose callback was merely late, used or unknown, lands where it was for.
    Lands,
    /// Nobody lands anywhere: they would be sent away again.
    Stays,
    /// As the first, and whoever is not signed in starts over, in this manner.
    StartsOver(Again),
}

/// How often a login was started over, when it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The answer: one log line, one sealed record, and 303 to the error page.
    pub(crate) fn answer(self, visit: &Visit, provider: Option<&ConnectedProvider>) -> Response {
        let door = visit.door();
        let diagnosis = self.diagnosis.or_else(|| Diagnosis::of(&self.failure));
        let failed = Login::Failed { failure: &self.failure, diagnosis: diagnosis.as_ref(), provider };
        let reference = decision::record(visit, failed).to_string();
        let provider = provider.map(ConnectedProvider::name);
        let return_to = self.return_to.unwrap_or_else(|| ReturnAddress::home(&door.base));
        let record = Record::of(self.failure, provider, reference, &return_to, door.now());
        let mut location = door.paths.public(Place::Error);
        let after = After { then: self.then, diagnosis };
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
    /// Whether it must be this tab's that comes to the page, and no other's.
    fn is_for_one_tab(&self) -> bool {
        matches!(self.then, Then::StartsOver(_)) || self.diagnosis.as_ref().is_some_and(Diagnosis::distrusts_cookies)
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
        let mut bytes = postcard::to_stdvec(self).expect("strings and integers have a postcard form");
        bytes.push(after.then.mark());
        if let Some(diagnosis) = &after.diagnosis {
            bytes.extend(postcard::to_stdvec(diagnosis.found()).expect("strings and integers have a postcard form"));
        }
        bytes
    }

    fn read(door: &Door, bytes: &[u8]) -> Option<(Self, After)> {
        let (record, after): (Self, &[u8]) = postcard::take_from_bytes(bytes).ok()?;
        let age = door.now().seconds_since(NumericDate::from_seconds(record.at));
        let after = match after.split_first() {
            // A record of before there were diagnoses.
            None => After { then: Then::Lands, diagnosis: None },
            Some((mark, [])) => After { then: Then::of(*mark), diagnosis: None },
            Some((mark, found)) => {
                let found = postcard::from_bytes::<Found>(found).ok();
                After { then: Then::of(*mark), diagnosis: found.map(Diagnosis::from) }
            }
        };
        (0..=RECORD_LIFETIME).contains(&age).then_some((record, after))
    }
}

impl Then {
    const fn mark(self) -> u8 {
        match self {
            Self::Lands => 0,
            Self::Stays => 1,
            Self::StartsOver(Again::Once) => 2,
            Self::StartsOver(Again::Twice) => 3,
        }
    }

    /// What is unknown is the least that can be.
    const fn of(mark: u8) -> Self {
        match mark {
            0 => Self::Lands,
            2 => Self::StartsOver(Again::Once),
            3 => Self::StartsOver(Again::Twice),
            _ => Self::Stays,
        }
    }
}

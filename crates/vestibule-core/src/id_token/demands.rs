//! What a request demanded to know of the sign-in: the checks that Core 3.1.3.7 has for those who asked.

use serde_json::{Map, Value};

use crate::{
    claims::Subject,
    error::{Excerpt, InvalidIdToken},
    json,
    numeric_date::NumericDate,
};

/// What a request demanded to know of the sign-in, and the ID Token of the login must show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demands {
    pub(crate) max_age: Option<u32>,
    pub(crate) essential_acr: Vec<String>,
    /// Whether `auth_time` was asked for as an essential claim.
    pub(crate) auth_time: AuthTime,
    /// Of whom alone an answer was asked for.
    pub(crate) sub: Option<Subject>,
}

/// What was registered of it, for every login (Registration 2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RegisteredDemands {
    pub(crate) default_max_age: Option<u32>,
    pub(crate) auth_time: AuthTime,
}

/// Whether ID Tokens say when the person signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AuthTime {
    /// As the provider likes.
    #[default]
    Optional,
    /// They must: `require_auth_time`.
    Required,
}

impl Demands {
    pub(super) fn check(
        &self,
        registered: RegisteredDemands,
        claims: &Map<String, Value>,
        clock_skew: i64,
        now: NumericDate,
    ) -> Result<(), InvalidIdToken> {
        self.check_sub(claims)?;
        self.check_acr(claims)?;
        // Registration 2: "The max_age request parameter overrides this default value".
        if let Some(max_age) = self.max_age.or(registered.default_max_age) {
            return check_age(max_age, claims, clock_skew, now);
        }
        // Registration 2: "the auth_time Claim in the ID Token is REQUIRED"; Core 2: likewise "when auth_time is requested as an
        // Essential Claim".
        match (registered.auth_time, self.auth_time) {
            (AuthTime::Optional, AuthTime::Optional) => Ok(()),
            _ => read_auth_time(claims).map(drop),
        }
    }

    /// Core 3.1.2.2: where a sub is asked for "with a specific value for the ID Token", there is a positive answer about that person
    /// alone.
    fn check_sub(&self, claims: &Map<String, Value>) -> Result<(), InvalidIdToken> {
        let Some(expected) = &self.sub else { return Ok(()) };
        let sub: String = json::required(claims, "sub")?;
        if sub == expected.as_str() {
            Ok(())
        } else {
            let expected = Excerpt::new(expected.as_str());
            Err(InvalidIdToken::SubjectNotAskedFor { expected, got: Excerpt::new(&sub) })
        }
    }

    /// Core 3.1.3.7 (12), 5.5.1.1: an essential acr has one of the values that were asked for. What was only wished for by
    /// `acr_values` is not checked: the provider may answer with another.
    fn check_acr(&self, claims: &Map<String, Value>) -> Result<(), InvalidIdToken> {
        if self.essential_acr.is_empty() {
            return Ok(());
        }
        let acr: String = json::member(claims, "acr")?.ok_or(InvalidIdToken::AcrMissing)?;
        if self.essential_acr.contains(&acr) { Ok(()) } else { Err(InvalidIdToken::Acr { got: Excerpt::new(&acr) }) }
    }
}

/// Core 3.1.3.7 (13), 3.1.2.1: whoever sent max_age gets an auth_time, and no older one.
fn check_age(
    max_age: u32,
    claims: &Map<String, Value>,
    clock_skew: i64,
    now: NumericDate,
) -> Result<(), InvalidIdToken> {
    let auth_time = read_auth_time(claims)?;
    if auth_time > now.plus(clock_skew) {
        return Err(InvalidIdToken::AuthTimeInFuture { auth_time, now });
    }
    if auth_time.plus(i64::from(max_age)).plus(clock_skew) < now {
        return Err(InvalidIdToken::AuthTimeTooLongAgo { auth_time, max_age, now });
    }
    Ok(())
}

fn read_auth_time(claims: &Map<String, Value>) -> Result<NumericDate, InvalidIdToken> {
    json::member(claims, "auth_time")?.ok_or(InvalidIdToken::AuthTimeMissing)
}

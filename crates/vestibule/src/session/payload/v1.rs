//! Version 1 of the payload, which is read and no longer written. Cookies that look so are out there: never change it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_core::{NumericDate, Secret, Subject};

use super::Cold;
use crate::{
    provider::ConnectedProvider,
    session::{Evidence, HeldTokens, Session, Times, seal::sha256_of_parts},
    session_store::{Born, Moment},
    step_up::Demand,
    store::Key,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Hot<'a> {
    began_at: i64,
    last_seen: i64,
    ends_at: i64,
    idle: Option<i64>,
    provider: &'a str,
    issuer: &'a str,
    client_id: &'a str,
    subject: &'a str,
}

#[derive(Deserialize)]
struct ColdV1<'a> {
    auth_time: Option<i64>,
    acr: Option<&'a str>,
    sid: Option<&'a str>,
    #[serde(borrow)]
    claims: &'a [u8],
    id_token: &'a str,
    access_token: &'a str,
    access_token_expires_at: Option<i64>,
    refresh_token: Option<&'a str>,
    scope: Option<&'a str>,
}

/// A session of version 1 as one of today. It did not know its `iat` nor its moment: when it began stands in for both. Its cold
/// part was the same for as long as it lived, so it gives the key.
pub(super) fn read(
    hot: &Hot<'_>,
    cold: &[u8],
    find: impl FnOnce(&str) -> Option<Arc<ConnectedProvider>>,
) -> Option<Session> {
    let provider = find(hot.provider)?;
    let issuer = provider.issuer_of_session(hot.issuer).filter(|_| provider.binding() == hot.client_id)?;
    let key = Key::from_bytes(sha256_of_parts([b"session v1".as_slice(), &hot.began_at.to_be_bytes(), cold]));
    let cold: ColdV1<'_> = postcard::from_bytes(cold).ok()?;
    let evidence = Evidence {
        auth_time: cold.auth_time.map(NumericDate::from_seconds),
        acr: cold.acr.map(str::to_owned),
        browser: None,
        session_state: None,
        demand: Demand::default(),
    };
    let tokens = HeldTokens {
        id_token: Some(Secret::from(cold.id_token)),
        access_token: Some(Secret::from(cold.access_token)),
        access_token_expires_at: cold.access_token_expires_at.map(NumericDate::from_seconds),
        access_token_stale_at: cold.access_token_expires_at.map(|end| NumericDate::from_seconds(end).minus(30)),
        refresh_token: cold.refresh_token.map(Secret::from),
        scope: cold.scope.map(str::to_owned),
    };
    let began_at = NumericDate::from_seconds(hot.began_at);
    let times = Times {
        began_at,
        last_seen: NumericDate::from_seconds(hot.last_seen),
        ends_at: NumericDate::from_seconds(hot.ends_at),
        idle: hot.idle,
        checked_at: began_at,
    };
    Some(Session {
        provider,
        issuer,
        subject: Subject::parse(hot.subject)?,
        times,
        key,
        born: Born::new(began_at, Moment(0).next(began_at)),
        sid: cold.sid.map(str::to_owned),
        generation: 0,
        cold: Cold::new(cold.claims, &evidence, &tokens),
    })
}

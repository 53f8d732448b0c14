//! The bytes inside a sealed session: a wire format with a version, since old cookies outlive old programs (V66).
//!
//! First the hot part (whose it is, and until when), then the cold part (claims and tokens), which is left alone until somebody
//! asks for it. postcard writes a version as the number of the enum's variant: never reorder or change a variant, add one.

mod v1;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use vestibule_core::{ClaimsSet, NumericDate, Secret, Subject};

use super::{Evidence, HeldTokens, Session, Times};
use crate::{
    provider::ConnectedProvider,
    session_store::{Born, Moment},
    step_up::Demand,
    store::Key,
};

#[derive(Serialize, Deserialize)]
enum Hot<'a> {
    #[serde(borrow)]
    V1(v1::Hot<'a>),
    #[serde(borrow)]
    V2(HotV2<'a>),
}

#[derive(Serialize, Deserialize)]
struct HotV2<'a> {
    began_at: i64,
    last_seen: i64,
    ends_at: i64,
    idle: Option<i64>,
    /// The provider's name here, its issuer, and what it calls us (besides, the identifier by which it is found, if it is): a
    /// session of another configuration is no session (V67).
    provider: &'a str,
    issuer: &'a str,
    client_id: &'a str,
    subject: &'a str,
    /// What marks, leases and lists call the session.
    key: [u8; 32],
    /// What marks are compared with: the `iat` of the ID Token, and the store's moment of the login.
    issued_at: i64,
    moment: u64,
    sid: Option<&'a str>,
    /// How often its tokens were replaced.
    generation: u32,
    /// When the provider was last asked, or to be asked, whether the person is still signed in there.
    checked_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ColdV2<'a> {
    auth_time: Option<i64>,
    acr: Option<&'a str>,
    /// The family of the browser that signed in.
    browser: Option<&'a str>,
    /// What the provider calls the state of its own session (Session Management 1.0).
    session_state: Option<&'a str>,
    /// JSON, since postcard cannot read arbitrary values back.
    #[serde(borrow)]
    claims: &'a [u8],
    id_token: Option<&'a str>,
    access_token: Option<&'a str>,
    access_token_expires_at: Option<i64>,
    access_token_stale_at: Option<i64>,
    refresh_token: Option<&'a str>,
    scope: Option<&'a str>,
}

/// What may follow the cold part, in sessions of which a page wanted more than every sign-in has. A program that does not know of
/// it reads up to here.
#[derive(Serialize, Deserialize)]
enum Beyond<'a> {
    Demand { acr_values: &'a str, max_age: Option<u32> },
}

/// The cold part, still encoded.
#[derive(Clone)]
pub(crate) struct Cold {
    /// The whole payload, or the cold part alone: `from` is where the latter begins.
    bytes: Vec<u8>,
    from: usize,
}

impl Session {
    /// The bytes to seal, as of these times.
    pub(crate) fn to_payload(&self, times: &Times) -> Vec<u8> {
        let hot = Hot::V2(HotV2 {
            began_at: times.began_at.seconds(),
            last_seen: times.last_seen.seconds(),
            ends_at: times.ends_at.seconds(),
            idle: times.idle,
            provider: self.provider.name(),
            issuer: self.issuer.as_str(),
            client_id: self.provider.binding(),
            subject: self.subject.as_str(),
            key: *self.key.as_bytes(),
            issued_at: self.born.issued_at.seconds(),
            moment: self.born.moment.0,
            sid: self.sid.as_deref(),
            generation: self.generation,
            checked_at: times.checked_at.seconds(),
        });
        let mut bytes = postcard::to_stdvec(&hot).expect("strings and integers have a postcard form");
        bytes.extend_from_slice(self.cold.encoded());
        bytes
    }

    /// Reads what was sealed. `find` gives the provider of a name; a session whose provider has gone, or is now another issuer
    /// or another client, is no session.
    pub(crate) fn from_payload(
        bytes: Vec<u8>,
        find: impl FnOnce(&str) -> Option<Arc<ConnectedProvider>>,
    ) -> Option<Self> {
        let (hot, cold) = postcard::take_from_bytes::<Hot<'_>>(&bytes).ok()?;
        let from = bytes.len() - cold.len();
        let hot = match hot {
            Hot::V1(hot) => return v1::read(&hot, cold, find),
            Hot::V2(hot) => hot,
        };
        let provider = find(hot.provider)?;
        let issuer = provider.issuer_of_session(hot.issuer).filter(|_| provider.binding() == hot.client_id)?;
        Some(Self {
            provider,
            issuer,
            subject: Subject::parse(hot.subject)?,
            times: Times {
                began_at: NumericDate::from_seconds(hot.began_at),
                last_seen: NumericDate::from_seconds(hot.last_seen),
                ends_at: NumericDate::from_seconds(hot.ends_at),
                idle: hot.idle,
                checked_at: NumericDate::from_seconds(hot.checked_at),
            },
            key: Key::from_bytes(hot.key),
            born: Born::new(NumericDate::from_seconds(hot.issued_at), Moment(hot.moment)),
            sid: hot.sid.map(str::to_owned),
            generation: hot.generation,
            cold: Cold { bytes, from },
        })
    }
}

impl Cold {
    pub(super) fn new(claims: &[u8], evidence: &Evidence, tokens: &HeldTokens) -> Self {
        fn text(token: Option<&Secret<String>>) -> Option<&str> {
            token.map(|token| token.expose().as_str())
        }
        let cold = ColdV2 {
            auth_time: evidence.auth_time.map(NumericDate::seconds),
            acr: evidence.acr.as_deref(),
            browser: evidence.browser.as_deref(),
            session_state: evidence.session_state.as_deref(),
            claims,
            id_token: text(tokens.id_token.as_ref()),
            access_token: text(tokens.access_token.as_ref()),
            access_token_expires_at: tokens.access_token_expires_at.map(NumericDate::seconds),
            access_token_stale_at: tokens.access_token_stale_at.map(NumericDate::seconds),
            refresh_token: text(tokens.refresh_token.as_ref()),
            scope: tokens.scope.as_deref(),
        };
        let mut bytes = postcard::to_stdvec(&cold).expect("strings and integers have a postcard form");
        if !evidence.demand.is_nothing() {
            let acr_values = evidence.demand.acr_values.join(" ");
            let beyond = Beyond::Demand { acr_values: &acr_values, max_age: evidence.demand.max_age };
            bytes.extend(postcard::to_stdvec(&beyond).expect("strings and integers have a postcard form"));
        }
        Self { bytes, from: 0 }
    }

    /// The same with other tokens.
    pub(super) fn with_tokens(&self, tokens: &HeldTokens) -> Self {
        let claims = self.decode().map_or_else(Vec::new, |cold| cold.claims.to_vec());
        Self::new(&claims, &self.evidence(), tokens)
    }

    fn encoded(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    /// Under our own seal nothing but our own encoding can lie, so what does not decode is as good as empty.
    fn decode(&self) -> Option<ColdV2<'_>> {
        postcard::from_bytes(self.encoded()).ok()
    }

    fn demand(&self) -> Option<Demand> {
        let (_, beyond) = postcard::take_from_bytes::<ColdV2<'_>>(self.encoded()).ok()?;
        let Beyond::Demand { acr_values, max_age } = postcard::from_bytes(beyond).ok()?;
        Some(Demand::new(acr_values, max_age))
    }

    pub(super) fn claims(&self) -> ClaimsSet {
        self.decode().and_then(|cold| ClaimsSet::from_json(cold.claims).ok()).unwrap_or_default()
    }

    pub(super) fn evidence(&self) -> Evidence {
        self.decode().map_or_else(Evidence::default, |cold| Evidence {
            auth_time: cold.auth_time.map(NumericDate::from_seconds),
            acr: cold.acr.map(str::to_owned),
            browser: cold.browser.map(str::to_owned),
            session_state: cold.session_state.map(str::to_owned),
            demand: self.demand().unwrap_or_default(),
        })
    }

    pub(super) fn tokens(&self) -> HeldTokens {
        self.decode().map_or_else(HeldTokens::default, |cold| HeldTokens {
            id_token: cold.id_token.map(Secret::from),
            access_token: cold.access_token.map(Secret::from),
            access_token_expires_at: cold.access_token_expires_at.map(NumericDate::from_seconds),
            access_token_stale_at: cold.access_token_stale_at.map(NumericDate::from_seconds),
            refresh_token: cold.refresh_token.map(Secret::from),
            scope: cold.scope.map(str::to_owned),
        })
    }

    /// How many bytes the claims and the tokens take, for the message that says why a session is too big.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let claims = self.decode().map_or(0, |cold| cold.claims.len());
        (claims, self.encoded().len() - claims)
    }
}

impl fmt::Debug for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cold(***)")
    }
}

#[cfg(test)]
mod tests;

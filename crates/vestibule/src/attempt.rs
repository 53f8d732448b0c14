//! A login under way, in a cookie of the browser that started it: with whom, and what the callback has to know.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_core::{Issuer, NumericDate, PendingLogin, ResponseMode, Secret};

use crate::{
    door::Door,
    provider::ConnectedProvider,
    session::{
        Session,
        cookie::{Cookies, LoginCookie, MOST_LOGINS, Purpose},
        seal::sha256,
    },
    step_up::Demand,
    store::{Key, StoreError},
};

/// A login under way.
pub(crate) struct Attempt {
    pub(crate) pending: PendingLogin,
    belongs: [u8; BELONGS_BYTES],
    /// The client that it began with, where there may be another one when it ends.
    client: Option<[u8; CLIENT_BYTES]>,
    /// What the sign-in was asked to be, beyond what every sign-in with this provider is.
    pub(crate) demand: Demand,
    /// The session that the browser had when the login began, where the callback will not see it.
    pub(crate) earlier: Option<Earlier>,
}

/// A session that a login takes the place of, known when it began: the session's cookie does not come along with a POST from the
/// provider's page (V28).
pub(crate) struct Earlier {
    key: Key,
    subject: Key,
    issuer: Issuer,
    ends_at: NumericDate,
}

/// What is sealed: a wire format, since a login may begin before an upgrade and end after it. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written<'a> {
    #[serde(borrow)]
    V1(WrittenV1<'a>),
    /// Of a client that registers itself.
    V2(#[serde(borrow)] WrittenV1<'a>, [u8; CLIENT_BYTES]),
}

#[derive(Serialize, Deserialize)]
struct WrittenV1<'a> {
    belongs: [u8; BELONGS_BYTES],
    pending: &'a [u8],
    acr_values: &'a str,
    max_age: Option<u32>,
    earlier: Option<WrittenEarlier<'a>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct WrittenEarlier<'a> {
    key: [u8; 32],
    subject: [u8; 32],
    issuer: &'a str,
    ends_at: i64,
}

const BELONGS_BYTES: usize = 16;
const CLIENT_BYTES: usize = 8;

/// Before there were versions: what it belongs to, and a pending login of 40 bytes. Whatever has a version is longer.
const UNVERSIONED_BYTES: usize = BELONGS_BYTES + 40;

impl Attempt {
    /// A login that begins with this provider.
    pub(crate) fn new(provider: &ConnectedProvider, pending: PendingLogin, demand: Demand) -> Self {
        Self { pending, belongs: belongs_to(provider), client: None, demand, earlier: None }
    }

    /// One that begins with this client, if it is one that registered itself: another may take its place.
    pub(crate) fn by_client(self, provider: &ConnectedProvider, client_id: &str) -> Self {
        let client = provider.binding().is_empty().then(|| client_mark(client_id));
        Self { client, ..self }
    }

    /// Whether this client can finish it, as far as is known.
    pub(crate) fn is_by_client(&self, client_id: &str) -> bool {
        self.client.is_none_or(|client| client == client_mark(client_id))
    }

    /// One that takes the place of this session.
    pub(crate) fn in_place_of(self, door: &Door, session: &Session) -> Self {
        Self { earlier: Some(Earlier::of(door, session)), ..self }
    }

    /// Whether it is finished at this provider: it is where it began, and nowhere else (V20).
    pub(crate) fn belongs_to(&self, provider: &ConnectedProvider) -> bool {
        self.belongs == belongs_to(provider)
    }

    /// Which cookie it lives in, for a response that comes by this mode. `name` is that of the attempt.
    pub(crate) fn purpose(mode: ResponseMode, name: &str) -> Purpose<'_> {
        match mode {
            ResponseMode::FormPost => Purpose::PostedLogin(name),
            _ => Purpose::Login(name),
        }
    }

    /// The value of its cookie.
    pub(crate) fn seal(&self, door: &Door, purpose: Purpose<'_>) -> String {
        let (pending, acr_values) = (self.pending.to_bytes(), self.demand.acr_values.join(" "));
        let written = WrittenV1 {
            belongs: self.belongs,
            pending: pending.expose(),
            acr_values: &acr_values,
            max_age: self.demand.max_age,
            earlier: self.earlier.as_ref().map(|earlier| WrittenEarlier {
                key: *earlier.key.as_bytes(),
                subject: *earlier.subject.as_bytes(),
                issuer: earlier.issuer.as_str(),
                ends_at: earlier.ends_at.seconds(),
            }),
        };
        let written = match self.client {
            None => Written::V1(written),
            Some(client) => Written::V2(written, client),
        };
        let payload =
            Secret::new(postcard::to_stdvec(&written).expect("bytes, strings and integers have a postcard form"));
        door.seals.pending_login.seal(&door.context(&door.names.name(purpose)), payload.expose())
    }

    /// What a cookie holds.
    pub(crate) fn open(door: &Door, cookie: LoginCookie<'_>) -> Option<Self> {
        let context = door.context(&door.names.name(cookie.purpose));
        let payload = Secret::new(door.seals.pending_login.open(&context, cookie.sealed)?);
        if payload.expose().len() == UNVERSIONED_BYTES {
            let (belongs, pending) = payload.expose().split_first_chunk::<BELONGS_BYTES>()?;
            let pending = PendingLogin::from_bytes(&Secret::new(pending.to_vec()))?;
            return Some(Self { pending, belongs: *belongs, client: None, demand: Demand::default(), earlier: None });
        }
        let (written, client) = match postcard::from_bytes(payload.expose()).ok()? {
            Written::V1(written) => (written, None),
            Written::V2(written, client) => (written, Some(client)),
        };
        Some(Self {
            pending: PendingLogin::from_bytes(&Secret::new(written.pending.to_vec()))?,
            belongs: written.belongs,
            client,
            demand: Demand::new(written.acr_values, written.max_age),
            earlier: written.earlier.and_then(Earlier::read),
        })
    }

    /// The pending logins of a browser that give way to a new one: the oldest, and what is not ours (V26).
    pub(crate) fn crowded_out<'a>(door: &Door, cookies: &Cookies<'a>) -> Vec<Purpose<'a>> {
        let begun_at = |cookie| {
            Self::open(door, cookie).map_or(NumericDate::from_seconds(0), |attempt| attempt.pending.begun_at())
        };
        let mut pending: Vec<_> = cookies.logins().map(|cookie| (begun_at(cookie), cookie.purpose)).collect();
        // Within one second the order of the Cookie header decides: browsers send older cookies first (RFC 6265 5.4).
        pending.sort_by_key(|(begun_at, _)| *begun_at);
        let too_many = (pending.len() + 1).saturating_sub(MOST_LOGINS);
        pending.into_iter().take(too_many).map(|(_, purpose)| purpose).collect()
    }
}

impl Earlier {
    fn of(door: &Door, session: &Session) -> Self {
        Self {
            key: session.key,
            subject: door.keys.subject(&session.issuer, &session.subject),
            issuer: Issuer::clone(&session.issuer),
            ends_at: session.times.ends_at,
        }
    }

    fn read(written: WrittenEarlier<'_>) -> Option<Self> {
        Some(Self {
            key: Key::from_bytes(written.key),
            subject: Key::from_bytes(written.subject),
            issuer: Issuer::parse(written.issuer).ok()?,
            ends_at: NumericDate::from_seconds(written.ends_at),
        })
    }

    /// Whether it is the session of a person whom stores call so.
    pub(crate) fn is_of(&self, subject: Key) -> bool {
        self.subject == subject
    }

    /// Ends it.
    pub(crate) async fn end(&self, door: &Door) -> Result<(), StoreError> {
        door.end_by_key(self.key, &self.issuer, self.ends_at).await.map(drop)
    }
}

fn client_mark(client_id: &str) -> [u8; CLIENT_BYTES] {
    let mut mark = [0; CLIENT_BYTES];
    let hash = sha256(client_id.as_bytes());
    mark.copy_from_slice(hash.split_at(CLIENT_BYTES).0);
    mark
}

/// Provider, issuer (which is known to whoever begins a login), client and redirect URI in sixteen bytes.
fn belongs_to(provider: &ConnectedProvider) -> [u8; BELONGS_BYTES] {
    fingerprint(provider, provider.issuer())
}

/// The same with this issuer, or without one.
pub(crate) fn fingerprint(provider: &ConnectedProvider, issuer: Option<&Arc<Issuer>>) -> [u8; BELONGS_BYTES] {
    let issuer = issuer.map_or("", |issuer| issuer.as_str());
    let parts = [provider.name(), issuer, provider.binding(), provider.redirect_uri()];
    let mut belongs = [0; BELONGS_BYTES];
    let hash = sha256(parts.join("\0").as_bytes());
    belongs.copy_from_slice(hash.split_at(BELONGS_BYTES).0);
    belongs
}

#[cfg(test)]
mod tests;

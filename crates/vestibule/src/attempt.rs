//! A login under way, in a cookie of the browser that started it: with whom, and what the callback has to know.

use std::sync::Arc;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use vestibule_core::{Issuer, NumericDate, PendingLogin, ResponseMode, Secret};

use crate::{
    door::Door,
    provider::ConnectedProvider,
    session::{
        Session,
        cookie::{Cookies, HEADER_BYTES, LOGIN_PLACES, LoginCookie, Purpose},
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
    /// Its turn among the logins that this browser had under way when it began: many tabs begin within one second.
    turn: u32,
}

/// Which of the logins under way gives way, where there is no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivesWay {
    Oldest,
    /// To a login that is started over. Of many tabs that start over at once, those come through then that are still known;
    /// were it the oldest, each would drive out the next.
    Newest,
}

/// What room there is for logins under way.
#[derive(Clone, Copy, Debug)]
struct Room {
    logins: usize,
    /// Of the Cookie header.
    bytes: usize,
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
    /// One that began beside others, and its turn among them.
    V3(#[serde(borrow)] WrittenV1<'a>, Option<[u8; CLIENT_BYTES]>, u32),
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
        Self { pending, belongs: belongs_to(provider), client: None, demand, earlier: None, turn: 0 }
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

    /// The lines that put it into a browser that has these cookies: at a free place, or at that of another, which gives way (V26).
    pub(crate) fn lines(self, door: &Door, cookies: &Cookies<'_>, gives_way: GivesWay) -> Vec<HeaderValue> {
        let under_way = under_way(door, cookies);
        let turn = under_way.iter().map(|login| login.turn.saturating_add(1)).max().unwrap_or_default();
        let attempt = Self { turn, ..self };
        let sealed = attempt.seal(door, attempt.purpose(LOGIN_PLACES[0]));
        let weight = door.names.weight(attempt.purpose(LOGIN_PLACES[0]), sealed.len());
        let others = door.names.weight_of_all(cookies).saturating_sub(under_way.iter().map(|login| login.weight).sum());
        let room =
            Room { logins: LOGIN_PLACES.len() - 1, bytes: HEADER_BYTES.saturating_sub(others).saturating_sub(weight) };
        let gone = crowded_out(under_way, gives_way, room);
        let place = attempt
            .place_beside(cookies.logins().map(|cookie| cookie.purpose).filter(|purpose| !gone.contains(purpose)));
        let purpose = attempt.purpose(place);
        let deletions = gone.into_iter().filter(|gone| *gone != purpose).map(|gone| door.names.delete(gone));
        let line = door.names.set(purpose, &attempt.seal(door, purpose), Some(PendingLogin::LIFETIME));
        deletions.chain([line]).collect()
    }

    /// A free place beside those that are taken. Where the search begins is chance: whoever begins at the same moment sees the same
    /// places free.
    fn place_beside<'a>(&self, taken: impl Iterator<Item = Purpose<'a>>) -> &'static str {
        let taken: Vec<_> = taken.collect();
        let chance: usize = self.pending.attempt().bytes().map(usize::from).sum();
        let (before, after) = LOGIN_PLACES.split_at(chance % LOGIN_PLACES.len());
        let mut places = after.iter().chain(before);
        places.find(|place| !taken.contains(&self.purpose(place))).unwrap_or(&LOGIN_PLACES[0])
    }

    /// Which cookie it lives in, at this place. One that another site's page will post to us needs other attributes.
    fn purpose<'a>(&self, place: &'a str) -> Purpose<'a> {
        match self.pending.response_mode() {
            ResponseMode::FormPost => Purpose::PostedLogin(place),
            _ => Purpose::Login(place),
        }
    }

    /// The value of its cookie.
    fn seal(&self, door: &Door, purpose: Purpose<'_>) -> String {
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
        let written = match (self.client, self.turn) {
            (None, 0) => Written::V1(written),
            (Some(client), 0) => Written::V2(written, client),
            (client, turn) => Written::V3(written, client, turn),
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
            let demand = Demand::default();
            return Some(Self { pending, belongs: *belongs, client: None, demand, earlier: None, turn: 0 });
        }
        let (written, client, turn) = match postcard::from_bytes(payload.expose()).ok()? {
            Written::V1(written) => (written, None, 0),
            Written::V2(written, client) => (written, Some(client), 0),
            Written::V3(written, client, turn) => (written, client, turn),
        };
        Some(Self {
            pending: PendingLogin::from_bytes(&Secret::new(written.pending.to_vec()))?,
            belongs: written.belongs,
            client,
            demand: Demand::new(written.acr_values, written.max_age),
            earlier: written.earlier.and_then(Earlier::read),
            turn,
        })
    }

    /// Whether a browser has one that can be opened.
    pub(crate) fn some_is_readable(door: &Door, cookies: &Cookies<'_>) -> bool {
        cookies.logins().any(|cookie| Self::open(door, cookie).is_some())
    }

    /// Whether a browser has one that cannot be opened.
    pub(crate) fn some_is_unreadable(door: &Door, cookies: &Cookies<'_>) -> bool {
        cookies.logins().any(|cookie| Self::open(door, cookie).is_none())
    }

    /// The pending logins of a browser that have to go where its other cookies come to weigh so much: the oldest.
    pub(crate) fn too_heavy_beside<'a>(door: &Door, cookies: &Cookies<'a>, bytes: usize) -> Vec<Purpose<'a>> {
        let room = Room { logins: usize::MAX, bytes: HEADER_BYTES.saturating_sub(bytes) };
        crowded_out(under_way(door, cookies), GivesWay::Oldest, room)
    }
}

/// A pending login of a browser, beside which another begins.
struct UnderWay<'a> {
    purpose: Purpose<'a>,
    /// None of what is not ours.
    begun_at: Option<NumericDate>,
    turn: u32,
    weight: usize,
}

/// The pending logins of a browser, what is not ours first, then the oldest.
fn under_way<'a>(door: &Door, cookies: &Cookies<'a>) -> Vec<UnderWay<'a>> {
    let of = |cookie: LoginCookie<'a>| {
        let attempt = Attempt::open(door, cookie);
        UnderWay {
            purpose: cookie.purpose,
            begun_at: attempt.as_ref().map(|attempt| attempt.pending.begun_at()),
            turn: attempt.map_or(0, |attempt| attempt.turn),
            weight: door.names.weight(cookie.purpose, cookie.sealed.len()),
        }
    };
    let mut under_way: Vec<_> = cookies.logins().map(of).collect();
    // For the rest the order of the Cookie header decides: browsers send older cookies first (RFC 6265 5.4).
    under_way.sort_by_key(|login| (login.begun_at, login.turn));
    under_way
}

/// Which of them go, so that the rest have room.
fn crowded_out<'a>(mut under_way: Vec<UnderWay<'a>>, gives_way: GivesWay, room: Room) -> Vec<Purpose<'a>> {
    if gives_way == GivesWay::Newest {
        under_way.reverse();
        under_way.sort_by_key(|login| login.begun_at.is_some());
    }
    let (mut logins, mut bytes) = (under_way.len(), under_way.iter().map(|login| login.weight).sum::<usize>());
    let mut gone = Vec::new();
    for login in under_way {
        if logins <= room.logins && bytes <= room.bytes {
            break;
        }
        (logins, bytes) = (logins.saturating_sub(1), bytes.saturating_sub(login.weight));
        gone.push(login.purpose);
    }
    gone
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

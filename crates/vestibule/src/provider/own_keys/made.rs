//! The keys that we made for one provider, and when: which of them signs, which are published, and which are due.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vestibule_core::{
    NumericDate, Secret,
    jose::{DecryptionKey, PrivateJwkSet, SigningKey},
};

use super::needs::{Needs, Purpose};

/// Keys that we made, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Made {
    keys: Vec<Dated>,
    /// For how many seconds a key is the newest one.
    lifetime: i64,
}

#[derive(Clone, Debug)]
struct Dated {
    key: OwnKey,
    made_at: NumericDate,
}

#[derive(Clone, Debug)]
enum OwnKey {
    Signs(Arc<SigningKey>),
    Opens(Arc<DecryptionKey>),
}

/// A key could not be made: the operating system gave no memory or randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the crypto library could not make a key")]
pub(super) struct NotMade;

/// What is kept, sealed: a wire format. Add a version, never change one.
#[derive(Serialize, Deserialize)]
enum Written<'a> {
    #[serde(borrow)]
    V1(Vec<WrittenKey<'a>>),
}

/// A private JWK, and when it was made.
#[derive(Serialize, Deserialize)]
struct WrittenKey<'a> {
    jwk: &'a str,
    made_at: i64,
}

/// For so many seconds the next key is published before it signs, and the last one after: so long whoever verifies may go without
/// asking for our keys, and no longer does anything live that we sign.
const KNOWN: i64 = 24 * 3600;

impl Made {
    pub(super) fn none(lifetime: i64) -> Self {
        Self { keys: Vec::new(), lifetime }
    }

    /// What [`to_bytes`](Self::to_bytes) wrote. What cannot be read is as good as none.
    pub(super) fn read(bytes: &Secret<Vec<u8>>, lifetime: i64) -> Option<Self> {
        let Written::V1(written) = postcard::from_bytes(bytes.expose()).ok()?;
        let read = |written: &WrittenKey<'_>| {
            let key = OwnKey::from_jwk(&serde_json::from_str(written.jwk).ok()?)?;
            Some(Dated { key, made_at: NumericDate::from_seconds(written.made_at) })
        };
        Some(Self { keys: written.iter().map(read).collect::<Option<_>>()?, lifetime })
    }

    /// As they are kept: seal it.
    pub(super) fn to_bytes(&self) -> Result<Secret<Vec<u8>>, NotMade> {
        let jwks = self.keys.iter().map(|dated| dated.key.to_jwk()).collect::<Result<Vec<_>, _>>()?;
        let written = self.keys.iter().zip(&jwks);
        let written =
            written.map(|(dated, jwk)| WrittenKey { jwk: jwk.expose(), made_at: dated.made_at.seconds() }).collect();
        let bytes = postcard::to_stdvec(&Written::V1(written));
        Ok(Secret::new(bytes.expect("strings and integers have a postcard form")))
    }

    /// What is needed and not there, or too old: a signing key a day before it is to be replaced.
    pub(super) fn due(&self, needs: &Needs, now: NumericDate) -> Needs {
        let is_due = |purpose: &Purpose| {
            self.of(*purpose).last().is_none_or(|newest| {
                let ahead = if matches!(purpose, Purpose::Signs(_)) { KNOWN } else { 0 };
                newest.made_at.plus(self.lifetime.saturating_sub(ahead)) <= now
            })
        };
        needs.iter().filter(is_due).collect()
    }

    /// With a new key for each of these purposes, and without what nobody can need any more. It takes its time: RSA is slow.
    pub(super) fn with_new(&self, purposes: &Needs, now: NumericDate) -> Result<Self, NotMade> {
        let mut keys: Vec<_> = self.keys.iter().filter(|dated| !self.is_over(dated, now)).cloned().collect();
        for purpose in purposes.iter() {
            keys.push(Dated { key: OwnKey::make(purpose)?, made_at: now });
        }
        Ok(Self { keys, lifetime: self.lifetime })
    }

    /// The keys to work with: of each algorithm the one that signs now, and all that open, the newest first.
    pub(super) fn in_use(&self, now: NumericDate) -> PrivateJwkSet {
        let signing = self.alive(now).filter_map(|dated| match &dated.key {
            OwnKey::Signs(key) => self.signs_now(key, now),
            OwnKey::Opens(_) => None,
        });
        PrivateJwkSet::new(signing, self.opening(now))
    }

    /// What others are told: every key that signs, signed or will sign, and of those that open the newest of each algorithm.
    pub(super) fn published(&self, now: NumericDate) -> Value {
        let signing = self.alive(now).filter_map(|dated| match &dated.key {
            OwnKey::Signs(key) => Some(Arc::clone(key)),
            OwnKey::Opens(_) => None,
        });
        let mut newest: Vec<Arc<DecryptionKey>> = Vec::new();
        for key in self.opening(now) {
            if newest.iter().all(|newer| newer.algorithm() != key.algorithm()) {
                newest.push(key);
            }
        }
        PrivateJwkSet::new(signing, newest).public_jwk_set()
    }

    /// When the keys to work with will be others than now, if that is known already: one begins to sign, or one is over.
    pub(super) fn next_change(&self, now: NumericDate) -> Option<NumericDate> {
        let starts = self.keys.iter().map(|dated| dated.made_at.plus(KNOWN));
        let ends = self.keys.iter().filter_map(|dated| self.end(dated));
        starts.chain(ends).filter(|change| *change > now).min()
    }

    /// This key, if it is the one that signs: the newest of those that others know for long enough; with none of these the oldest,
    /// since that is the one that they know best.
    fn signs_now(&self, key: &Arc<SigningKey>, now: NumericDate) -> Option<Arc<SigningKey>> {
        let mut all = self.of(Purpose::Signs(key.algorithm()));
        let oldest = all.clone().next()?;
        let known = all.rfind(|dated| dated.made_at.plus(KNOWN) <= now);
        known.unwrap_or(oldest).key.is(key).then(|| Arc::clone(key))
    }

    fn opening(&self, now: NumericDate) -> impl Iterator<Item = Arc<DecryptionKey>> {
        let newest_first = self.keys.iter().rev().filter(move |dated| !self.is_over(dated, now));
        newest_first.filter_map(|dated| match &dated.key {
            OwnKey::Opens(key) => Some(Arc::clone(key)),
            OwnKey::Signs(_) => None,
        })
    }

    fn alive(&self, now: NumericDate) -> impl Iterator<Item = &Dated> {
        self.keys.iter().filter(move |dated| !self.is_over(dated, now))
    }

    fn is_over(&self, old: &Dated, now: NumericDate) -> bool {
        self.end(old).is_some_and(|end| end <= now)
    }

    /// When nothing that matters can have to do with this key any more: it was replaced, and long enough ago.
    fn end(&self, old: &Dated) -> Option<NumericDate> {
        let purpose = old.key.purpose();
        let successor = self.of(purpose).find(|dated| dated.made_at > old.made_at);
        let after = match purpose {
            // It signed until the successor did.
            Purpose::Signs(_) => 2 * KNOWN,
            Purpose::Opens(_) => self.lifetime,
        };
        successor.map(|successor| successor.made_at.plus(after))
    }

    fn of(&self, purpose: Purpose) -> impl DoubleEndedIterator<Item = &Dated> + Clone {
        self.keys.iter().filter(move |dated| dated.key.purpose() == purpose)
    }
}

impl OwnKey {
    fn make(purpose: Purpose) -> Result<Self, NotMade> {
        match purpose {
            Purpose::Signs(algorithm) => {
                SigningKey::generate(algorithm).map(Arc::new).map(Self::Signs).map_err(|_| NotMade)
            }
            Purpose::Opens(algorithm) => {
                DecryptionKey::generate(algorithm).map(Arc::new).map(Self::Opens).map_err(|_| NotMade)
            }
        }
    }

    fn from_jwk(jwk: &Value) -> Option<Self> {
        // As `to_private_jwk` writes it.
        if jwk.get("use").and_then(Value::as_str) == Some("enc") {
            DecryptionKey::from_jwk(jwk).ok().map(Arc::new).map(Self::Opens)
        } else {
            SigningKey::from_jwk(jwk).ok().map(Arc::new).map(Self::Signs)
        }
    }

    fn to_jwk(&self) -> Result<Secret<String>, NotMade> {
        match self {
            Self::Signs(key) => key.to_private_jwk().map_err(|_| NotMade),
            Self::Opens(key) => key.to_private_jwk().map_err(|_| NotMade),
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Signs(key) => Purpose::Signs(key.algorithm()),
            Self::Opens(key) => Purpose::Opens(key.algorithm()),
        }
    }

    fn is(&self, other: &Arc<SigningKey>) -> bool {
        matches!(self, Self::Signs(key) if Arc::ptr_eq(key, other))
    }
}

#[cfg(test)]
mod tests;

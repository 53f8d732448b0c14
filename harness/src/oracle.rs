//! Naive readings of tokens, by which what was accepted is judged: slow, without finesse, and by other code than ours.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::stage::{CLIENT_ID, ISSUER, NOW, SKEW, TRUSTED_AUDIENCE};

/// The members of a JSON object in the order in which they came, each as often as it came.
pub(crate) struct Members(Vec<(String, Value)>);

impl Members {
    /// Of exactly one JSON object.
    pub(crate) fn of(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether a name comes twice.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.0.iter().enumerate().any(|(at, (name, _))| self.0.iter().skip(at + 1).any(|(other, _)| other == name))
    }

    /// The member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The member as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The member as whole seconds.
    pub(crate) fn seconds(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Value::as_f64).map(f64::floor)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(String, Value)> {
        self.0.iter()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

/// Asserts what any signed token must say that was taken for one of our provider for us, at its time.
pub(crate) fn assert_is_for_us(claims: &Members) {
    assert!(!claims.has_duplicates(), "a claim twice");
    assert_eq!(claims.text("iss"), Some(ISSUER), "another issuer");
    assert_audience(claims.get("aud"));
    for name in ["exp", "iat", "nbf"] {
        assert!(claims.get(name).is_none_or(Value::is_number), "{name} is no number");
    }
    let now = now();
    assert!(claims.seconds("exp").is_none_or(|exp| exp + SKEW > now), "expired");
    assert!(claims.seconds("nbf").is_none_or(|nbf| nbf <= now + SKEW), "not yet valid");
    assert!(claims.seconds("iat").is_none_or(|iat| iat <= now + SKEW), "from the future");
}

/// Asserts that it was made at most so many seconds ago.
pub(crate) fn assert_issued_within(claims: &Members, seconds: f64) {
    let iat = claims.seconds("iat").expect("an iat");
    assert!(iat + seconds + SKEW >= now(), "made too long ago");
}

fn assert_audience(aud: Option<&Value>) {
    let audiences: Vec<&str> = match aud {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().map(|one| one.as_str().expect("an audience that is no text")).collect(),
        other => panic!("an audience that is none: {other:?}"),
    };
    assert!(audiences.contains(&CLIENT_ID), "for others");
    let is_known = |audience: &&str| *audience == CLIENT_ID || *audience == TRUSTED_AUDIENCE;
    assert!(audiences.iter().all(is_known), "for others too");
}

/// The time as JSON counts it.
pub(crate) fn now() -> f64 {
    // Exact: it is far below 2^32.
    f64::from(u32::try_from(NOW.seconds()).expect("it is before 2106"))
}

/// Asserts what a header must be that was taken for one of an HMAC of ours, of a token of one of these types.
pub(crate) fn assert_header(header: &[u8], types: &[&str]) {
    let header = Members::of(header).expect("a header that is no object");
    assert!(!header.has_duplicates(), "a header with a member twice");
    assert_eq!(header.text("alg"), Some("HS256"), "another algorithm");
    assert!(header.get("crit").is_none() && header.get("b64").is_none(), "an extension");
    if let Some(typ) = header.get("typ") {
        let typ = typ.as_str().expect("a type that is no text").to_ascii_lowercase();
        assert!(types.contains(&typ.as_str()), "a token of another type");
    }
}

/// Header and payload of an input: what is before the first line's end and what is after it; the usual header, where that is empty.
pub(crate) fn header_and_payload(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    match end.and_then(|end| data.split_at_checked(end)) {
        Some((header, payload)) => {
            let payload = payload.strip_prefix(b"\n").unwrap_or(payload);
            (if header.is_empty() { USUAL } else { header }, payload)
        }
        None => (USUAL, data),
    }
}

const USUAL: &[u8] = br#"{"alg":"HS256","typ":"JWT"}"#;

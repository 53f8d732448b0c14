//! The header of an encrypted token: the members that matter, read strictly.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess},
};

use crate::jose::base64url;

/// The members of a JOSE header that matter here (V35): keys, URLs and certificates inside a token are not even read, save the
/// ephemeral key, which is the sender's half of an agreement.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) enc: String,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) cty: Option<String>,
    pub(super) epk: Option<EphemeralKey>,
    pub(super) apu: Bytes,
    pub(super) apv: Bytes,
    pub(super) iv: Bytes,
    pub(super) tag: Bytes,
    pub(super) is_compressed: bool,
    pub(super) asks_for_extension: bool,
}

/// The `epk` (RFC 7518 4.6.1.1), not yet known to be a point.
#[derive(Debug, Deserialize)]
pub(super) struct EphemeralKey {
    pub(super) kty: String,
    pub(super) crv: String,
    pub(super) x: Bytes,
    pub(super) y: Option<Bytes>,
}

/// A member in base64url; absent is empty.
#[derive(Debug, Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'_, str>>::deserialize(deserializer)?;
        base64url::decode(&text).map(Self).ok_or_else(|| de::Error::custom("no base64url"))
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JOSE header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Header, A::Error> {
                let mut seen: Vec<Cow<'de, str>> = Vec::new();
                let mut header = Header::default();
                while let Some(name) = access.next_key::<Cow<'de, str>>()? {
                    if seen.contains(&name) || seen.len() == MOST_MEMBERS {
                        return Err(de::Error::custom("a member twice, or too many"));
                    }
                    header.read(&name, &mut access)?;
                    seen.push(name);
                }
                for required in ["alg", "enc"] {
                    if !seen.iter().any(|name| name == required) {
                        return Err(de::Error::missing_field(required));
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

impl Header {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, access: &mut A) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = access.next_value()?,
            "enc" => self.enc = access.next_value()?,
            "kid" => self.kid = Some(access.next_value()?),
            "typ" => self.typ = Some(access.next_value()?),
            "cty" => self.cty = Some(access.next_value()?),
            "epk" => self.epk = Some(access.next_value()?),
            "apu" => self.apu = access.next_value()?,
            "apv" => self.apv = access.next_value()?,
            "iv" => self.iv = access.next_value()?,
            "tag" => self.tag = access.next_value()?,
            other => {
                self.is_compressed |= other == "zip";
                self.asks_for_extension |= matches!(other, "crit" | "b64");
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// More members than any header has; a bound for the search for duplicates.
const MOST_MEMBERS: usize = 32;

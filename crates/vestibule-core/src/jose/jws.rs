//! Signed tokens in compact form (RFC 7515 7.1): read strictly, verified with keys that we chose.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess},
};

use aws_lc_rs::hmac;

use super::{JwkSet, SignatureAlgorithm, algorithm::Family, base64url};
use crate::{error::Excerpt, secret::Secret};

/// A signed token whose signature has not been looked at yet.
///
/// # Example
/// ```
/// use vestibule_core::jose::{CompactJws, InvalidJws};
///
/// assert_eq!(CompactJws::parse("no token").err(), Some(InvalidJws::NotCompact));
/// ```
pub struct CompactJws<'a> {
    header: Header,
    signing_input: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a token is not a JWS that these keys vouch for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJws {
    /// Not three dot-separated segments of canonical base64url (RFC 7515 7.1).
    #[error("not three segments of base64url (RFC 7515 7.1)")]
    NotCompact,
    /// The header is not a strict JSON object with a string `alg` (RFC 7515 4).
    #[error("a malformed header (RFC 7515 4)")]
    Header,
    /// The header has `crit` or `b64`: an extension that we do not know must be understood (RFC 7515 4.1.11, RFC 7797).
    #[error("a header that asks for an extension (RFC 7515 4.1.11)")]
    CriticalExtension,
    /// Signed with another algorithm than the one agreed on (RFC 8725 3.1).
    #[error("signed with '{got}', expected {expected} (RFC 8725 3.1)")]
    Algorithm {
        /// The one agreed on.
        expected: SignatureAlgorithm,
        /// The header's.
        got: Excerpt,
    },
    /// No key of the set fits. The one reason to fetch the keys anew, and verify once more (Core 10.1.1).
    #[error("no key for {algorithm} with kid {} (Core 10.1)", kid.as_ref().map_or("(none)".to_owned(), ToString::to_string))]
    NoMatchingKey {
        /// The algorithm.
        algorithm: SignatureAlgorithm,
        /// The header's kid, if it has one.
        kid: Option<Excerpt>,
    },
    /// A key fits, and the signature is not its.
    #[error("a signature that does not verify (RFC 7515 5.2)")]
    Signature,
}

impl<'a> CompactJws<'a> {
    /// Reads the form of a token (RFC 7515 5.2, steps 1 to 7), strictly (V53): exactly three segments of canonical base64url.
    ///
    /// # Errors
    /// [`InvalidJws`] names the rule.
    pub fn parse(token: &'a str) -> Result<Self, InvalidJws> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(InvalidJws::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(InvalidJws::NotCompact)?;
        // A fourth or fifth segment is a dot in the payload, which base64url refuses.
        let decode = |segment| base64url::decode(segment).ok_or(InvalidJws::NotCompact);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        // RFC 7515 5.2 (3): UTF-8 from end to end; serde_json alone would not look into members that are skipped.
        let header = str::from_utf8(&header).map_err(|_| InvalidJws::Header)?;
        let header: Header = serde_json::from_str(header).map_err(|_| InvalidJws::Header)?;
        if header.asks_for_extension {
            return Err(InvalidJws::CriticalExtension);
        }
        Ok(Self { header, signing_input: signing_input.as_bytes(), payload, signature })
    }

    /// The header's `typ`, if it has one.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The payload, **which nobody has vouched for yet**.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether one of `keys` made this signature with `algorithm`. The header is not asked which algorithm to use; it must
    /// agree.
    ///
    /// # Errors
    /// [`InvalidJws::Algorithm`], [`InvalidJws::NoMatchingKey`] or [`InvalidJws::Signature`].
    pub fn verify(&self, algorithm: SignatureAlgorithm, keys: &JwkSet) -> Result<(), InvalidJws> {
        self.verify_by(algorithm, keys, |_| true)
    }

    /// The same, by those keys alone whose `issuer`, if they name one, may sign this.
    pub(crate) fn verify_by(
        &self,
        algorithm: SignatureAlgorithm,
        keys: &JwkSet,
        may_sign: impl Fn(Option<&str>) -> bool,
    ) -> Result<(), InvalidJws> {
        self.check_algorithm(algorithm)?;
        let mut candidates = keys.candidates(algorithm, self.header.kid.as_deref(), may_sign).peekable();
        if candidates.peek().is_none() {
            return Err(InvalidJws::NoMatchingKey { algorithm, kid: self.header.kid.as_deref().map(Excerpt::new) });
        }
        // Core 10.1 wants a kid where there are several keys; without one, each key of the right type is tried.
        candidates
            .any(|key| key.verify_sig(self.signing_input, &self.signature).is_ok())
            .then_some(())
            .ok_or(InvalidJws::Signature)
    }

    /// Whether the holder of `secret` made this signature with `algorithm`, which is an HMAC. No key set is asked: a public key
    /// is never a secret (V34).
    ///
    /// # Errors
    /// [`InvalidJws::Algorithm`], [`InvalidJws::NoMatchingKey`] when the algorithm takes no secret, or a longer one (RFC 7518
    /// 3.2), or [`InvalidJws::Signature`].
    pub fn verify_with_secret(&self, algorithm: SignatureAlgorithm, secret: &Secret<String>) -> Result<(), InvalidJws> {
        self.verify_mac(algorithm, secret.expose().as_bytes())
    }

    fn verify_mac(&self, algorithm: SignatureAlgorithm, secret: &[u8]) -> Result<(), InvalidJws> {
        self.check_algorithm(algorithm)?;
        match algorithm.family() {
            Family::Hmac(hash) if secret.len() >= algorithm.secret_bytes() => {
                hmac::verify(&hmac::Key::new(hash, secret), self.signing_input, &self.signature)
                    .map_err(|_| InvalidJws::Signature)
            }
            _ => Err(InvalidJws::NoMatchingKey { algorithm, kid: None }),
        }
    }

    /// RFC 8725 3.1: the one that was agreed on, whatever the header would like.
    fn check_algorithm(&self, expected: SignatureAlgorithm) -> Result<(), InvalidJws> {
        if self.header.alg == expected.name() {
            Ok(())
        } else {
            Err(InvalidJws::Algorithm { expected, got: Excerpt::new(&self.header.alg) })
        }
    }
}

/// V69: the token itself is not printed, nor what it says.
impl fmt::Debug for CompactJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompactJws").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The members of a JOSE header that matter here (V35): keys, URLs and certificates inside a token are not even read.
#[derive(Debug)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    asks_for_extension: bool,
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
                let (mut alg, mut kid, mut typ, mut asks_for_extension) = (None, None, None, false);
                while let Some(name) = access.next_key::<Cow<'de, str>>()? {
                    if seen.contains(&name) || seen.len() == MOST_MEMBERS {
                        return Err(de::Error::custom("a member twice, or too many"));
                    }
                    match name.as_ref() {
                        "alg" => alg = Some(access.next_value()?),
                        "kid" => kid = Some(access.next_value()?),
                        "typ" => typ = Some(access.next_value()?),
                        other => {
                            asks_for_extension |= matches!(other, "crit" | "b64");
                            access.next_value::<IgnoredAny>()?;
                        }
                    }
                    seen.push(name);
                }
                let alg = alg.ok_or_else(|| de::Error::missing_field("alg"))?;
                Ok(Header { alg, kid, typ, asks_for_extension })
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// More members than any header has; a bound for the search for duplicates.
const MOST_MEMBERS: usize = 32;

#[cfg(test)]
mod tests;

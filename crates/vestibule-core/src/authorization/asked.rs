//! What a request asked for and its answer is checked for, as a pending login keeps it.

use super::{ResponseMode, ResponseType};
use crate::{
    claims::Subject,
    id_token::{AuthTime, Demands},
};

/// What a request asked for, as far as the answer must show it. The default is a plain login by code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) response_type: ResponseType,
    pub(crate) response_mode: ResponseMode,
    pub(crate) demands: Demands,
}

impl Default for Asked {
    fn default() -> Self {
        Self::by(ResponseType::default())
    }
}

/// The first byte: how the rest is written. Whatever the first version has room for is written by it.
const VERSION: u8 = 1;
const VERSION_WITH_CLAIMS: u8 = 2;
/// What goes before each acr value, which itself has no control character.
const SEPARATOR: u8 = 0;

/// What the second version says of single claims.
const HAS_AUTH_TIME: u8 = 1;
const HAS_SUB: u8 = 2;

impl Asked {
    /// The most bytes of it: it travels in a cookie.
    const MOST_BYTES: usize = 512;

    /// A response of this type, in the mode that is the type's own.
    pub(super) fn by(response_type: ResponseType) -> Self {
        Self { response_type, response_mode: response_type.default_mode(), demands: Demands::default() }
    }

    /// Whether a cookie can hold it.
    pub(super) fn fits(&self) -> bool {
        self.to_bytes().len() <= Self::MOST_BYTES
    }

    /// Nothing at all for a plain login by code, which is what older cookies mean by nothing.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        let Demands { max_age, essential_acr, auth_time, sub } = &self.demands;
        let claims = claims_bytes(*auth_time, sub.as_ref());
        let version = if claims.is_empty() { VERSION } else { VERSION_WITH_CLAIMS };
        let mut bytes = vec![version, type_byte(self.response_type), mode_byte(self.response_mode)];
        match max_age {
            None => bytes.push(0),
            Some(seconds) => {
                bytes.push(1);
                bytes.extend(seconds.to_be_bytes());
            }
        }
        bytes.extend(claims);
        for value in essential_acr {
            bytes.push(SEPARATOR);
            bytes.extend(value.as_bytes());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, and nothing that it would not have written.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        if bytes.len() > Self::MOST_BYTES {
            return None;
        }
        let ([version, response_type, response_mode, has_max_age], rest) = bytes.split_first_chunk::<4>()?;
        let (max_age, rest) = match has_max_age {
            0 => (None, rest),
            1 => rest.split_first_chunk::<4>().map(|(seconds, rest)| (Some(u32::from_be_bytes(*seconds)), rest))?,
            _ => return None,
        };
        let (auth_time, sub, rest) = match *version {
            VERSION => (AuthTime::Optional, None, rest),
            VERSION_WITH_CLAIMS => read_claims(rest)?,
            _ => return None,
        };
        let asked = Self {
            response_type: ResponseType::ALL.into_iter().find(|known| type_byte(*known) == *response_type)?,
            response_mode: ResponseMode::ALL.into_iter().find(|known| mode_byte(*known) == *response_mode)?,
            demands: Demands { max_age, essential_acr: acr_values(rest)?, auth_time, sub },
        };
        let is_ours = asked.response_type.may_come_by(asked.response_mode) && asked.to_bytes() == bytes;
        is_ours.then_some(asked)
    }
}

/// Which single claims are asked for, and a sub behind its length; nothing where none is.
#[expect(clippy::expect_used, reason = "a subject has at most 255 characters of ASCII")]
fn claims_bytes(auth_time: AuthTime, sub: Option<&Subject>) -> Vec<u8> {
    let flags = if auth_time == AuthTime::Required { HAS_AUTH_TIME } else { 0 };
    match sub {
        None if flags == 0 => Vec::new(),
        None => vec![flags],
        Some(sub) => {
            let length = u8::try_from(sub.as_str().len()).expect("a subject has at most 255 characters of ASCII");
            [&[flags | HAS_SUB, length], sub.as_str().as_bytes()].concat()
        }
    }
}

fn read_claims(bytes: &[u8]) -> Option<(AuthTime, Option<Subject>, &[u8])> {
    let (flags, rest) = bytes.split_first()?;
    let auth_time = if flags & HAS_AUTH_TIME == 0 { AuthTime::Optional } else { AuthTime::Required };
    if flags & HAS_SUB == 0 {
        return Some((auth_time, None, rest));
    }
    let (length, rest) = rest.split_first()?;
    let (sub, rest) = rest.split_at_checked(usize::from(*length))?;
    let sub = Subject::parse(str::from_utf8(sub).ok()?)?;
    Some((auth_time, Some(sub), rest))
}

fn acr_values(bytes: &[u8]) -> Option<Vec<String>> {
    // Whether the first byte is a separator shows when the values are written again.
    let Some((_, values)) = bytes.split_first() else { return Some(Vec::new()) };
    let read = |value: &[u8]| str::from_utf8(value).ok().filter(|value| is_acr_value(value)).map(str::to_owned);
    values.split(|byte| *byte == SEPARATOR).map(read).collect()
}

/// Whether an acr value is one that we ask for and keep.
pub(super) fn is_acr_value(value: &str) -> bool {
    !value.is_empty() && !value.contains(char::is_control)
}

/// A byte once given is never given to another: it is in cookies.
const fn type_byte(response_type: ResponseType) -> u8 {
    match response_type {
        ResponseType::Code => 0,
        ResponseType::IdToken => 1,
        ResponseType::IdTokenToken => 2,
        ResponseType::CodeIdToken => 3,
        ResponseType::CodeToken => 4,
        ResponseType::CodeIdTokenToken => 5,
    }
}

/// Likewise.
const fn mode_byte(response_mode: ResponseMode) -> u8 {
    match response_mode {
        ResponseMode::Query => 0,
        ResponseMode::Fragment => 1,
        ResponseMode::FormPost => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(response_type: ResponseType, response_mode: ResponseMode, max_age: Option<u32>, acr: &[&str]) -> Asked {
        let essential_acr = acr.iter().map(ToString::to_string).collect();
        Asked { response_type, response_mode, demands: Demands { max_age, essential_acr, ..Demands::default() } }
    }

    fn claiming(asked: Asked, auth_time: AuthTime, sub: Option<&str>) -> Asked {
        let sub = sub.and_then(Subject::parse);
        Asked { demands: Demands { auth_time, sub, ..asked.demands }, ..asked }
    }

    /// V28: cookies outlive a deployment, so a byte that changes here signs people out in the midst of a login.
    #[test]
    fn the_bytes_are_the_ones_that_are_in_cookies() {
        use ResponseMode::{FormPost, Fragment, Query};
        use ResponseType::{Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken};
        let golden: [(Asked, &[u8]); 11] = [
            (asked(Code, Query, None, &[]), b""),
            (asked(Code, Query, Some(0), &[]), b"\x01\x00\x00\x01\x00\x00\x00\x00"),
            (asked(Code, FormPost, None, &["phr"]), b"\x01\x00\x02\x00\x00phr"),
            (asked(IdToken, Fragment, None, &[]), b"\x01\x01\x01\x00"),
            (asked(IdTokenToken, FormPost, None, &[]), b"\x01\x02\x02\x00"),
            (asked(CodeIdToken, Fragment, Some(300), &[]), b"\x01\x03\x01\x01\x00\x00\x01\x2c"),
            (asked(CodeToken, Fragment, None, &[]), b"\x01\x04\x01\x00"),
            (
                asked(CodeIdTokenToken, FormPost, Some(u32::MAX), &["urn:a b", "\u{e9}"]),
                b"\x01\x05\x02\x01\xff\xff\xff\xff\x00urn:a b\x00\xc3\xa9",
            ),
            (claiming(asked(Code, Query, None, &[]), AuthTime::Required, None), b"\x02\x00\x00\x00\x01"),
            (
                claiming(asked(IdToken, Fragment, None, &["phr"]), AuthTime::Optional, Some("bob")),
                b"\x02\x01\x01\x00\x02\x03bob\x00phr",
            ),
            (
                claiming(asked(Code, FormPost, Some(9), &[]), AuthTime::Required, Some("bob")),
                b"\x02\x00\x02\x01\x00\x00\x00\x09\x03\x03bob",
            ),
        ];
        for (asked, bytes) in golden {
            assert_eq!(asked.to_bytes(), bytes, "{asked:?}");
            assert_eq!(Asked::from_bytes(bytes), Some(asked));
        }
    }

    #[test]
    fn what_was_not_written_here_is_not_read() {
        let refused: &[&[u8]] = &[
            b"\x00",
            b"\x01",
            b"\x01\x01\x01",
            // Of another version, type, mode, or with another mark before max_age.
            b"\x03\x01\x01\x00",
            b"\x01\x06\x01\x00",
            b"\x01\x01\x03\x00",
            b"\x01\x01\x01\x02",
            // A plain login by code, which has no bytes.
            b"\x01\x00\x00\x00",
            // What no request can ask for.
            b"\x01\x01\x00\x00",
            // Cut short, and with more behind it.
            b"\x01\x01\x01\x01\x00\x00\x00",
            b"\x01\x01\x01\x00x",
            b"\x01\x01\x01\x00\x00",
            b"\x01\x01\x01\x00\x00a\x00",
            b"\x01\x01\x01\x00\x00\x00a",
            b"\x01\x01\x01\x00\x00a\n",
            b"\x01\x01\x01\x00\x00\xff",
            // Of the second version: without claims, with an unknown one, a sub cut short, an empty one, and one that is none.
            b"\x02\x01\x01\x00",
            b"\x02\x01\x01\x00\x00",
            b"\x02\x01\x01\x00\x04",
            b"\x02\x01\x01\x00\x02",
            b"\x02\x01\x01\x00\x02\x04bob",
            b"\x02\x01\x01\x00\x02\x00",
            b"\x02\x01\x01\x00\x02\x02\xc3\xa9",
        ];
        for bytes in refused {
            assert_eq!(Asked::from_bytes(bytes), None, "{bytes:?}");
        }
        let long = |bytes: usize| [b"\x01\x01\x01\x00\x00".to_vec(), vec![b'a'; bytes - 5]].concat();
        assert!(Asked::from_bytes(&long(512)).is_some());
        assert_eq!(Asked::from_bytes(&long(513)), None);
    }
}

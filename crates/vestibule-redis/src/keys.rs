//! What is kept under which name.

use std::fmt;

use vestibule::store::Key;

use crate::trouble::Setting;

/// The names of all that one store keeps. The prefix is a hash tag, so that in a cluster all of it lies in one slot, and a script
/// may touch any of it.
///
/// Keys are written as 64 hexadecimal digits, as logs write their beginnings: 32 bytes more a name, for whoever has to find one in
/// the server. Inside of records and messages, where nobody looks, they are 32 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
}

/// What kind of thing is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Session,
    Index,
    Mark,
    Attempt,
    Jti,
    Lease,
    Value,
}

impl Names {
    /// What everything begins with.
    pub(crate) fn new(prefix: &str) -> Result<Self, Setting> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        if prefix.is_empty() || prefix.len() > 64 || !prefix.bytes().all(fits) {
            return Err(Setting::Prefix);
        }
        Ok(Self { prefix: prefix.to_owned() })
    }

    pub(crate) fn of(&self, kind: Kind, key: Key) -> String {
        format!("{{{}}}:{kind}:{key}", self.prefix)
    }

    /// Of the numbers that are drawn.
    pub(crate) fn clock(&self) -> String {
        format!("{{{}}}:clock", self.prefix)
    }

    /// Where ends are published.
    pub(crate) fn channel(&self) -> String {
        format!("{{{}}}:ended", self.prefix)
    }

    /// Of what a check writes, and takes away again.
    pub(crate) fn checked(&self, what: &str) -> String {
        format!("{{{}}}:check:{what}", self.prefix)
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { prefix: "vestibule".to_owned() }
    }
}

/// One letter: memory is paid for each name.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "s",
            Self::Index => "i",
            Self::Mark => "m",
            Self::Attempt => "a",
            Self::Jti => "j",
            Self::Lease => "l",
            Self::Value => "v",
        })
    }
}

/// The key that these bytes are.
pub(crate) fn key(bytes: &[u8]) -> Option<Key> {
    bytes.try_into().ok().map(Key::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One slot of a cluster: what a script touches lies on one node.
    #[test]
    fn everything_has_the_same_hash_tag() {
        let names = Names::new("shop").expect("a prefix");
        let key = Key::from_bytes([0xab; 32]);
        let kinds = [Kind::Session, Kind::Index, Kind::Mark, Kind::Attempt, Kind::Jti, Kind::Lease, Kind::Value];
        let mut all: Vec<_> = kinds.iter().map(|kind| names.of(*kind, key)).collect();
        all.extend([names.clock(), names.channel(), names.checked("x")]);
        assert!(all.iter().all(|name| name.starts_with("{shop}:")), "{all:?}");
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), kinds.len() + 3, "no two are equal");
        assert_eq!(names.of(Kind::Session, key), format!("{{shop}}:s:{}", "ab".repeat(32)));
    }

    #[test]
    fn a_prefix_that_would_break_the_hash_tag_is_refused() {
        for bad in ["", "a}b", "{", "a b", "ü", "a\n", &"x".repeat(65)] {
            assert!(Names::new(bad).is_err(), "{bad:?}");
        }
        for good in ["vestibule", "my-app_2.eu:prod", &"x".repeat(64)] {
            assert!(Names::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn only_32_bytes_are_a_key() {
        assert_eq!(key(&[7; 32]), Some(Key::from_bytes([7; 32])));
        assert_eq!([key(&[7; 31]), key(&[7; 33]), key(b"check")], [None, None, None]);
    }
}

//! What a provider says about a person, and reading it into the application's own struct.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{error::JsonFault, json};

/// A JSON object of claims (RFC 7519 4, "JWT Claims Set").
///
/// # Example
/// ```
/// use vestibule_core::ClaimsSet;
///
/// #[derive(serde::Deserialize)]
/// struct Employee { given_name: String }
///
/// let claims = ClaimsSet::from_json(br#"{"sub":"248289761001","given_name":"Jane"}"#)?;
/// assert_eq!(claims.read::<Employee>()?.given_name, "Jane");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimsSet(Map<String, Value>);

/// The claims do not have the shape of the application's struct.
#[derive(Debug, thiserror::Error)]
#[error("the claims do not fit {wanted}: {reason}")]
pub struct ClaimsMismatch {
    wanted: &'static str,
    reason: String,
}

impl ClaimsSet {
    /// Reads a JSON object, strictly: no member twice (V42).
    ///
    /// # Errors
    /// [`JsonFault`] when the bytes are not exactly one JSON object.
    pub fn from_json(bytes: &[u8]) -> Result<Self, JsonFault> {
        json::object(bytes).map(Self)
    }

    /// The claims as a JSON object.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "only a map whose keys are not strings, or an error of its own, has no JSON"
    )]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("a map of strings to JSON values is JSON")
    }

    /// One claim.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them, by name in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds a claim, in the place of one of that name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Drops a claim.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Adds the claims of `other` that are not here yet: what is here wins (V50).
    pub fn add_missing(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    /// Reads the claims into a struct of the application's own.
    ///
    /// # Errors
    /// [`ClaimsMismatch`] when a field is missing or has another type. It names the field, never a value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ClaimsMismatch> {
        T::deserialize(&self.0)
            .map_err(|error| ClaimsMismatch { wanted: std::any::type_name::<T>(), reason: without_values(&error) })
    }
}

impl From<Map<String, Value>> for ClaimsSet {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

/// Claims are personal: only their names are printed.
impl fmt::Debug for ClaimsSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// serde quotes the offending value ("invalid type: string \"..\", expected ..") before the comma; only what follows is kept.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return text;
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("a member that should be {expected} is not"),
        None => "a member has a value that cannot be read".to_owned(),
    }
}

/// Who the person is at one issuer: at most 255 ASCII characters, compared byte for byte (Core 2, V102).
///
/// Two issuers may use the same subject for two people: the key of a user is (issuer, subject) (R136).
///
/// # Example
/// ```
/// use vestibule_core::Subject;
///
/// assert!(Subject::parse("248289761001").is_some());
/// assert!(Subject::parse("").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    /// `None` when the text is empty, longer than 255 characters, or not ASCII (Core 2).
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty() && text.len() <= 255 && text.is_ascii()).then_some(Self(text))
    }

    /// The subject as the issuer wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a token is for: one string or an array of at most 32 (RFC 7519 4.1.3, V41).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(Vec<String>);

impl Audience {
    const MOST: usize = 32;

    /// Whether `client_id` is one of them.
    #[must_use]
    pub fn contains(&self, client_id: &str) -> bool {
        self.0.iter().any(|audience| audience == client_id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether it names the same parties, in whatever order.
    pub(crate) fn has_the_members_of(&self, other: &Self) -> bool {
        self.iter().all(|audience| other.contains(audience)) && other.iter().all(|audience| self.contains(audience))
    }
}

impl<T: Into<String>> FromIterator<T> for Audience {
    fn from_iter<I: IntoIterator<Item = T>>(audiences: I) -> Self {
        Self(audiences.into_iter().map(Into::into).collect())
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
        }

        match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(audience) => Ok(Self(vec![audience])),
            OneOrMany::Many(audiences) if audiences.len() <= Self::MOST => Ok(Self(audiences)),
            OneOrMany::Many(_) => Err(serde::de::Error::custom("more than 32 audiences")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_the_field_and_no_value() {
        #[derive(Debug, Deserialize)]
        struct Employee {
            #[expect(dead_code, reason = "only its type matters")]
            age: u32,
        }
        let read = |json: &str| {
            ClaimsSet::from_json(json.as_bytes())
                .expect("claims")
                .read::<Employee>()
                .expect_err("does not fit")
                .to_string()
        };
        assert!(read(r#"{"name":"canary"}"#).ends_with("missing field `age`"));
        let message = read(r#"{"age":"canary, expected "}"#);
        assert!(!message.contains("canary"), "{message}");
    }

    #[test]
    fn claims_that_are_here_win_over_added_ones() {
        let mut claims = ClaimsSet::from_json(br#"{"sub":"alice","email":"a@example.com"}"#).expect("claims");
        claims.add_missing(ClaimsSet::from_json(br#"{"sub":"bob","name":"Alice"}"#).expect("claims"));
        assert_eq!(claims.to_json(), br#"{"email":"a@example.com","name":"Alice","sub":"alice"}"#);
    }

    #[test]
    fn debug_prints_names_and_no_values() {
        let claims = ClaimsSet::from_json(br#"{"sub":"canary"}"#).expect("claims");
        assert_eq!(format!("{claims:?}"), r#"{"sub"}"#);
    }

    /// R49
    #[test]
    fn a_subject_is_1_to_255_ascii_characters() {
        assert!(Subject::parse("x".repeat(255)).is_some());
        for refused in [String::new(), "x".repeat(256), "é".to_owned()] {
            assert_eq!(Subject::parse(refused), None);
        }
    }

    /// V41
    #[test]
    fn an_audience_is_a_string_or_at_most_32_of_them() {
        let parse = |json: String| serde_json::from_str::<Audience>(&json).ok().map(|a| a.iter().count());
        assert_eq!(parse(r#""a""#.to_owned()), Some(1));
        assert_eq!(parse(format!("[{}]", vec![r#""a""#; 32].join(","))), Some(32));
        assert_eq!(parse(format!("[{}]", vec![r#""a""#; 33].join(","))), None);
        for refused in ["1", "null", r#"["a",1]"#, r#"{"a":"b"}"#] {
            assert_eq!(parse(refused.to_owned()), None, "{refused}");
        }
    }

    #[test]
    fn a_claim_is_set_and_dropped_by_name() {
        let mut claims = ClaimsSet::from_json(br#"{"sub":"alice"}"#).expect("claims");
        claims.insert("role", "admin");
        claims.insert("role", "reader");
        assert_eq!(claims.claim("role"), Some(&Value::from("reader")));
        assert_eq!(claims.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["role", "sub"]);
        claims.remove("role");
        assert_eq!(claims.claim("role"), None);
    }
}

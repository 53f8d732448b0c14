//! Reading JSON objects from strangers: strictly, once, and with errors that name the member.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, MapAccess},
};
use serde_json::{Map, Value};

use crate::error::JsonFault;

/// Parses one JSON object: UTF-8, nothing after it, no member twice at the top level (V42), nesting limited by serde_json.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    serde_json::from_slice::<StrictObject>(bytes)
        .map(|object| object.0)
        .map_err(|error| JsonFault::NotAnObject { line: error.line(), column: error.column() })
}

/// The member `name` as a `T`; `None` when it is absent. `null` is not absence: it is a wrong type.
pub(crate) fn member<T: DeserializeOwned>(
    object: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<T>, JsonFault> {
    object.get(name).map(|value| T::deserialize(value).map_err(|_| JsonFault::WrongType { member: name })).transpose()
}

/// The member `name` as a `T`, which must be there.
pub(crate) fn required<T: DeserializeOwned>(object: &Map<String, Value>, name: &'static str) -> Result<T, JsonFault> {
    member(object, name)?.ok_or(JsonFault::Missing { member: name })
}

struct StrictObject(Map<String, Value>);

impl<'de> Deserialize<'de> for StrictObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = StrictObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object without duplicate members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<StrictObject, A::Error> {
                let mut object = Map::new();
                while let Some(name) = access.next_key::<Cow<'de, str>>()? {
                    let value = access.next_value::<Value>()?;
                    if object.insert(name.into_owned(), value).is_some() {
                        return Err(de::Error::custom("duplicate member"));
                    }
                }
                Ok(StrictObject(object))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R65, V42
    #[test]
    fn what_is_not_one_strict_object_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let refused: &[&[u8]] = &[
            b"",
            b"[]",
            b"1",
            b"null",
            br#"{"a":1,"a":1}"#,
            br#"{"a":1,"\u0061":2}"#,
            br#"{"a":1} x"#,
            br#"{"a":1}{"b":1}"#,
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\xff\"}",
            br#"{"a":"\ud800"}"#,
            br#"{"a":NaN}"#,
            br#"{"a":1,}"#,
            deep.as_bytes(),
        ];
        for bytes in refused {
            let shown = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes));
            assert!(object(bytes).is_err(), "{shown}");
        }
        assert_eq!(object(br#"{"a":1,"b":{"a":2}}"#).map(|o| o.len()), Ok(2));
    }

    #[test]
    fn errors_name_the_member() {
        let object = object(br#"{"iss":1,"sub":null}"#).expect("an object");
        assert_eq!(required::<String>(&object, "iss"), Err(JsonFault::WrongType { member: "iss" }));
        assert_eq!(member::<String>(&object, "sub"), Err(JsonFault::WrongType { member: "sub" }));
        assert_eq!(required::<String>(&object, "aud"), Err(JsonFault::Missing { member: "aud" }));
        assert_eq!(member::<String>(&object, "aud"), Ok(None));
    }
}

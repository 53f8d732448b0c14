//! Claims of tokens that clients make, read as RFC 7519 says.

use serde_json::{Map, Value};
use vestibule_core::NumericDate;

/// A claim that is there and no number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotATime;

/// Whether an `aud`, one or a list, has this name in it (RFC 7519 4.1.3).
pub(crate) fn names(aud: &Value, name: &str) -> bool {
    strings(aud).is_some_and(|names| names.iter().any(|one| one == name))
}

/// A text, or a list of texts.
pub(crate) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A time, if it is there (RFC 7519 2: a number of seconds, of which the parts do not count).
pub(crate) fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<NumericDate>, NotATime> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| value.to_string().split_once('.')?.0.parse().ok());
    whole.map(|seconds| Some(NumericDate::from_seconds(seconds))).ok_or(NotATime)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_audience_is_one_name_or_a_list_of_names() {
        for (aud, has_it) in [
            (json!("op"), true),
            (json!(["other", "op"]), true),
            (json!(["op", 1]), false),
            (json!("op2"), false),
            (json!({"op": 1}), false),
            (json!(null), false),
        ] {
            assert_eq!(names(&aud, "op"), has_it, "{aud}");
        }
    }

    #[test]
    fn a_time_is_a_number_of_seconds() {
        let read = |value: Value| time(json!({"exp": value}).as_object().expect("an object"), "exp");
        assert_eq!(read(json!(5)), Ok(Some(NumericDate::from_seconds(5))));
        assert_eq!(read(json!(5.75)), Ok(Some(NumericDate::from_seconds(5))));
        for value in [json!("5"), json!(null), json!([5]), json!({}), json!(true)] {
            assert_eq!(read(value.clone()), Err(NotATime), "{value}");
        }
        assert_eq!(time(&Map::new(), "exp"), Ok(None));
    }
}

//! The members of a registration request, by their types.

use serde_json::{Map, Value};
use url::Url;
use vestibule_core::issuer::is_https_or_loopback;

use crate::denial::Denial;

/// RFC 7591 2.1: a member that is null is not there.
pub(super) fn member<'a>(asked: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    asked.get(name).filter(|value| !value.is_null())
}

pub(super) fn text<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Denial> {
    let text = |value: &'a Value| value.as_str().ok_or_else(|| invalid(format!("{name} must be a text")));
    member(asked, name).map(text).transpose()
}

pub(super) fn flag(asked: &Map<String, Value>, name: &str) -> Result<bool, Denial> {
    let flag = |value: &Value| value.as_bool().ok_or_else(|| invalid(format!("{name} must be true or false")));
    Ok(member(asked, name).map(flag).transpose()?.unwrap_or_default())
}

pub(super) fn list<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Denial> {
    let texts = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<&'a str>>>();
    let list = |value| texts(value).ok_or_else(|| invalid(format!("{name} must be a list of texts")));
    member(asked, name).map(list).transpose()
}

/// A text that stands for something else: an algorithm, a method.
pub(super) fn named<T>(asked: &Map<String, Value>, name: &str) -> Result<Option<T>, Denial>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let parse = |text: &str| text.parse().map_err(|unknown| invalid(format!("{name} is {unknown}")));
    text(asked, name)?.map(parse).transpose()
}

/// Where a client says that something of its own is: https, or http on this machine.
pub(super) fn own_url<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Denial> {
    match text(asked, name)? {
        Some(uri) if !is_returnable(uri) => {
            Err(invalid(format!("{name} must be https, or http on this machine, without a fragment")))
        }
        uri => Ok(uri),
    }
}

/// RFC 6749 3.1.2. It is later compared and sent as it is written, so that it must be written as a header needs it.
pub(super) fn is_returnable(uri: &str) -> bool {
    is_written_out(uri) && Url::parse(uri).is_ok_and(|url| is_https_or_loopback(&url) && url.fragment().is_none())
}

/// Core 6.2: the fragment may hold the hash of what is there.
pub(super) fn is_fetchable(uri: &str) -> bool {
    is_written_out(uri) && Url::parse(uri).is_ok_and(|url| is_https_or_loopback(&url))
}

fn is_written_out(uri: &str) -> bool {
    uri.contains("://") && !uri.contains('\\') && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Repeats what was asked for, in an answer (Registration 3.2).
pub(super) fn repeat(asked: &Map<String, Value>, names: &[&str], told: &mut Map<String, Value>) {
    for name in names {
        if let Some(value) = member(asked, name) {
            told.insert((*name).to_owned(), value.clone());
        }
    }
}

pub(super) fn invalid(why: impl Into<String>) -> Denial {
    Denial::new("invalid_client_metadata", why)
}

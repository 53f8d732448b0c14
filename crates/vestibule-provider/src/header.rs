//! The header of a token in compact form, before anybody vouches for it (RFC 7515 7.1, RFC 7516 7.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Whether the token says nothing of its kind, or that it is one of these: another kind is taken for none of them (RFC 8725 3.11).
pub(crate) fn may_be(token: &str, kinds: &[&str]) -> bool {
    let own = text(token, "typ").map(|typ| typ.to_ascii_lowercase());
    own.is_none_or(|typ| kinds.contains(&typ.strip_prefix("application/").unwrap_or(&typ)))
}

/// A member of the header that is a text.
pub(crate) fn text(token: &str, member: &str) -> Option<String> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    header.get(member).and_then(Value::as_str).map(str::to_owned)
}

//! What is wrong in a logout token (Back-Channel Logout 2.4 and 2.6).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use vestibule_core::jose::signing_key::SigningFailed;

use super::{
    Fault, Hooks, STRANGER,
    id_token::{another_than, break_signature},
};
use crate::{client::RegisteredClient, keys::Keys, logout_token::LogoutTokenDraft};

/// One way in which a logout token breaks the rules: of a [draft](LogoutTokenDraft::fault), or of all that the provider sends
/// ([`Fault::LogoutToken`]).
///
/// # Example
/// ```
/// use vestibule_provider::{DevelopmentProvider, Fault, LogoutTokenFault};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// provider.set_fault(Some(Fault::LogoutToken(LogoutTokenFault::AlgNone)));
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutTokenFault {
    /// It says that another issuer made it.
    WrongIssuer,
    /// It is for another client.
    WrongAudience,
    /// It has no `iat`.
    MissingIssuedAt,
    /// It was made an hour ago, though it has not expired.
    OldIssuedAt,
    /// It was made an hour from now.
    FutureIssuedAt,
    /// It has no `exp`.
    MissingExpiry,
    /// It ended 90 seconds ago, and was made shortly before.
    Expired,
    /// It has no `jti`.
    MissingJti,
    /// It has no `events`.
    MissingEvents,
    /// Its `events` is a list.
    EventsNotAnObject,
    /// Its `events` has another event.
    WrongEvent,
    /// Its event is a text, and not an object.
    EventNotAnObject,
    /// It has a nonce.
    Nonce,
    /// It has a nonce that is null.
    NullNonce,
    /// It says neither whose sessions end nor which.
    NeitherSubNorSid,
    /// It has the algorithm `none` and no signature.
    AlgNone,
    /// It is signed with another algorithm than the client's ID Tokens: ES256, or RS256 for a client of ES256.
    WrongAlgorithm,
    /// It is signed with a key that is not in the key set, under that key's kid.
    UnknownKid,
    /// Its signature is broken.
    BadSignature,
    /// Its `typ` is that of an access token.
    WrongTyp,
}

impl LogoutTokenFault {
    /// Every one of them: a client must refuse each.
    pub const ALL: [Self; 20] = [
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::MissingIssuedAt,
        Self::OldIssuedAt,
        Self::FutureIssuedAt,
        Self::MissingExpiry,
        Self::Expired,
        Self::MissingJti,
        Self::MissingEvents,
        Self::EventsNotAnObject,
        Self::WrongEvent,
        Self::EventNotAnObject,
        Self::Nonce,
        Self::NullNonce,
        Self::NeitherSubNorSid,
        Self::AlgNone,
        Self::WrongAlgorithm,
        Self::UnknownKid,
        Self::BadSignature,
        Self::WrongTyp,
    ];

    /// Breaks the rule, if it is one about claims or `typ`.
    pub(crate) fn spoil(self, draft: &mut LogoutTokenDraft, event: &str) {
        let now = draft.claims.get("iat").and_then(Value::as_i64).unwrap_or_default();
        let claims = &mut draft.claims;
        let mut put = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
        match self {
            Self::WrongIssuer => put("iss", json!(STRANGER)),
            Self::WrongAudience => put("aud", json!("another-client")),
            Self::OldIssuedAt => put("iat", json!(now - 3600)),
            Self::FutureIssuedAt => {
                put("iat", json!(now + 3600));
                put("exp", json!(now + 3720));
            }
            Self::Expired => {
                put("iat", json!(now - 100));
                put("exp", json!(now - 90));
            }
            Self::EventsNotAnObject => put("events", json!([event])),
            Self::WrongEvent => put("events", json!({ "http://schemas.openid.net/event/something-else": {} })),
            Self::EventNotAnObject => put("events", json!({ event: "yes" })),
            Self::Nonce => put("nonce", json!("n-1")),
            Self::NullNonce => put("nonce", Value::Null),
            Self::WrongTyp => draft.typ = Some("at+jwt".to_owned()),
            Self::MissingIssuedAt => drop(claims.remove("iat")),
            Self::MissingExpiry => drop(claims.remove("exp")),
            Self::MissingJti => drop(claims.remove("jti")),
            Self::MissingEvents => drop(claims.remove("events")),
            Self::NeitherSubNorSid => claims.retain(|name, _| name != "sub" && name != "sid"),
            Self::AlgNone | Self::WrongAlgorithm | Self::UnknownKid | Self::BadSignature => {}
        }
    }
}

/// Signs a payload for this client, as well as the fault lets.
pub(crate) fn sign(
    fault: Option<LogoutTokenFault>,
    keys: &mut Keys,
    client: &RegisteredClient,
    typ: Option<&str>,
    payload: &str,
) -> Result<String, SigningFailed> {
    let key = match fault {
        Some(LogoutTokenFault::UnknownKid) => keys.stranger(client.algorithm())?,
        Some(LogoutTokenFault::WrongAlgorithm) => keys.published(another_than(client.algorithm()))?,
        _ => keys.signer(client)?,
    };
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(key.algorithm()));
    let kid = Some(key.kid()).filter(|kid| !kid.is_empty());
    for (name, value) in [("kid", kid), ("typ", typ)] {
        header.extend(value.map(|value| (name.to_owned(), json!(value))));
    }
    match fault {
        Some(LogoutTokenFault::AlgNone) => {
            header.insert("alg".to_owned(), json!("none"));
            let header = Value::Object(header).to_string();
            Ok(format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)))
        }
        Some(LogoutTokenFault::BadSignature) => {
            Ok(break_signature(&key.sign_with_header(&Value::Object(header), payload.as_bytes())?))
        }
        _ => key.sign_with_header(&Value::Object(header), payload.as_bytes()),
    }
}

impl Hooks {
    /// What is wrong in the logout tokens that the provider sends.
    pub(crate) fn logout_token_fault(&self) -> Option<LogoutTokenFault> {
        match self.0 {
            Some(Fault::LogoutToken(fault)) => Some(fault),
            _ => None,
        }
    }
}

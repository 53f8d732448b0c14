//! Where somebody is signed in: their sessions listed, ended one by one, or all at once.

use std::{fmt, str::FromStr};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::json;
use vestibule_core::{Issuer, NumericDate, Subject};

use crate::{
    decision::{self, Logout},
    door::Door,
    error::chain,
    login,
    session::{Session, Times, keeping::Keeping, seal::sha256_of_parts},
    session_store::SessionStore,
    store::{Key, StoreError},
};

/// One of somebody's sessions, for a page that shows them where they are signed in; see
/// [`Vestibule::sessions_of`](crate::Vestibule::sessions_of).
///
/// # Example
/// ```
/// use vestibule::SessionInfo;
///
/// fn line(session: &SessionInfo) -> String {
///     let browser = session.browser().unwrap_or("A browser");
///     format!("{browser}, last seen {}, form value {}", session.last_seen(), session.id())
/// }
/// # let _ = line;
/// ```
#[derive(Clone, Debug)]
pub struct SessionInfo {
    id: SessionId,
    provider: String,
    browser: Option<String>,
    times: Times,
}

impl SessionInfo {
    fn of(session: &Session) -> Self {
        Self {
            id: SessionId::of(session.key),
            provider: session.provider.name().to_owned(),
            browser: session.evidence().browser,
            times: session.times,
        }
    }

    /// What [`Vestibule::end_session`](crate::Vestibule::end_session) takes.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The name of the provider with whom they signed in, as the builder has it.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The family of the browser in which they signed in, such as `Firefox`, as it says of itself; `None` for one that is not known.
    #[must_use]
    pub fn browser(&self) -> Option<&str> {
        self.browser.as_deref()
    }

    /// When they signed in there.
    #[must_use]
    pub fn signed_in_at(&self) -> NumericDate {
        self.times.began_at
    }

    /// When they were last seen there, to within five minutes.
    #[must_use]
    pub fn last_seen(&self) -> NumericDate {
        self.times.last_seen
    }

    /// When the session ends if they do nothing there; `None` without an idle limit.
    #[must_use]
    pub fn idle_until(&self) -> Option<NumericDate> {
        self.times.idle_until()
    }

    /// When the session ends whatever they do.
    #[must_use]
    pub fn ends_at(&self) -> NumericDate {
        self.times.ends_at
    }
}

/// Which session: for the forms of a page that lists them. It is no secret, opens nothing, and is good only together with whose
/// session it is.
///
/// # Example
/// ```
/// use vestibule::SessionId;
///
/// let id: SessionId = "9f86d081884c7d659a2feaa0c55ad015".parse()?;
/// assert_eq!(id.to_string(), "9f86d081884c7d659a2feaa0c55ad015");
/// assert!("another".parse::<SessionId>().is_err());
///
/// #[derive(serde::Deserialize)]
/// struct EndOne { id: SessionId } // as in axum's Form<EndOne>
/// # let _ = |form: EndOne| form.id;
/// # Ok::<_, vestibule::InvalidSessionId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// A hash of the session's key, since stores know sessions by their keys: whoever sees the one does not learn the other.
    pub(crate) fn of(session: Key) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(sha256_of_parts([b"session id".as_slice(), session.as_bytes()]).split_at(16).0);
        Self(id)
    }
}

/// A text that is no [`SessionId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a session has 32 lower-case hexadecimal digits")]
#[non_exhaustive]
pub struct InvalidSessionId;

/// 32 lower-case hexadecimal digits.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, InvalidSessionId> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_id = text.len() == 32 && text.bytes().all(is_digit);
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_id).ok_or(InvalidSessionId)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Why somebody's sessions were not listed, or one of them was not ended.
///
/// As a handler's answer it is 501, 404 or 503 with a problem body.
///
/// # Example
/// ```
/// use axum::extract::State;
/// use vestibule::{EndUser, SessionsError, Vestibule};
///
/// async fn my_sessions(State(vestibule): State<Vestibule>, user: EndUser) -> Result<String, SessionsError> {
///     match vestibule.sessions_of(user.id()).await {
///         Ok(sessions) => Ok(format!("{} sessions", sessions.len())),
///         Err(SessionsError::NoList) => Ok("only this one is known".to_owned()),
///         Err(error) => Err(error),
///     }
/// }
/// # let _ = axum::Router::<Vestibule>::new().route("/", axum::routing::get(my_sessions));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionsError {
    /// Sessions live in sealed cookies, and only the browsers know of them.
    #[error(
        "sessions live in sealed cookies, of which there is no list: give the builder .sessions(..) a store, such as MemoryStore"
    )]
    NoList,
    /// They have no session of this id: it has ended, or it is somebody else's.
    #[error("this person has no session of this id, or no longer")]
    NotTheirs,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Door {
    /// The sessions of a person, the one that was seen last first.
    pub(crate) async fn sessions_of(
        &self,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Vec<SessionInfo>, SessionsError> {
        let index = self.keys.subject(issuer, subject);
        let listed = self.listing_store()?.list(index, self.now()).await?;
        let opened =
            listed.into_iter().filter_map(|(key, stored)| self.read_stored(key, stored.value, stored.last_seen));
        let mut sessions: Vec<_> = opened.map(|session| SessionInfo::of(&session)).collect();
        sessions.sort_by_key(|session| (session.times.last_seen, session.times.began_at, session.id));
        sessions.reverse();
        Ok(sessions)
    }

    /// Ends one of a person's sessions. It is looked for among theirs alone, so nobody else's ends.
    pub(crate) async fn end_session_of(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        id: SessionId,
    ) -> Result<(), SessionsError> {
        let now = self.now();
        let theirs = self.listing_store()?.list(self.keys.subject(issuer, subject), now).await?;
        let found = theirs.into_iter().find(|(key, _)| SessionId::of(*key) == id);
        let (key, stored) = found.ok_or(SessionsError::NotTheirs)?;
        self.end_by_key(key, issuer, stored.expires_at).await?;
        decision::record_apart(self, Logout::OneOfThem(issuer));
        Ok(())
    }

    /// Ends every session of a person, and the logins that are coming back right now.
    pub(crate) async fn log_out_everywhere(&self, issuer: &Issuer, subject: &Subject) -> Result<(), StoreError> {
        self.end_all(self.keys.subject(issuer, subject), issuer, None).await?;
        decision::record_apart(self, Logout::AllOfThem(issuer));
        Ok(())
    }

    fn listing_store(&self) -> Result<&dyn SessionStore, SessionsError> {
        match &self.keeping {
            Keeping::Store(store) => Ok(store.as_ref()),
            Keeping::Cookies(_) => Err(SessionsError::NoList),
        }
    }
}

impl IntoResponse for SessionsError {
    fn into_response(self) -> Response {
        let (status, title) = match &self {
            Self::NoList => (StatusCode::NOT_IMPLEMENTED, "There is no list of sessions"),
            Self::NotTheirs => (StatusCode::NOT_FOUND, "There is no such session"),
            Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "Not available right now"),
        };
        tracing::warn!(target: "vestibule::session", reason = chain(&self), "sessions of a person were not listed or ended");
        let body = json!({"type": "about:blank", "title": title, "status": status.as_u16()});
        let mut response = login::problem(status, &body);
        if let Self::Store(_) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written_and_nothing_else_is_one() {
        let id = SessionId::of(Key::from_bytes([7; 32]));
        let text = id.to_string();
        assert_eq!((text.len(), text.parse()), (32, Ok(id)));
        assert_eq!(serde_json::from_value::<SessionId>(json!(text)).expect("a text"), id);
        assert_eq!(serde_json::to_value(id).expect("a text"), json!(text));
        for other in ["", "7", &text[1..], &format!("{text}0"), &text.to_uppercase(), &format!("+{}", &text[1..])] {
            assert_eq!(other.parse::<SessionId>(), Err(InvalidSessionId), "{other}");
        }
    }

    /// V58, V68: who reads an id on a page has nothing that a store or a cookie takes.
    #[test]
    fn an_id_is_not_the_key_and_not_part_of_it() {
        let key = Key::from_bytes(std::array::from_fn(|at| u8::try_from(at).expect("small")));
        let id = SessionId::of(key).to_string();
        assert!(!key.to_string().contains(&id));
        assert_ne!(SessionId::of(key), SessionId::of(Key::from_bytes([7; 32])));
    }
}

//! What is probably the matter where signing in cannot work, or goes round in circles: in words for whoever can mend it.

use std::fmt;

use serde::{Deserialize, Serialize};
use vestibule_core::{
    Misbehaviour, ProtocolError,
    error::{Excerpt, InvalidIdToken},
};

use super::LoginFailure;
use crate::{door::Door, provider::ProviderError};

/// What is probably the matter where signing in cannot work, or goes round in circles; from
/// [`LoginError::diagnosis`](super::LoginError::diagnosis).
///
/// As text it is a sentence or two for whoever runs the application, with hosts, sizes and names of claims in it: our own page shows
/// it in [development](crate::Builder::development) only, and the log has it in any case, beside the reference.
///
/// # Example
/// ```
/// use vestibule::{Cause, LoginError};
///
/// async fn sorry(error: LoginError) -> String {
///     match error.diagnosis().map(|diagnosis| diagnosis.cause()) {
///         Some(Cause::OtherHost) => "Please come in by our own address.".to_owned(),
///         _ => error.public_message().to_owned(),
///     }
/// }
/// # let _ = sorry;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis(Found);

/// What it is, without the particulars.
///
/// # Example
/// ```
/// use vestibule::{Cause, LoginError};
///
/// fn is_for_the_person_to_mend(error: &LoginError) -> bool {
///     error.diagnosis().is_some_and(|diagnosis| diagnosis.cause() == Cause::NotReturned)
/// }
/// # let _ = is_for_the_person_to_mend;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The browser did not send back a cookie that was set a moment ago: it blocks them, or something on the way drops them.
    NotReturned,
    /// The page was asked for at another host than the base URL's, or the base URL is wrong.
    OtherHost,
    /// A cookie came twice, so that none can be trusted.
    Twice,
    /// The session is too big for cookies, or for what carries them.
    TooBig,
    /// Two clocks differ.
    Clock,
    /// A cookie came back and could not be opened: it was sealed with another secret key, or with other settings.
    OtherKey,
    /// The session had ended already: a store lost it, or a logout ended it.
    Ended,
}

/// With the particulars. It travels in the record of an error, for a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Found {
    /// The cookie of a login under way.
    LoginNotReturned,
    /// The session, in so many cookies.
    SessionNotReturned {
        bytes: usize,
        cookies: usize,
    },
    OtherHost {
        asked: String,
        base_url: String,
    },
    Twice,
    /// By what claims, the largest first.
    TooBig {
        bytes: usize,
        largest: Vec<(String, usize)>,
    },
    /// The same, seen only by its not coming back.
    TooBigToReturn {
        bytes: usize,
        largest: Vec<(String, usize)>,
    },
    /// By so many seconds the provider's clock is ahead of ours.
    ProviderClock {
        ahead: i64,
    },
    /// So many seconds passed, by our clocks, from one request to the next.
    OwnClocks {
        seconds: i64,
    },
    OtherKey,
    Ended,
}

impl Diagnosis {
    /// What a failure says by itself.
    pub(crate) fn of(failure: &LoginFailure) -> Option<Self> {
        match failure {
            LoginFailure::Looping(diagnosis) => Some(diagnosis.clone()),
            LoginFailure::TooBig(too_big) => {
                Some(Self(Found::TooBig { bytes: too_big.bytes, largest: too_big.largest.clone() }))
            }
            LoginFailure::Provider(ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::IdToken(
                token,
            )))) => {
                let ahead = match token {
                    InvalidIdToken::Expired { exp, now } => exp.seconds_since(*now),
                    InvalidIdToken::IssuedInFuture { iat, now } | InvalidIdToken::IssuedTooLongAgo { iat, now } => {
                        iat.seconds_since(*now)
                    }
                    InvalidIdToken::NotYetValid { nbf, now } => nbf.seconds_since(*now),
                    InvalidIdToken::AuthTimeInFuture { auth_time, now } => auth_time.seconds_since(*now),
                    _ => return None,
                };
                Some(Self(Found::ProviderClock { ahead }))
            }
            _ => None,
        }
    }

    /// What it is, without the particulars.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self.0 {
            Found::LoginNotReturned | Found::SessionNotReturned { .. } => Cause::NotReturned,
            Found::OtherHost { .. } => Cause::OtherHost,
            Found::Twice => Cause::Twice,
            Found::TooBig { .. } | Found::TooBigToReturn { .. } => Cause::TooBig,
            Found::ProviderClock { .. } | Found::OwnClocks { .. } => Cause::Clock,
            Found::OtherKey => Cause::OtherKey,
            Found::Ended => Cause::Ended,
        }
    }

    /// Whether the browser brings none of our cookies, as far as is known: where a smaller one came back, allowing them helps nobody.
    pub(super) fn is_of_blocked_cookies(&self) -> bool {
        self.0 == Found::LoginNotReturned
    }

    /// With the particulars, as the record of an error has it.
    pub(super) fn found(&self) -> &Found {
        &self.0
    }

    /// Whether no cookie can be relied on, not even the one that leads to this very page.
    pub(super) fn distrusts_cookies(&self) -> bool {
        matches!(self.0, Found::LoginNotReturned | Found::OtherHost { .. } | Found::Twice)
    }
}

impl Found {
    pub(crate) fn other_host(asked: &str, door: &Door) -> Self {
        Self::OtherHost { asked: asked.to_owned(), base_url: door.base.as_str().to_owned() }
    }
}

impl From<Found> for Diagnosis {
    fn from(found: Found) -> Self {
        Self(found)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Found::LoginNotReturned => f.write_str(
                "The cookie of this sign-in did not come back. Either the browser blocks cookies of this site, or something on the \
                 way drops them: a proxy that removes Cookie or Set-Cookie, or one that serves plain http under a base URL of https, \
                 over which browsers keep no Secure cookie.",
            ),
            Found::SessionNotReturned { bytes, cookies } => write!(
                f,
                "The session was set in {cookies} cookie(s) of {bytes} bytes together, and did not come back, though a smaller cookie \
                 did. Something on the way drops it, or the application clears it."
            ),
            Found::OtherHost { asked, base_url } => write!(
                f,
                "The request was for '{asked}', and the base URL is {base_url}: a browser does not send the cookies of one host to \
                 another. Let people in by the base URL alone, or correct it. (Where a proxy rewrites Host, look at the proxy.)"
            ),
            Found::Twice => f.write_str(
                "A cookie of ours came twice, so none is trusted. Something sets it with another path or domain, from where we cannot \
                 delete it: clear the cookies of this site, and look for what sets them.",
            ),
            Found::TooBig { bytes, largest } => {
                write!(f, "The session needs {bytes} bytes of cookies, more than there may be.")?;
                write_largest(f, largest)?;
                f.write_str(" Ask for a smaller scope, or keep sessions in a store.")
            }
            Found::TooBigToReturn { bytes, largest } => {
                write!(
                    f,
                    "The session was set in {bytes} bytes of cookies and did not come back, though a smaller cookie did: that is \
                     probably too much for the browser, or for a proxy on the way (many take 4 or 8 KB of headers)."
                )?;
                write_largest(f, largest)?;
                f.write_str(" Ask for a smaller scope, or keep sessions in a store.")
            }
            Found::ProviderClock { ahead } => write!(
                f,
                "A time in the ID Token is {} seconds {} our clock: set the clock of this machine, or of the provider's.",
                ahead.unsigned_abs(),
                if *ahead < 0 { "behind" } else { "ahead of" },
            ),
            Found::OwnClocks { seconds } => write!(
                f,
                "The session was over at the next request, by our clocks {seconds} seconds after it began. Either the clocks of two \
                 machines differ, or sessions are set to be that short."
            ),
            Found::OtherKey => f.write_str(
                "A cookie came back and could not be opened: it was sealed with another secret_key, or with other settings. Do all \
                 machines have the same?",
            ),
            Found::Ended => f.write_str(
                "The session had ended by the next request: its store does not have it (do all machines use the same one?), or a \
                 logout ended it.",
            ),
        }
    }
}

/// Their names are the provider's (V11).
fn write_largest(f: &mut fmt::Formatter<'_>, largest: &[(String, usize)]) -> fmt::Result {
    for (at, (name, bytes)) in largest.iter().enumerate() {
        let before = if at == 0 { " The largest claims: " } else { ", " };
        write!(f, "{before}{} ({bytes} bytes)", Excerpt::new(name))?;
    }
    f.write_str(if largest.is_empty() { "" } else { "." })
}

//! What the provider sends back through the browser (Core 3.1.2.5 and 3.1.2.6).

use url::form_urlencoded;

use super::State;
use crate::{
    error::{ErrorResponse, Misbehaviour, ProtocolError, Unsolicited},
    secret::Secret,
};

/// The parameters of an authorization response: read, none believed yet.
///
/// # Example
/// ```
/// use vestibule_core::AuthorizationResponse;
///
/// let response = AuthorizationResponse::from_query("code=abc&state=0123456789abcdefghijkl.")?;
/// assert_eq!(response.state().attempt(), "0123456789abcdefghijkl");
/// # Ok::<_, vestibule_core::ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct AuthorizationResponse {
    pub(super) state: State,
    pub(super) iss: Option<String>,
    code: Option<Secret<String>>,
    error: Option<String>,
    error_description: Option<String>,
    session_state: Option<String>,
}

impl AuthorizationResponse {
    /// Reads a query. Unknown parameters are ignored (RFC 6749 4.1.2); a known one twice is refused (RFC 6749 3.1, V23).
    ///
    /// # Errors
    /// [`ProtocolError::Unsolicited`] for a duplicate, and for a state that is missing or not of ours.
    pub fn from_query(query: &str) -> Result<Self, ProtocolError> {
        let (mut state, mut iss, mut code, mut session_state) = (None, None, None, None);
        let (mut error, mut error_description) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, slot) = match name.as_ref() {
                "state" => ("state", &mut state),
                "iss" => ("iss", &mut iss),
                "code" => ("code", &mut code),
                "session_state" => ("session_state", &mut session_state),
                "error" => ("error", &mut error),
                "error_description" => ("error_description", &mut error_description),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Unsolicited::DuplicateParameter { name }.into());
            }
        }
        let state = State::parse(state.ok_or(Unsolicited::NoState)?)?;
        Ok(Self { state, iss, code: code.map(Secret::new), error, error_description, session_state })
    }

    /// The state, by which the caller finds the pending login.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the provider's session looked like (Session Management 2), for the messages to its
    /// [`check_session_iframe`](crate::ProviderMetadata::check_session_iframe). One that is empty or has a space, which the
    /// specification forbids because a space ends it in those messages, is none.
    #[must_use]
    pub fn session_state(&self) -> Option<&str> {
        self.session_state.as_deref().filter(|session_state| !session_state.is_empty() && !session_state.contains(' '))
    }

    /// The code, or the error as the provider's answer.
    pub(super) fn into_code(self) -> Result<Secret<String>, ProtocolError> {
        match (self.code, self.error) {
            (Some(code), None) if !code.expose().is_empty() => Ok(code),
            (None, Some(error)) => Err(match ErrorResponse::new(&error, self.error_description.as_deref()) {
                Some(response) => ProtocolError::Denied(response),
                None => Misbehaviour::MalformedError.into(),
            }),
            (Some(_), Some(_)) => Err(Misbehaviour::CodeAndError.into()),
            _ => Err(Misbehaviour::NeitherCodeNorError.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "state=0123456789abcdefghijkl.";

    fn session_state(query: &str) -> Option<String> {
        let response = AuthorizationResponse::from_query(&format!("{STATE}&{query}")).expect("a response");
        response.session_state().map(str::to_owned)
    }

    /// Session Management 2: it comes with a code, and with an error too.
    #[test]
    fn the_state_of_the_providers_session_is_read() {
        assert_eq!(session_state("code=a&session_state=ab%2Bc.d").as_deref(), Some("ab+c.d"));
        assert_eq!(session_state("error=login_required&session_state=ab").as_deref(), Some("ab"));
        assert_eq!(session_state("code=a"), None);
    }

    /// Session Management 2: "It MUST NOT contain the space (" ") character"; in the messages to the frame that is where it ends.
    #[test]
    fn a_session_state_that_cannot_be_one_is_none() {
        for none in ["", "a+b", "a%20b", "+a", "a+"] {
            assert_eq!(session_state(&format!("code=a&session_state={none}")), None, "{none:?}");
        }
    }

    /// V23, R26
    #[test]
    fn a_second_session_state_is_refused() {
        let refused = AuthorizationResponse::from_query(&format!("{STATE}&code=a&session_state=b&session_state=b"));
        let reason = Unsolicited::DuplicateParameter { name: "session_state" };
        assert_eq!(refused.err(), Some(reason.into()));
    }
}

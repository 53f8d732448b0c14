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
}

impl AuthorizationResponse {
    /// Reads a query. Unknown parameters are ignored (RFC 6749 4.1.2); a known one twice is refused (RFC 6749 3.1, V23).
    ///
    /// # Errors
    /// [`ProtocolError::Unsolicited`] for a duplicate, and for a state that is missing or not of ours.
    pub fn from_query(query: &str) -> Result<Self, ProtocolError> {
        let (mut state, mut iss, mut code, mut error, mut error_description) = (None, None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, slot) = match name.as_ref() {
                "state" => ("state", &mut state),
                "iss" => ("iss", &mut iss),
                "code" => ("code", &mut code),
                "error" => ("error", &mut error),
                "error_description" => ("error_description", &mut error_description),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Unsolicited::DuplicateParameter { name }.into());
            }
        }
        let state = State::parse(state.ok_or(Unsolicited::NoState)?)?;
        Ok(Self { state, iss, code: code.map(Secret::new), error, error_description })
    }

    /// The state, by which the caller finds the pending login.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
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

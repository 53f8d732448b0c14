//! What the provider sends back through the browser (Core 3.1.2.5 and 3.1.2.6, 3.2.2.5, 3.3.2.5).

use std::fmt;

use url::form_urlencoded;

use super::{ResponseMode, ResponseType, State, asked::Asked};
use crate::{
    error::{ErrorResponse, Excerpt, Misbehaviour, ProtocolError, Unsolicited},
    secret::Secret,
    token::GrantedTokens,
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
pub struct AuthorizationResponse {
    pub(super) state: State,
    pub(super) iss: Option<String>,
    came_by: ResponseMode,
    parameters: Parameters,
}

/// The parameters that only some responses have.
#[derive(Default)]
struct Parameters {
    code: Option<Secret<String>>,
    id_token: Option<Secret<String>>,
    access_token: Option<Secret<String>>,
    token_type: Option<String>,
    expires_in: Option<String>,
    scope: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    session_state: Option<String>,
}

/// What a good response has, sorted by what has to be done with it.
pub(super) enum Pieces {
    /// A code, to be redeemed. An access token that came along is left behind.
    Code(Secret<String>),
    /// An ID Token, to be verified before whatever came along is used.
    IdToken { id_token: Secret<String>, code: Option<Secret<String>>, granted: Option<GrantedTokens> },
}

impl AuthorizationResponse {
    /// Reads a query. Unknown parameters are ignored (RFC 6749 4.1.2); a known one twice is refused (RFC 6749 3.1, V23).
    ///
    /// # Errors
    /// [`ProtocolError::Unsolicited`] for a duplicate, and for a state that is missing or not of ours.
    pub fn from_query(query: &str) -> Result<Self, ProtocolError> {
        Self::read(ResponseMode::Query, query.as_bytes())
    }

    /// Reads a fragment, without the `#`, as a page of ours handed it over: by the same rules.
    ///
    /// # Errors
    /// Those of [`from_query`](Self::from_query).
    pub fn from_fragment(fragment: &str) -> Result<Self, ProtocolError> {
        Self::read(ResponseMode::Fragment, fragment.as_bytes())
    }

    /// Reads the body of a POST whose media type is `application/x-www-form-urlencoded` (Form Post 1.0 2): by the same rules.
    ///
    /// # Errors
    /// Those of [`from_query`](Self::from_query).
    pub fn from_form(body: &[u8]) -> Result<Self, ProtocolError> {
        Self::read(ResponseMode::FormPost, body)
    }

    fn read(came_by: ResponseMode, form: &[u8]) -> Result<Self, ProtocolError> {
        let (mut state, mut iss, mut parameters) = (None, None, Parameters::default());
        for (name, value) in form_urlencoded::parse(form) {
            let value = value.into_owned();
            // Whether there was one already.
            let (name, had_one) = match name.as_ref() {
                "state" => ("state", state.replace(value).is_some()),
                "iss" => ("iss", iss.replace(value).is_some()),
                "code" => ("code", parameters.code.replace(value.into()).is_some()),
                "id_token" => ("id_token", parameters.id_token.replace(value.into()).is_some()),
                "access_token" => ("access_token", parameters.access_token.replace(value.into()).is_some()),
                "token_type" => ("token_type", parameters.token_type.replace(value).is_some()),
                "expires_in" => ("expires_in", parameters.expires_in.replace(value).is_some()),
                "scope" => ("scope", parameters.scope.replace(value).is_some()),
                "session_state" => ("session_state", parameters.session_state.replace(value).is_some()),
                "error" => ("error", parameters.error.replace(value).is_some()),
                "error_description" => ("error_description", parameters.error_description.replace(value).is_some()),
                _ => continue,
            };
            if had_one {
                return Err(Unsolicited::DuplicateParameter { name }.into());
            }
        }
        let state = State::parse(state.ok_or(Unsolicited::NoState)?)?;
        Ok(Self { state, iss, came_by, parameters })
    }

    /// Whether an ID Token came along.
    pub(super) fn has_id_token(&self) -> bool {
        self.parameters.id_token.is_some()
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
        let session_state = self.parameters.session_state.as_deref();
        session_state.filter(|session_state| !session_state.is_empty() && !session_state.contains(' '))
    }

    /// What was asked for, no less and no more; or the error as the provider's answer.
    pub(super) fn into_pieces(self, asked: &Asked) -> Result<Pieces, ProtocolError> {
        let came = self.parameters;
        if let Some(error) = &came.error {
            return Err(came.denial(error));
        }
        // Form Post 1.0 2, Multiple Response Types 2.1 (R30): the way that was asked for and no other. An error was let pass above,
        // whichever way it came: providers that cannot make sense of a request answer in a mode of their choice, and an error of
        // this attempt and this issuer can do no more than end the attempt.
        if self.came_by != asked.response_mode {
            let (expected, got) = (asked.response_mode, self.came_by);
            return Err(Misbehaviour::ResponseMode { expected, got }.into());
        }
        Ok(came.pieces(asked.response_type)?)
    }
}

impl Parameters {
    /// The provider's no, which comes alone.
    fn denial(&self, error: &str) -> ProtocolError {
        if self.code.is_some() {
            return Misbehaviour::CodeAndError.into();
        }
        if self.id_token.is_some() || self.access_token.is_some() {
            return Misbehaviour::TokensAndError.into();
        }
        match ErrorResponse::new(error, self.error_description.as_deref()) {
            Some(response) => ProtocolError::Denied(response),
            None => Misbehaviour::MalformedError.into(),
        }
    }

    /// Core 3.1.2.5, 3.2.2.5 and 3.3.2.5: what each type brings.
    fn pieces(self, response_type: ResponseType) -> Result<Pieces, Misbehaviour> {
        let has_code = self.code.as_ref().is_some_and(|code| !code.expose().is_empty());
        if response_type == ResponseType::Code && !has_code {
            return Err(Misbehaviour::NeitherCodeNorError);
        }
        let code = piece("code", self.code, response_type, ResponseType::has_code)?;
        let id_token = piece("id_token", self.id_token, response_type, ResponseType::has_id_token)?;
        let access_token = piece("access_token", self.access_token, response_type, ResponseType::has_token)?;
        let granted = match access_token {
            Some(access_token) => {
                check_token_type(self.token_type.as_deref(), response_type)?;
                Some(GrantedTokens::new(access_token, expires_in(self.expires_in.as_deref())?, self.scope)?)
            }
            None => None,
        };
        match (code, id_token) {
            (code, Some(id_token)) => Ok(Pieces::IdToken { id_token, code, granted }),
            (Some(code), None) => Ok(Pieces::Code(code)),
            // No type that is offered has neither.
            (None, None) => Err(Misbehaviour::NeitherCodeNorError),
        }
    }
}

/// A piece that is there if it was asked for, and only then. An empty one is not there.
fn piece(
    parameter: &'static str,
    came: Option<Secret<String>>,
    response_type: ResponseType,
    has: fn(ResponseType) -> bool,
) -> Result<Option<Secret<String>>, Misbehaviour> {
    match (came.filter(|piece| !piece.expose().is_empty()), has(response_type)) {
        (None, true) => Err(Misbehaviour::MissingInResponse { response_type, parameter }),
        (Some(_), false) => Err(Misbehaviour::UnaskedInResponse { response_type, parameter }),
        (piece, _) => Ok(piece),
    }
}

/// Core 3.2.2.5: Bearer; RFC 6749 4.2.2: REQUIRED, in whatever case.
fn check_token_type(token_type: Option<&str>, response_type: ResponseType) -> Result<(), Misbehaviour> {
    match token_type {
        None => Err(Misbehaviour::MissingInResponse { response_type, parameter: "token_type" }),
        Some(token_type) if token_type.eq_ignore_ascii_case("Bearer") => Ok(()),
        Some(other) => Err(Misbehaviour::ResponseTokenType { got: Excerpt::new(other) }),
    }
}

/// RFC 6749 4.2.2, A.14: seconds in decimal; only RECOMMENDED, so its absence is no fault.
fn expires_in(text: Option<&str>) -> Result<Option<i64>, Misbehaviour> {
    let Some(text) = text else { return Ok(None) };
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = digits.and_then(|digits| digits.parse().ok());
    seconds.map(Some).ok_or_else(|| Misbehaviour::ResponseExpiresIn { got: Excerpt::new(text) })
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("came_by", &self.came_by)
            .field("iss", &self.iss)
            .field("error", &self.parameters.error)
            .finish_non_exhaustive()
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

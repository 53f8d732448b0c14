//! What is wrong in an authorization response, and in the way back from a logout.

use vestibule_core::{Issuer, ResponseMode};

use super::{Fault, Hooks, STRANGER};
use crate::{authorize::Pieces, denial::Denial, identifier::identifier};

impl Hooks {
    /// The error that the authorization endpoint answers with instead.
    pub(crate) fn authorization_denial(&self) -> Result<(), Denial> {
        match &self.0 {
            Some(Fault::AuthorizeError { error, error_description }) => {
                Err(Denial::with_optional_description(error.clone(), error_description.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The `iss` parameter.
    pub(crate) fn response_issuer(&self, issuer: &Issuer) -> Option<String> {
        match self.0 {
            Some(Fault::WrongResponseIssuer) => Some(STRANGER.to_owned()),
            Some(Fault::MissingResponseIssuer) => None,
            _ => Some(issuer.to_string()),
        }
    }

    /// All parameters, before they go.
    pub(crate) fn response_pieces(&self, pieces: &mut Pieces) {
        let mut without = |name: &str| pieces.retain(|(own, _)| *own != name);
        let (name, value) = match self.0 {
            Some(Fault::MissingCode) => return without("code"),
            Some(Fault::MissingFrontChannelIdToken) => return without("id_token"),
            Some(Fault::MissingFrontChannelAccessToken) => return without("access_token"),
            Some(Fault::MissingTokenType) => return without("token_type"),
            Some(Fault::MissingState) => return without("state"),
            Some(Fault::WrongState) => ("state", "the-state-of-another-login".to_owned()),
            Some(Fault::WrongTokenType) => ("token_type", "mac".to_owned()),
            Some(Fault::ExtraCode) => ("code", identifier()),
            // Of the form of one, so that whoever takes it gets so far.
            Some(Fault::ExtraIdToken) => ("id_token", "eyJhbGciOiJub25lIn0.e30.".to_owned()),
            Some(Fault::ExtraAccessToken) => ("access_token", identifier()),
            _ => return,
        };
        without(name);
        pieces.push((name, value));
    }

    /// The state of somebody who signed out.
    pub(crate) fn logout_state<'a>(&self, asked: Option<&'a str>) -> Option<&'a str> {
        match self.0 {
            Some(Fault::WrongLogoutState) => Some("the-state-of-another-logout"),
            Some(Fault::MissingLogoutState) => None,
            _ => asked,
        }
    }

    /// The way that the response goes.
    pub(crate) fn response_mode(&self, asked: ResponseMode) -> ResponseMode {
        match self.0 {
            Some(Fault::OtherResponseMode(other)) => other,
            _ => asked,
        }
    }
}

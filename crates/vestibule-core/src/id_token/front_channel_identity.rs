//! Whom the ID Token of the authorization endpoint was about: so is the one of the token endpoint (Core 3.3.3.6).

use serde_json::{Map, Value};

use super::{ExpectedIdToken, IdToken};
use crate::{
    claims::Subject,
    error::{Difference, Excerpt, InvalidIdToken},
    issuer::Issuer,
    json,
};

/// Issuer and subject of a front-channel ID Token that was verified.
#[derive(Clone, Debug)]
pub(crate) struct FrontChannelIdentity {
    issuer: Issuer,
    subject: Subject,
}

impl FrontChannelIdentity {
    pub(crate) fn of(id_token: &IdToken, expected: &ExpectedIdToken<'_>) -> Self {
        Self { issuer: expected.agreement.issuer.clone(), subject: id_token.subject.clone() }
    }

    /// Core 3.3.3.6: "the iss and sub Claim Values MUST be identical in both ID Tokens".
    pub(super) fn check_is_that_of(&self, claims: &Map<String, Value>) -> Result<(), InvalidIdToken> {
        let (iss, sub): (String, String) = (json::required(claims, "iss")?, json::required(claims, "sub")?);
        let differs = |first: &str, got: &str| (first != got).then(|| (Excerpt::new(first), Excerpt::new(got)));
        if let Some((first, got)) = differs(self.issuer.as_str(), &iss) {
            return Err(InvalidIdToken::NotOfThisResponse(Difference::Issuer { first, got }));
        }
        if let Some((first, got)) = differs(self.subject.as_str(), &sub) {
            return Err(InvalidIdToken::NotOfThisResponse(Difference::Subject { first, got }));
        }
        Ok(())
    }
}

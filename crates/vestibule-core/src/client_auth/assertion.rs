//! The assertion by which a client proves who it is: signed, short-lived, for one provider and one request (RFC 7523 2.2 and 3, Core 9).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use url::form_urlencoded;

use crate::{
    jose::{SigningKey, base64url, digest},
    numeric_date::NumericDate,
    secret::Entropy,
};

/// Whom a client assertion is for: its `aud`, always one string.
///
/// # Example
/// ```
/// use vestibule_core::{Client, client_auth::AssertionAudience};
///
/// // For a provider that has not followed the specification to the issuer yet:
/// let client = Client::public("my-app").assertion_audience(AssertionAudience::TokenEndpoint);
/// # let _ = client;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The issuer (the update of RFC 7523 3): the default. Whoever else gets hold of the assertion can use it nowhere (V86).
    #[default]
    Issuer,
    /// The URL of the token endpoint (Core 9), for providers that take nothing else. A provider whose metadata names another
    /// provider's token endpoint can use what we send it there: only for providers that are set by hand.
    TokenEndpoint,
}

/// What a client assertion says that it is: the `typ` of its header.
///
/// # Example
/// ```
/// use vestibule_core::{Client, client_auth::AssertionTyp};
///
/// let client = Client::public("my-app").assertion_typ(AssertionTyp::ClientAuthenticationJwt);
/// assert_eq!(AssertionTyp::ClientAuthenticationJwt.name(), "client-authentication+jwt");
/// # let _ = client;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AssertionTyp {
    /// `JWT`: the default, which every provider takes.
    #[default]
    #[serde(rename = "JWT")]
    Jwt,
    /// `client-authentication+jwt`, which can be taken for no other kind of token (the update of RFC 7523 4).
    #[serde(rename = "client-authentication+jwt")]
    ClientAuthenticationJwt,
}

impl AssertionTyp {
    /// The value of the header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::ClientAuthenticationJwt => "client-authentication+jwt",
        }
    }
}

/// What makes the assertions of one client at one provider.
#[derive(Clone, Debug)]
pub(crate) struct ClientAssertion {
    pub(crate) key: Arc<SigningKey>,
    pub(crate) audience: String,
    pub(crate) typ: AssertionTyp,
}

/// For how many seconds an assertion is good (R55).
const GOOD_FOR: i64 = 60;

impl ClientAssertion {
    /// Adds a new assertion to a form (RFC 7523 2.2).
    pub(super) fn prove(
        &self,
        client_id: &str,
        now: NumericDate,
        entropy: Entropy,
        form: &mut form_urlencoded::Serializer<'_, String>,
    ) {
        // RFC 7521 4.2: not needed beside an assertion, and allowed; there are providers that look nowhere else.
        form.append_pair("client_id", client_id);
        // A machine without memory or randomness sends none, and the provider says that it misses one.
        if let Some(assertion) = self.sign(client_id, now, entropy) {
            form.append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                .append_pair("client_assertion", &assertion);
        }
    }

    /// RFC 7523 3, Core 9.
    fn sign(&self, client_id: &str, now: NumericDate, entropy: Entropy) -> Option<String> {
        // The bytes may serve for more than one value of a request: each is derived under a name of its own.
        let jti = digest::derive(entropy.into_secret().expose(), "client assertion jti");
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            // V86: one string, which no other provider's name can stand beside.
            "aud": self.audience,
            "jti": base64url::encode(jti),
            "iat": now,
            "exp": now.plus(GOOD_FOR),
        });
        self.key.sign(self.typ.name(), claims.to_string().as_bytes()).ok()
    }
}

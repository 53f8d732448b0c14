//! A provider's metadata: read once, strictly, and asked by name ever after (Discovery 3).

use serde_json::{Map, Value};
use url::Url;

use crate::{
    client_auth::OfferedAuthMethods,
    error::{Excerpt, InvalidMetadata, JsonFault},
    issuer::{Issuer, is_https_or_loopback, is_requestable},
    jose::SignatureAlgorithm,
    json,
};

/// A provider's metadata (Discovery 3), as far as a relying party needs it. Members have their wire names.
///
/// # Example
/// ```
/// use vestibule_core::ProviderMetadata;
///
/// let metadata = ProviderMetadata::from_json(br#"{
///     "issuer": "https://login.example.com",
///     "authorization_endpoint": "https://login.example.com/authorize",
///     "token_endpoint": "https://login.example.com/token",
///     "jwks_uri": "https://login.example.com/keys"
/// }"#)?;
/// assert!(metadata.userinfo_endpoint().is_none());
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderMetadata {
    issuer: Issuer,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    registration_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    check_session_iframe: Option<Url>,
    response_types_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    revocation_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: bool,
    logout: LogoutSupport,
}

/// By which ways a provider says that it ended a session. What its metadata does not say is `false` (Back-Channel Logout 2.1,
/// Front-Channel Logout 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogoutSupport {
    pub(crate) backchannel_logout_supported: bool,
    pub(crate) backchannel_logout_session_supported: bool,
    pub(crate) frontchannel_logout_supported: bool,
    pub(crate) frontchannel_logout_session_supported: bool,
}

impl ProviderMetadata {
    /// Reads metadata that the application describes: the same JSON that Discovery 3 defines, of which only `issuer`,
    /// `authorization_endpoint`, `token_endpoint` and `jwks_uri` must be there.
    ///
    /// # Errors
    /// [`InvalidMetadata`] names the member that is missing, of the wrong type, or not an https URL.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidMetadata> {
        Self::from_object(&json::object(bytes)?)
    }

    pub(super) fn from_object(object: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let text: String = json::required(object, "issuer")?;
        let issuer = Issuer::parse(text.as_str())
            .map_err(|reason| InvalidMetadata::InvalidIssuer { got: Excerpt::new(&text), reason })?;
        Ok(Self {
            authorization_endpoint: required_endpoint(object, &issuer, "authorization_endpoint")?,
            token_endpoint: required_endpoint(object, &issuer, "token_endpoint")?,
            jwks_uri: required_endpoint(object, &issuer, "jwks_uri")?,
            userinfo_endpoint: endpoint(object, &issuer, "userinfo_endpoint")?,
            end_session_endpoint: endpoint(object, &issuer, "end_session_endpoint")?,
            registration_endpoint: endpoint(object, &issuer, "registration_endpoint")?,
            revocation_endpoint: endpoint(object, &issuer, "revocation_endpoint")?,
            check_session_iframe: endpoint(object, &issuer, "check_session_iframe")?,
            response_types_supported: json::member(object, "response_types_supported")?,
            id_token_signing_alg_values_supported: json::member(object, "id_token_signing_alg_values_supported")?,
            token_endpoint_auth_methods_supported: json::member(object, "token_endpoint_auth_methods_supported")?,
            revocation_endpoint_auth_methods_supported: json::member(
                object,
                "revocation_endpoint_auth_methods_supported",
            )?,
            authorization_response_iss_parameter_supported: promised(
                object,
                "authorization_response_iss_parameter_supported",
            )?,
            logout: LogoutSupport {
                backchannel_logout_supported: promised(object, "backchannel_logout_supported")?,
                backchannel_logout_session_supported: promised(object, "backchannel_logout_session_supported")?,
                frontchannel_logout_supported: promised(object, "frontchannel_logout_supported")?,
                frontchannel_logout_session_supported: promised(object, "frontchannel_logout_session_supported")?,
            },
            issuer,
        })
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where the browser is sent to sign in.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &Url {
        &self.authorization_endpoint
    }

    /// Where a code is redeemed.
    #[must_use]
    pub fn token_endpoint(&self) -> &Url {
        &self.token_endpoint
    }

    /// Where the keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &Url {
        &self.jwks_uri
    }

    /// Where more claims are, if the provider has such a place.
    #[must_use]
    pub fn userinfo_endpoint(&self) -> Option<&Url> {
        self.userinfo_endpoint.as_ref()
    }

    /// Where the browser is sent to sign out (RP-Initiated Logout 2.1), if the provider has such a place.
    #[must_use]
    pub fn end_session_endpoint(&self) -> Option<&Url> {
        self.end_session_endpoint.as_ref()
    }

    /// Where clients register themselves (Registration 3), if the provider has such a place.
    #[must_use]
    pub fn registration_endpoint(&self) -> Option<&Url> {
        self.registration_endpoint.as_ref()
    }

    /// Where a token is given back that nobody needs any more (RFC 7009 2), if the provider has such a place.
    #[must_use]
    pub fn revocation_endpoint(&self) -> Option<&Url> {
        self.revocation_endpoint.as_ref()
    }

    /// The page of the provider that knows whether its session still is what it was (Session Management 3.3), if it has one.
    /// Messages to it and from it are for this URL's [`origin`](Url::origin) and no other (R129).
    #[must_use]
    pub fn check_session_iframe(&self) -> Option<&Url> {
        self.check_session_iframe.as_ref()
    }

    /// Whether the provider posts logout tokens (Back-Channel Logout 2.1).
    #[must_use]
    pub fn backchannel_logout_supported(&self) -> bool {
        self.logout.backchannel_logout_supported
    }

    /// Whether its logout tokens and ID Tokens have a `sid` (Back-Channel Logout 2.1).
    #[must_use]
    pub fn backchannel_logout_session_supported(&self) -> bool {
        self.logout.backchannel_logout_session_supported
    }

    /// Whether the provider loads our logout page in a frame (Front-Channel Logout 3).
    #[must_use]
    pub fn frontchannel_logout_supported(&self) -> bool {
        self.logout.frontchannel_logout_supported
    }

    /// Whether it says by `iss` and `sid` whose session that was, and its ID Tokens have a `sid` (Front-Channel Logout 3).
    #[must_use]
    pub fn frontchannel_logout_session_supported(&self) -> bool {
        self.logout.frontchannel_logout_session_supported
    }

    pub(crate) fn logout_support(&self) -> LogoutSupport {
        self.logout
    }

    /// Whether the provider promises `iss` in its authorization responses (RFC 9207 3).
    #[must_use]
    pub fn authorization_response_iss_parameter_supported(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }

    /// Whether this metadata sends people, codes and tokens to the same hosts as `earlier` did (R108).
    #[must_use]
    pub fn has_the_hosts_of(&self, earlier: &Self) -> bool {
        let hosts = |metadata: &Self| {
            let optional = [
                &metadata.userinfo_endpoint,
                &metadata.end_session_endpoint,
                &metadata.registration_endpoint,
                &metadata.revocation_endpoint,
                &metadata.check_session_iframe,
            ];
            let optional = optional.map(|url| url.as_ref().map(Url::origin));
            (
                [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri].map(Url::origin),
                optional,
            )
        };
        let ((required, optional), (earlier_required, earlier_optional)) = (hosts(self), hosts(earlier));
        // An endpoint may come or go; one that stays, stays where it is.
        let stays = |(new, old): (Option<_>, Option<_>)| new.is_none() || old.is_none() || new == old;
        required == earlier_required && optional.into_iter().zip(earlier_optional).all(stays)
    }

    /// By which methods clients authenticate at the token endpoint.
    pub(crate) fn token_endpoint_auth_methods(&self) -> OfferedAuthMethods<'_> {
        let names = self.token_endpoint_auth_methods_supported.as_deref();
        OfferedAuthMethods { member: "token_endpoint_auth_methods_supported", names }
    }

    /// By which methods clients authenticate at the revocation endpoint. When the metadata does not say, as at the token endpoint:
    /// which is the `client_secret_basic` of RFC 8414 2 wherever that is offered, and works where it is not.
    pub(crate) fn revocation_endpoint_auth_methods(&self) -> OfferedAuthMethods<'_> {
        match self.revocation_endpoint_auth_methods_supported.as_deref() {
            None => self.token_endpoint_auth_methods(),
            names => OfferedAuthMethods { member: "revocation_endpoint_auth_methods_supported", names },
        }
    }

    /// Whether the provider signs ID Tokens with this algorithm; when it does not say, RS256 (Discovery 3).
    pub(crate) fn offers_algorithm(&self, algorithm: SignatureAlgorithm) -> bool {
        match &self.id_token_signing_alg_values_supported {
            Some(offered) => offered.iter().any(|name| name == algorithm.name()),
            None => algorithm == SignatureAlgorithm::Rs256,
        }
    }

    /// Whether the provider can do what this kind of login needs, as far as it says.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names what is missing and what is offered.
    pub(crate) fn supports(&self, algorithm: SignatureAlgorithm) -> Result<(), InvalidMetadata> {
        let among = |offered: &Option<Vec<String>>, what, wanted: &'static str, member| match offered {
            // The word order of a response type does not matter (OAuth 2.0 Multiple Response Types 3); `code` is one word.
            Some(offered) if !offered.iter().any(|name| name == wanted) => {
                Err(InvalidMetadata::Unsupported { what, wanted, member, offered: Excerpt::new(&offered.join(" ")) })
            }
            _ => Ok(()),
        };
        among(&self.response_types_supported, "the response type", "code", "response_types_supported")?;
        among(
            &self.id_token_signing_alg_values_supported,
            "ID Tokens signed with",
            algorithm.name(),
            "id_token_signing_alg_values_supported",
        )
    }
}

/// V80: every endpoint is https; plain http is for a provider that itself lives on loopback.
fn endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Option<Url>, InvalidMetadata> {
    let Some(text) = json::member::<String>(object, member)? else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| {
        let scheme_allowed = url.scheme() == "https" || issuer.is_plain_http();
        scheme_allowed
            && is_https_or_loopback(url)
            && is_requestable(url)
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    url.map(Some).ok_or_else(|| InvalidMetadata::Endpoint { member, got: Excerpt::new(&text) })
}

fn required_endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Url, InvalidMetadata> {
    endpoint(object, issuer, member)?.ok_or(InvalidMetadata::Json(JsonFault::Missing { member }))
}

/// Whether the metadata promises something; silence is no promise.
fn promised(object: &Map<String, Value>, member: &'static str) -> Result<bool, InvalidMetadata> {
    Ok(json::member(object, member)?.unwrap_or(false))
}

//! What a provider says of itself with yes or no (Discovery 3 and its extensions). Each has the default that its specification gives.

use serde_json::{Map, Value};

use super::ProviderMetadata;
use crate::{error::InvalidMetadata, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Support {
    authorization_response_iss_parameter_supported: bool,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    require_signed_request_object: bool,
    tls_client_certificate_bound_access_tokens: bool,
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

impl Support {
    pub(super) fn read(object: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        Ok(Self {
            authorization_response_iss_parameter_supported: promised(
                object,
                "authorization_response_iss_parameter_supported",
            )?,
            claims_parameter_supported: promised(object, "claims_parameter_supported")?,
            request_parameter_supported: promised(object, "request_parameter_supported")?,
            // Discovery 3: the one whose default is `true`.
            request_uri_parameter_supported: json::member(object, "request_uri_parameter_supported")?.unwrap_or(true),
            require_request_uri_registration: promised(object, "require_request_uri_registration")?,
            require_signed_request_object: promised(object, "require_signed_request_object")?,
            tls_client_certificate_bound_access_tokens: promised(object, "tls_client_certificate_bound_access_tokens")?,
            logout: LogoutSupport {
                backchannel_logout_supported: promised(object, "backchannel_logout_supported")?,
                backchannel_logout_session_supported: promised(object, "backchannel_logout_session_supported")?,
                frontchannel_logout_supported: promised(object, "frontchannel_logout_supported")?,
                frontchannel_logout_session_supported: promised(object, "frontchannel_logout_session_supported")?,
            },
        })
    }
}

/// Whether the metadata promises something; silence is no promise.
fn promised(object: &Map<String, Value>, member: &'static str) -> Result<bool, InvalidMetadata> {
    Ok(json::member(object, member)?.unwrap_or(false))
}

impl ProviderMetadata {
    /// Whether the provider promises `iss` in its authorization responses (RFC 9207 3).
    #[must_use]
    pub fn authorization_response_iss_parameter_supported(&self) -> bool {
        self.support.authorization_response_iss_parameter_supported
    }

    /// Whether single claims can be asked for (Core 5.5).
    #[must_use]
    pub fn claims_parameter_supported(&self) -> bool {
        self.support.claims_parameter_supported
    }

    /// Whether a request can be sent as a signed object (Core 6.1).
    #[must_use]
    pub fn request_parameter_supported(&self) -> bool {
        self.support.request_parameter_supported
    }

    /// Whether the provider fetches such an object from where we keep it (Core 6.2). Unsaid, it does (Discovery 3).
    #[must_use]
    pub fn request_uri_parameter_supported(&self) -> bool {
        self.support.request_uri_parameter_supported
    }

    /// Whether it fetches only from places that were registered (Discovery 3).
    #[must_use]
    pub fn require_request_uri_registration(&self) -> bool {
        self.support.require_request_uri_registration
    }

    /// Whether it takes no request but a signed object (RFC 9101 10.5).
    #[must_use]
    pub fn require_signed_request_object(&self) -> bool {
        self.support.require_signed_request_object
    }

    /// Whether it can bind access tokens to a client's certificate (RFC 8705 3.3).
    #[must_use]
    pub fn tls_client_certificate_bound_access_tokens(&self) -> bool {
        self.support.tls_client_certificate_bound_access_tokens
    }

    /// Whether the provider posts logout tokens (Back-Channel Logout 2.1).
    #[must_use]
    pub fn backchannel_logout_supported(&self) -> bool {
        self.support.logout.backchannel_logout_supported
    }

    /// Whether its logout tokens and ID Tokens have a `sid` (Back-Channel Logout 2.1).
    #[must_use]
    pub fn backchannel_logout_session_supported(&self) -> bool {
        self.support.logout.backchannel_logout_session_supported
    }

    /// Whether the provider loads our logout page in a frame (Front-Channel Logout 3).
    #[must_use]
    pub fn frontchannel_logout_supported(&self) -> bool {
        self.support.logout.frontchannel_logout_supported
    }

    /// Whether it says by `iss` and `sid` whose session that was, and its ID Tokens have a `sid` (Front-Channel Logout 3).
    #[must_use]
    pub fn frontchannel_logout_session_supported(&self) -> bool {
        self.support.logout.frontchannel_logout_session_supported
    }

    pub(crate) fn logout_support(&self) -> LogoutSupport {
        self.support.logout
    }
}

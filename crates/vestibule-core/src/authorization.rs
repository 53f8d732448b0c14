//! The way out to the provider and the way back: request, pending login, response (Core 3.1.2, 3.2.2 and 3.3.2).

mod asked;
mod claims_request;
mod front_channel;
mod pending_login;
mod request;
mod request_object;
mod response;
mod response_type;

pub use front_channel::{FrontChannel, UnverifiedFrontChannel};
pub use pending_login::{Accepted, AuthorizationCode, ExpectedResponse, PendingLogin, State};
pub use request::{AuthorizationRequest, InvalidAuthorizationRequest, InvalidParameter, check_parameter};
pub use request_object::{RequestObject, RequestObjectNotEncrypted};
pub use response::AuthorizationResponse;
pub use response_type::{ResponseMode, ResponseType, UnknownResponseMode, UnknownResponseType};

use serde_json::Value;
use url::Url;

use crate::{client::Client, discovery::ProviderMetadata};

impl Client {
    /// The URL that the browser is sent to (Core 3.1.2.1): always with state and nonce, and with PKCE S256 where a code comes
    /// back.
    #[must_use]
    pub fn authorize(
        &self,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
    ) -> Url {
        authorization_url(metadata, &request.parameters(self.client_id(), pending), None)
    }

    /// The same, with the request in a signed `object` that travels along (Core 6.1, RFC 9101 5.1).
    #[must_use]
    pub fn authorize_by_value(
        &self,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
        object: &RequestObject,
    ) -> Url {
        let plain = request.plain_parameters(self.client_id(), pending);
        authorization_url(metadata, &plain, Some(("request", object.as_str())))
    }

    /// The same, with the request object at a place where the provider fetches it (Core 6.2, RFC 9101 5.2): a URL of at most 512
    /// characters that we serve, with nothing in it that anybody else chose (V81).
    #[must_use]
    pub fn authorize_by_reference(
        &self,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
        request_uri: &Url,
    ) -> Url {
        let plain = request.plain_parameters(self.client_id(), pending);
        authorization_url(metadata, &plain, Some(("request_uri", request_uri.as_str())))
    }
}

fn authorization_url(
    metadata: &ProviderMetadata,
    parameters: &[(String, Value)],
    object: Option<(&'static str, &str)>,
) -> Url {
    let mut url = metadata.authorization_endpoint().clone();
    let mut query = url.query_pairs_mut();
    for (name, value) in parameters {
        match value {
            Value::String(text) => query.append_pair(name, text),
            // Core 5.5 and 3.1.2.1: JSON as it is, and a number in decimal.
            value => query.append_pair(name, &value.to_string()),
        };
    }
    query.extend_pairs(object);
    drop(query);
    url
}

#[cfg(test)]
mod tests;

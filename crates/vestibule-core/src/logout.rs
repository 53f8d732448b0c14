//! Leaving: the request that ends the provider's session too (RP-Initiated Logout 1.0), and the ways in which the provider says
//! that it ended one (Back-Channel Logout 1.0, Front-Channel Logout 1.0).

mod front_channel;
mod logout_token;

pub use front_channel::{FrontChannelLogout, InvalidFrontChannelLogout};
pub(crate) use logout_token::has_logout_event;
pub use logout_token::{ExpectedLogoutToken, LogoutToken, UnverifiedLogoutToken};

use url::{Url, form_urlencoded};

use crate::{client::Client, discovery::ProviderMetadata, secret::Secret};

/// The request that ends the provider's session (RP-Initiated Logout 2); the browser carries it, as a GET or as a form.
///
/// # Example
/// ```
/// use vestibule_core::{Client, EndSessionRequest, ProviderMetadata};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize", "end_session_endpoint": "https://login.example.com/logout",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let request = EndSessionRequest::new(&metadata, &Client::public("my-app"), None, "https://app.example.com/bye", "s-1")
///     .expect("this provider has an end_session_endpoint");
/// assert_eq!(
///     request.url().as_str(),
///     "https://login.example.com/logout?client_id=my-app&post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fbye&state=s-1",
/// );
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EndSessionRequest {
    end_session_endpoint: Url,
    parameters: Vec<(&'static str, Secret<String>)>,
}

impl EndSessionRequest {
    /// `None` when the provider has no end_session_endpoint.
    #[must_use]
    pub fn new(
        metadata: &ProviderMetadata,
        client: &Client,
        id_token_hint: Option<&Secret<String>>,
        post_logout_redirect_uri: &str,
        state: &str,
    ) -> Option<Self> {
        let end_session_endpoint = metadata.end_session_endpoint()?.clone();
        let mut parameters = Vec::with_capacity(4);
        parameters.extend(id_token_hint.map(|hint| ("id_token_hint", hint.clone())));
        parameters.push(("client_id", client.client_id().into()));
        parameters.push(("post_logout_redirect_uri", post_logout_redirect_uri.into()));
        parameters.push(("state", state.into()));
        Some(Self { end_session_endpoint, parameters })
    }

    /// Where the request goes.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.end_session_endpoint
    }

    /// Its parameters by name, for a form.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.expose().as_str()))
    }

    /// The whole as one URL. It holds the ID Token: not for logs.
    #[must_use]
    pub fn url(&self) -> Url {
        let mut url = self.end_session_endpoint.clone();
        let mut query = form_urlencoded::Serializer::new(url.query().unwrap_or_default().to_owned());
        query.extend_pairs(self.parameters());
        url.set_query(Some(&query.finish()));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RP-Initiated Logout 2: a form of ours says what the URL says.
    #[test]
    fn the_parameters_of_a_form_are_those_of_the_url() {
        let metadata = ProviderMetadata::from_json(
            br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a",
                "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k",
                "end_session_endpoint": "https://a.example/end?tenant=1"}"#,
        );
        let (metadata, client) = (metadata.expect("metadata"), Client::public("rp"));
        let hint = Secret::from("a.b.c");
        let request = EndSessionRequest::new(&metadata, &client, Some(&hint), "https://app.example.com/bye", "s-1");
        let request = request.expect("an endpoint");
        let parameters = [
            ("id_token_hint", "a.b.c"),
            ("client_id", "rp"),
            ("post_logout_redirect_uri", "https://app.example.com/bye"),
            ("state", "s-1"),
        ];
        assert_eq!(request.parameters().collect::<Vec<_>>(), parameters);
        let url = request.url();
        let in_the_url: Vec<_> = url.query_pairs().skip(1).collect();
        assert!(in_the_url.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).eq(parameters));
    }
}

//! Where a client asks to be told of a session's end (Back-Channel Logout 2.2, Front-Channel Logout 2).

use serde_json::{Map, Value, json};
use url::Url;

use super::members::{flag, invalid, is_returnable, text};
use crate::{client::RegisteredClient, denial::Denial};

/// The two places, each with whether it needs the session.
pub(super) struct LogoutUris {
    backchannel: Option<(String, bool)>,
    frontchannel: Option<(String, bool)>,
}

impl LogoutUris {
    pub(super) fn read(asked: &Map<String, Value>, redirect_uris: &[String]) -> Result<Self, Denial> {
        let read = |uri: &str, session_required: &str| {
            let session_required = flag(asked, session_required)?;
            let Some(uri) = text(asked, uri)? else { return Ok(None) };
            if is_returnable(uri) {
                Ok(Some((uri.to_owned(), session_required)))
            } else {
                Err(invalid("a logout URI is https, or http on this machine, and has no fragment"))
            }
        };
        let frontchannel = read("frontchannel_logout_uri", "frontchannel_logout_session_required")?;
        // Front-Channel Logout 2: scheme, host and port are those of a redirect URI.
        if let Some((uri, _)) = &frontchannel
            && !redirect_uris.iter().any(|redirect_uri| is_same_origin(uri, redirect_uri))
        {
            return Err(invalid("frontchannel_logout_uri has another origin than the redirect URIs"));
        }
        Ok(Self { backchannel: read("backchannel_logout_uri", "backchannel_logout_session_required")?, frontchannel })
    }

    pub(super) fn put_into(&self, client: RegisteredClient) -> RegisteredClient {
        let client = match &self.backchannel {
            Some((uri, true)) => client.backchannel_logout_uri(uri).backchannel_logout_session_required(),
            Some((uri, false)) => client.backchannel_logout_uri(uri),
            None => client,
        };
        match &self.frontchannel {
            Some((uri, _)) => client.frontchannel_logout_uri(uri),
            None => client,
        }
    }

    /// What is registered, for the answer (Registration 3.2).
    pub(super) fn tell(&self, members: &mut Map<String, Value>) {
        for (channel, registered) in [("backchannel", &self.backchannel), ("frontchannel", &self.frontchannel)] {
            if let Some((uri, session_required)) = registered {
                members.insert(format!("{channel}_logout_uri"), json!(uri));
                members.insert(format!("{channel}_logout_session_required"), json!(session_required));
            }
        }
    }
}

fn is_same_origin(a: &str, b: &str) -> bool {
    matches!((Url::parse(a), Url::parse(b)), (Ok(a), Ok(b)) if a.origin() == b.origin())
}

//! Telling clients of the end of a session through the browser: frames that load their `frontchannel_logout_uri` (Front-Channel
//! Logout 1.0).

use std::collections::BTreeSet;

use url::Url;

use crate::{logout::told, provider::DevelopmentProvider, session::Session};

/// The frames of a page that says farewell.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<Url>);

impl Frames {
    /// One for each client that has a place to load, and each session that it learned of.
    pub(crate) fn of(provider: &DevelopmentProvider, ended: &[Session], initiator: Option<&str>) -> Self {
        let mut frames = Vec::new();
        for session in ended {
            for client in told(provider, session, initiator) {
                let uri = client.frontchannel_uri().and_then(|uri| Url::parse(uri).ok());
                frames.extend(uri.map(|uri| about(provider, session, uri)));
            }
        }
        Self(frames)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.0.iter().map(Url::to_string).collect()
    }

    /// Each origin once, for `frame-src`.
    pub(crate) fn origins(&self) -> BTreeSet<String> {
        self.0.iter().map(|url| url.origin().ascii_serialization()).collect()
    }
}

/// Front-Channel Logout 2: both parameters or neither, and the client's own query stays.
fn about(provider: &DevelopmentProvider, session: &Session, mut uri: Url) -> Url {
    uri.query_pairs_mut().append_pair("iss", provider.issuer().as_str()).append_pair("sid", &session.sign_in.sid);
    uri
}

//! Telling clients of the end of a session, server to server (Back-Channel Logout 1.0).

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use http::Request;

use crate::{logout::told, logout_token::LogoutTokenDraft, provider::DevelopmentProvider, session::Session};

/// The most requests that wait to be sent; the oldest goes first.
const MOST: usize = 1_000;

/// Logout requests that nobody has fetched yet.
#[derive(Default)]
pub(crate) struct Outbox {
    requests: VecDeque<Request<Bytes>>,
    pub(crate) tells_initiator: bool,
    /// Whether clients get what they know nothing of.
    pub(crate) has_unknown: bool,
    pub(crate) lacks_typ: bool,
}

impl DevelopmentProvider {
    /// Takes the logout requests (Back-Channel Logout 2.5) that wait to be sent, oldest first: the newest 1,000.
    ///
    /// In memory there is no way from the provider to an application: a test hands them over. A provider that
    /// [serves](Self::serve) on a port sends them by itself, and leaves nothing here.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use axum::{Router, body::Body, routing::post};
    /// use tower::ServiceExt;
    /// use vestibule_provider::DevelopmentProvider;
    ///
    /// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
    /// let app = Router::new().route("/auth/backchannel_logout", post(async || "signed out"));
    /// for request in provider.pending_logout_requests() {
    ///     assert_eq!(app.clone().oneshot(request.map(Body::from)).await?.status(), 200);
    /// }
    /// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn pending_logout_requests(&self) -> Vec<Request<Bytes>> {
        self.state().outbox.requests.drain(..).collect()
    }
}

/// Tells clients of these sessions, each by its `sid`.
pub(crate) fn tell_of_sessions(provider: &DevelopmentProvider, ended: &[Session], initiator: Option<&str>) {
    for session in ended {
        for client in told(provider, session, initiator) {
            let draft = LogoutTokenDraft::new(provider.clone(), client).sub(session.sign_in.user.sub());
            send(provider, draft.sid(&session.sign_in.sid));
        }
    }
}

/// Tells clients that all sessions of somebody are over: each once, by the subject, if it can do with that.
pub(crate) fn tell_of_subject(provider: &DevelopmentProvider, ended: &[Session]) {
    let mut know_already = BTreeSet::new();
    for session in ended {
        for client in told(provider, session, None) {
            let needs_sid = client.needs_sid_in_back_channel();
            if needs_sid || know_already.insert(client.client_id().to_owned()) {
                let draft = LogoutTokenDraft::new(provider.clone(), client).sub(session.sign_in.user.sub());
                send(provider, if needs_sid { draft.sid(&session.sign_in.sid) } else { draft });
            }
        }
    }
}

/// A client without a `backchannel_logout_uri` is not told, nor is one whose key cannot sign.
fn send(provider: &DevelopmentProvider, draft: LogoutTokenDraft) {
    let fault = provider.hooks().logout_token_fault();
    let draft = fault.into_iter().fold(draft, LogoutTokenDraft::fault);
    let (has_unknown, lacks_typ) = {
        let outbox = &provider.state().outbox;
        (outbox.has_unknown, outbox.lacks_typ)
    };
    let draft = if lacks_typ { draft.without_typ() } else { draft };
    let draft = if has_unknown { draft.claim("unknown_claim", "unknown") } else { draft };
    let Some(Ok(request)) = draft.try_request() else { return };
    let request = if has_unknown { request.map(|form| with_unknown_parameter(&form)) } else { request };
    {
        let mut state = provider.state();
        state.tally.logout_requests += 1;
        let requests = &mut state.outbox.requests;
        if requests.len() >= MOST {
            requests.pop_front();
        }
        requests.push_back(request);
    }
    provider.outbox_filled().notify_one();
}

fn with_unknown_parameter(form: &[u8]) -> Bytes {
    [form, b"&unknown_parameter=unknown"].concat().into()
}

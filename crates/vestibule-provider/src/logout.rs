//! The end of the provider's sessions, by whomever it comes.

use std::sync::Arc;

use crate::{back_channel, client::RegisteredClient, provider::DevelopmentProvider, session::Session};

impl DevelopmentProvider {
    /// The `sid` of each session of this subject; whoever signed in last comes last.
    #[must_use]
    pub fn sids_of(&self, subject: &str) -> Vec<String> {
        let state = self.state();
        let sessions = state.sessions.known.in_order().filter(|session| session.sign_in.user.sub() == subject);
        sessions.map(|session| session.sign_in.sid.clone()).collect()
    }

    /// Ends every session of this subject, as an administrator does; how many there were.
    ///
    /// The clients that learned of them are told over the back channel: each once, by the subject alone, or once for each
    /// session if it asked for that (`backchannel_logout_session_required`).
    pub fn log_out(&self, subject: &str) -> usize {
        let ended = end(self, |session| session.sign_in.user.sub() == subject);
        back_channel::tell_of_subject(self, &ended);
        ended.len()
    }

    /// Ends the session of this `sid`, as an administrator does; whether there was one. The clients that learned of it are told
    /// over the back channel.
    pub fn end_session(&self, sid: &str) -> bool {
        let ended = end(self, |session| session.sign_in.sid == sid);
        back_channel::tell_of_sessions(self, &ended, None);
        !ended.is_empty()
    }

    /// Tells the client that sent somebody to `end_session_endpoint` of the session's end too, over the back channel and in a
    /// frame, as some providers do. Unless said, only the others are told.
    pub fn tells_the_initiator_too(self) -> Self {
        self.state().outbox.tells_initiator = true;
        self
    }

    /// Sends logout tokens without a `typ` in their header, as the Foundation's conformance suite and many providers do.
    pub fn without_logout_token_typ(self) -> Self {
        self.state().outbox.lacks_typ = true;
        self
    }

    /// Puts into logout tokens a claim, and beside them a parameter, that nobody knows, which a client must ignore (Back-Channel
    /// Logout 2.4 and 2.5).
    pub fn with_unknown_logout_members(self) -> Self {
        self.state().outbox.has_unknown = true;
        self
    }
}

/// Ends the sessions of which this is true, with the refresh tokens that live no longer than they.
pub(crate) fn end(provider: &DevelopmentProvider, is_meant: impl Fn(&Session) -> bool) -> Vec<Session> {
    let mut state = provider.state();
    let ended = state.sessions.known.take_all(is_meant);
    for session in &ended {
        state.tally.families_revoked += state.families.end_with_session(&session.sign_in.sid);
    }
    state.tally.sessions_ended += ended.len();
    ended
}

/// The clients to be told of the end of a session, except, maybe, the one that asked for it.
pub(crate) fn told(
    provider: &DevelopmentProvider,
    session: &Session,
    initiator: Option<&str>,
) -> Vec<Arc<RegisteredClient>> {
    let initiator = initiator.filter(|_| !provider.state().outbox.tells_initiator);
    let others = session.clients.iter().filter(|client_id| Some(client_id.as_str()) != initiator);
    others.filter_map(|client_id| provider.registered(client_id)).collect()
}

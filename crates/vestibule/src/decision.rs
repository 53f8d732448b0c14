//! Why: one record of each thing that the door decides about somebody, for the log, for the metrics, and for whoever develops.
//!
//! All records are made here, so that each decision is said once, by the same names wherever it is read (`docs/observability.md`).
//! Nothing secret is in one: no token, code, cookie or claim. What strangers sent stands in it as an excerpt at most (V11).

mod browser;
mod gate;
mod kept;
mod latest;
mod line;
mod login;
mod logout;
pub(crate) mod measure;
mod reference;
mod rule;
mod session;
mod tokens;
mod trace;
mod why;

use std::borrow::Cow;

pub(crate) use self::{
    browser::BrowserId,
    gate::Gate,
    kept::{Kept, Refusal},
    latest::Latest,
    login::Login,
    logout::Logout,
    reference::Reference,
    session::Opening,
    tokens::{Came, Refresh},
    trace::{Thread, Trace},
    why::{link, why_page},
};
use crate::{
    door::Door,
    error::{Diagnosis, LoginErrorKind},
    session::visit::Visit,
};

/// What the door decided, and about what.
#[derive(Debug)]
pub(crate) enum Decision<'a> {
    /// About a login.
    Login(Login<'a>),
    /// About somebody who asked for a page.
    Gate(Gate<'a>),
    /// About the session of somebody who came.
    Opening(Opening<'a>),
    /// About a POST that is kept, or was.
    Kept(Kept<'a>),
    /// About the end of a session.
    Logout(Logout<'a>),
    /// About the tokens of a session.
    Refresh(Refresh<'a>),
}

/// What a decision says of itself.
#[derive(Debug)]
struct Said<'a> {
    /// Its stable name, in snake case.
    decision: &'static str,
    target: Target,
    level: Level,
    message: &'static str,
    /// The section of a specification that asks for it, or the setting.
    rule: Cow<'a, str>,
    /// What was found, exactly.
    reason: Cow<'a, str>,
    /// As the builder has it, never as a request does.
    provider: Option<&'a str>,
    /// Of a login that failed.
    kind: Option<LoginErrorKind>,
    /// What is probably the matter with it, if that was found out.
    diagnosis: Option<&'a Diagnosis>,
}

/// Where it is logged.
#[derive(Clone, Copy, Debug)]
enum Target {
    Login,
    Gate,
    Kept,
    Session,
    Logout,
    Tokens,
}

/// Who should look at it: debug where anybody can make as many as they like.
#[derive(Clone, Copy, Debug)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    /// Not even there: a cookie that does not open is a quiet stranger's (V66).
    Quiet,
}

/// Records a decision about whoever came by this request. The reference finds it again: it belongs on the page, if there is one.
pub(crate) fn record<'a>(visit: &Visit, decision: impl Into<Decision<'a>>) -> Reference {
    let (decision, door, trace) = (decision.into(), visit.door(), visit.trace());
    let reference = trace.reference();
    note(door, &decision, reference, Some(trace));
    reference
}

/// Records a decision with which no browser has to do: it was the provider that asked, or a task of ours.
pub(crate) fn record_apart<'a>(door: &Door, decision: impl Into<Decision<'a>>) {
    note(door, &decision.into(), Reference::random(), None);
}

fn note(door: &Door, decision: &Decision<'_>, reference: Reference, trace: Option<&Trace>) {
    let said = decision.say();
    line::write(&said, reference);
    decision.measure(&said, door);
    if let Some(latest) = &door.latest {
        let threads = [trace.and_then(Trace::attempt), decision.session().map(Thread::Session)];
        latest.keep(&said, reference, door.now(), trace.and_then(Trace::browser), threads);
    }
}

impl Decision<'_> {
    fn say(&self) -> Said<'_> {
        match self {
            Self::Login(login) => login.say(),
            Self::Gate(gate) => gate.say(),
            Self::Kept(kept) => kept.say(),
            Self::Opening(opening) => opening.say(),
            Self::Logout(logout) => logout.say(),
            Self::Refresh(refresh) => refresh.say(),
        }
    }

    /// The session that it is about, where the door would find it again.
    fn session(&self) -> Option<crate::store::Key> {
        match self {
            Self::Login(Login::SignedIn { session, .. } | Login::SignedInBeside(session)) => Some(session.key),
            Self::Gate(gate) => gate.session().map(|session| session.key),
            Self::Refresh(refresh) => Some(refresh.session()),
            _ => None,
        }
    }

    fn measure(&self, said: &Said<'_>, door: &Door) {
        measure::decided(said.decision, said.provider);
        match self {
            Self::Login(Login::SignedIn { session, begun_at }) => {
                measure::signed_in(session.provider.name(), door.now().seconds_since(*begun_at));
            }
            Self::Refresh(refresh) => measure::refreshed(said.provider, refresh.outcome()),
            _ => {}
        }
        measure::sample_now_and_then(door);
    }
}

/// Each kind of decision is handed over as it is.
macro_rules! kinds {
    ($($kind:ident),+) => {$(
        impl<'a> From<$kind<'a>> for Decision<'a> {
            fn from(decision: $kind<'a>) -> Self {
                Self::$kind(decision)
            }
        }
    )+};
}

kinds!(Login, Gate, Kept, Opening, Logout, Refresh);

//! The latest decisions, in development alone: a ring in memory, so that a browser can be told what was decided about it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use vestibule_core::NumericDate;

use super::{Reference, Said, Thread, browser::BrowserId, login};

/// The latest decisions of this process.
pub(crate) struct Latest(Mutex<VecDeque<Entry>>);

/// One of them.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) at: NumericDate,
    pub(super) decision: &'static str,
    pub(super) message: &'static str,
    pub(super) rule: String,
    pub(super) reason: String,
    pub(super) provider: Option<String>,
    pub(super) reference: Reference,
    browser: Option<BrowserId>,
    threads: [Option<Thread>; 2],
}

/// So many are kept, the oldest giving way.
const MOST: usize = 512;
/// So many bytes of a reason are kept.
const REASON_BYTES: usize = 1024;
/// So many are shown.
const SHOWN: usize = 50;

impl Latest {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    pub(super) fn keep(
        &self,
        said: &Said<'_>,
        reference: Reference,
        at: NumericDate,
        browser: Option<BrowserId>,
        threads: [Option<Thread>; 2],
    ) {
        let entry = Entry {
            at,
            decision: said.decision,
            message: said.message,
            rule: said.rule.to_string(),
            reason: match &said.diagnosis {
                Some(diagnosis) => cut(&format!("{}. {diagnosis}", said.reason)),
                None => cut(&said.reason),
            },
            provider: said.provider.map(str::to_owned),
            reference,
            browser,
            threads,
        };
        let mut entries = self.lock();
        if entries.len() >= MOST {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// What was decided about a browser, the newest first: what is known to be about it, what is about a login that it began or a
    /// session that it has, and the failure that it was told of by reference.
    pub(super) fn about(&self, browser: BrowserId, own: &[Thread], told: Option<&str>) -> Vec<Entry> {
        let entries = self.lock();
        let known = entries.iter().filter(|entry| entry.browser == Some(browser) && entry.is_its_own());
        let threads: Vec<Thread> = known.flat_map(|entry| entry.threads).flatten().chain(own.iter().copied()).collect();
        // All that is decided of a login has one reference: whoever failed with that of another is told of their failure alone.
        let told = entries.iter().rposition(|entry| told == Some(entry.reference.as_str()) && !entry.is_its_own());
        let is_about = |(at, entry): &(usize, &Entry)| {
            let shares = entry.threads.iter().flatten().any(|thread| threads.contains(thread));
            shares || entry.browser == Some(browser) || told == Some(*at)
        };
        let about = entries.iter().enumerate().rev().filter(is_about).map(|(_, entry)| entry);
        about.take(SHOWN).cloned().collect()
    }

    /// How many there are.
    pub(crate) fn size(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether the login or session is that of the browser. Anybody can come with the name of another's login, and fail.
    fn is_its_own(&self) -> bool {
        matches!(self.decision, login::DEPARTED | login::SIGNED_IN)
    }
}

fn cut(reason: &str) -> String {
    if reason.len() <= REASON_BYTES {
        return reason.to_owned();
    }
    let end = (0..=REASON_BYTES).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or_default();
    format!("{}...", reason.split_at(end).0)
}

impl fmt::Debug for Latest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Latest({})", self.size())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Level, super::Target, *};

    fn said<'a>(decision: &'static str, reason: &'a str) -> Said<'a> {
        let (target, level, message, rule) = (Target::Login, Level::Info, "a message", "a rule".into());
        Said {
            decision,
            target,
            level,
            message,
            rule,
            reason: reason.into(),
            provider: None,
            kind: None,
            diagnosis: None,
        }
    }

    fn keep(latest: &Latest, decision: &'static str, browser: Option<BrowserId>, thread: Option<Thread>) {
        let at = NumericDate::from_seconds(0);
        latest.keep(&said(decision, "a reason"), Reference::random(), at, browser, [thread, None]);
    }

    #[test]
    fn a_reason_is_kept_to_a_length() {
        assert_eq!(cut("short"), "short");
        // Three bytes each, which do not divide the most.
        assert_eq!(cut(&"€".repeat(1_000_000)), format!("{}...", "€".repeat(REASON_BYTES / 3)));
    }

    /// What is about a login is for the browser that began it, and for none that merely came with its name.
    #[test]
    fn nobody_sees_a_login_by_its_name() {
        let (latest, alice, mallory) = (Latest::new(), BrowserId::random(), BrowserId::random());
        let attempt = Some(Thread::Attempt([b'a'; 22]));
        keep(&latest, login::DEPARTED, Some(alice), attempt);
        keep(&latest, "callback_unsolicited", Some(mallory), attempt);
        keep(&latest, "provider_misbehaved", None, attempt);
        let seen =
            |browser| latest.about(browser, &[], None).into_iter().map(|entry| entry.decision).collect::<Vec<_>>();
        assert_eq!(seen(mallory), ["callback_unsolicited"]);
        assert_eq!(seen(alice), ["provider_misbehaved", "callback_unsolicited", login::DEPARTED]);
        assert_eq!(seen(BrowserId::random()), [] as [&str; 0]);
    }

    /// A refresh is about a session, and no browser has to do with it.
    #[test]
    fn what_is_about_a_session_is_for_who_has_it() {
        let (latest, alice) = (Latest::new(), BrowserId::random());
        let session = Thread::Session(crate::store::Key::from_bytes([1; 32]));
        keep(&latest, "refresh_failed", None, Some(session));
        assert_eq!(latest.about(alice, &[session], None).len(), 1);
        assert_eq!(latest.about(alice, &[], None).len(), 0);
    }
}

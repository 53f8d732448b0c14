//! A slow provider without slow tests: requests wait at an endpoint, or answers behind it, until a test lets them on.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::provider::DevelopmentProvider;

/// Requests to one endpoint, or its answers, wait as long as this lives; made by [`DevelopmentProvider::hold`] or
/// [`DevelopmentProvider::hold_answers`].
///
/// A request waits before the endpoint looks at it: clock and fault are those of the moment when it is let on. Whoever stops
/// waiting for the answer never reached the endpoint. An answer waits when all is done that the request asks for, and whoever
/// stops waiting for it does not learn that.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use vestibule_provider::{Browser, DevelopmentProvider};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// let mut browser = Browser::new();
/// browser.site(provider.issuer().as_str(), provider.router());
///
/// let hold = provider.hold("/.well-known/openid-configuration");
/// let (page, ()) = tokio::join!(browser.get("http://127.0.0.1:3001/.well-known/openid-configuration"), async {
///     hold.until_waiting(1).await;
///     hold.release();
/// });
/// assert_eq!(page.status(), 200);
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "requests wait only as long as it lives"]
pub struct Hold {
    gate: Arc<Gate>,
}

/// What requests wait at.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The whole path, that of the issuer included.
    path: String,
    side: Side,
    is_open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

/// Where a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before the endpoint: requests wait.
    Before,
    /// Behind it: answers wait.
    Behind,
}

impl DevelopmentProvider {
    /// Lets requests to this path below the issuer's, such as `/token`, wait until the [`Hold`] is released or dropped. They
    /// are recorded when they arrive.
    pub fn hold(&self, path: &str) -> Hold {
        self.put_gate(path, Side::Before)
    }

    /// Lets the answers of this path below the issuer's wait until the [`Hold`] is released or dropped: tokens were given, and
    /// refresh tokens used, and nobody knows yet. Whoever hangs up meanwhile never will:
    /// [`Tally::refreshes_unheard`](crate::Tally::refreshes_unheard).
    pub fn hold_answers(&self, path: &str) -> Hold {
        self.put_gate(path, Side::Behind)
    }

    fn put_gate(&self, path: &str, side: Side) -> Hold {
        let path = format!("{}{path}", self.base_path());
        let gate = Arc::new(Gate { path, side, is_open: watch::Sender::new(false), waiting: watch::Sender::new(0) });
        let gates = &mut self.state().gates;
        gates.retain(|gate| gate.strong_count() > 0);
        gates.push(Arc::downgrade(&gate));
        Hold { gate }
    }

    /// Waits at every gate of this side on the way.
    pub(crate) async fn pass_gates(&self, side: Side, path: &str) {
        let gates: Vec<Arc<Gate>> = self.state().gates.iter().filter_map(Weak::upgrade).collect();
        for gate in gates.iter().filter(|gate| gate.side == side && gate.path == path) {
            gate.pass().await;
        }
    }
}

impl Hold {
    /// How many requests wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        *self.gate.waiting.borrow()
    }

    /// Returns when at least so many requests wait.
    pub async fn until_waiting(&self, requests: usize) {
        wait_for(&self.gate.waiting, |waiting| *waiting >= requests).await;
    }

    /// Lets all on who wait, as dropping it does.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.is_open.send_replace(true);
    }
}

impl Gate {
    async fn pass(&self) {
        let _waiting = Waiting::begin(&self.waiting);
        wait_for(&self.is_open, |is_open| *is_open).await;
    }
}

/// One who waits; it counts no longer when it is let on, or given up.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting = waiting.saturating_add(1));
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }
}

async fn wait_for<T>(sender: &watch::Sender<T>, condition: impl FnMut(&T) -> bool) {
    let reached = sender.subscribe().wait_for(condition).await.map(drop);
    debug_assert!(reached.is_ok(), "the sender is borrowed, so it is not dropped");
}

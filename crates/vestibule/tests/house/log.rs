//! Everything that is logged, at TRACE, as the library hands it over: before any formatter escapes it.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Mutex, Once},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

use super::canaries;

/// The log of one test: events of its own thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

thread_local! {
    static LISTENING: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Ends the listening when it is dropped.
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        LISTENING.set(None);
    }
}

/// One subscriber for all tests of a file, before the first event of any: a callsite remembers whether anybody listened.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Listener)).expect("no other subscriber");
    });
}

impl Log {
    /// Listens to this thread until the guard is dropped.
    pub fn listen() -> (Self, Guard) {
        install();
        let log = Self::default();
        LISTENING.set(Some(log.clone()));
        (log, Guard(()))
    }

    /// One entry an event or span: level, target, then `name=value` of every field.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }

    /// The entries about logins that did not come to their end.
    pub fn failures(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains("a login did not come to its end")).collect()
    }
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        push(event.metadata(), |line| event.record(line));
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        push(attributes.metadata(), |line| attributes.record(line));
    }
}

fn push(metadata: &tracing::Metadata<'_>, record: impl FnOnce(&mut Line)) {
    let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
    record(&mut line);
    canaries::expect_none_in(&line.0, "the log");
    if let Some(log) = LISTENING.with_borrow(Clone::clone) {
        log.0.lock().expect("no panic").push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push_str(&format!(" {field}={value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

//! What the library logs, event by event, as it hands it over.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Mutex, Once, PoisonError},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

/// One event: its message, and its fields by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) message: String,
    fields: Vec<(&'static str, String)>,
}

/// The events of one test, which are those of its own thread, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Entry>>>);

thread_local! {
    static LISTENING: RefCell<Option<Arc<Mutex<Vec<Entry>>>>> = const { RefCell::new(None) };
}

impl Log {
    /// Listens from now on. A callsite remembers whether anybody listened, so the subscriber is there before the first event.
    pub(crate) fn listen() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            tracing::subscriber::set_global_default(Registry::default().with(Listener)).expect("no other subscriber");
        });
        let log = Self::default();
        LISTENING.set(Some(Arc::clone(&log.0)));
        log
    }

    /// The events with this message, oldest first.
    pub(crate) fn of(&self, message: &str) -> Vec<Entry> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|entry| entry.message == message).cloned().collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        LISTENING.set(None);
    }
}

impl Entry {
    /// The value of a field; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value)
    }
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(log) = LISTENING.with_borrow(Clone::clone) {
            let mut entry = Entry::default();
            event.record(&mut entry);
            log.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        }
    }
}

impl Entry {
    fn record(&mut self, field: &Field, value: String) {
        if field.name() == "message" { self.message = value } else { self.fields.push((field.name(), value)) }
    }
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, format!("{value:?}"));
    }
}

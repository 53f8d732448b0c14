//! The numbers, as a recorder of the `metrics` facade gets them: their names, units and labels, and that `docs/observability.md` has
//! them all.

mod house;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, atomic::Ordering},
};

use house::{APP, House, builder, everywhere::Everywhere, provider};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use vestibule::AccessToken;
use vestibule_provider::Fault;

const DOCUMENT: &str = include_str!("../../../docs/observability.md");

/// Remembers all that it is told.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Numbers>>);

#[derive(Default)]
struct Numbers {
    /// By name and labels, as a text.
    values: BTreeMap<String, Vec<f64>>,
    labels: BTreeMap<String, BTreeSet<String>>,
    units: BTreeMap<String, Option<Unit>>,
}

impl Recorded {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        let mut numbers = self.0.lock().expect("no panic");
        numbers.labels.entry(key.name().to_owned()).or_default().extend(labels.iter().map(|(name, _)| name.clone()));
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Arc::new(Series { of: self.clone(), name: format!("{} {}", key.name(), labels.join(" ")) })
    }

    fn unit(&self, key: &KeyName, unit: Option<Unit>) {
        self.0.lock().expect("no panic").units.insert(key.as_str().to_owned(), unit);
    }

    /// All values of the series whose name has all of these in it.
    fn values(&self, parts: &[&str]) -> Vec<f64> {
        let numbers = self.0.lock().expect("no panic");
        let of = numbers.values.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part)));
        of.flat_map(|(_, values)| values.clone()).collect()
    }
}

struct Series {
    of: Recorded,
    name: String,
}

impl Series {
    fn put(&self, value: f64) {
        self.of.0.lock().expect("no panic").values.entry(self.name.clone()).or_default().push(value);
    }
}

impl CounterFn for Series {
    fn increment(&self, _: u64) {
        self.put(1.0);
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Series {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        self.put(value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.put(value);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.unit(&key, unit);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.unit(&key, unit);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.unit(&key, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

/// A house in which all of it happens: logins that end well and badly, programs, tokens, a store that is far away.
async fn lived_in() {
    let (op, clock) = (provider(), house::TestClock::new());
    let vestibule = builder(&op, &clock).sessions(Everywhere::new()).build().expect("the settings hold together");
    let token = axum::routing::get(async |token: AccessToken| token.scope().unwrap_or_default().to_owned());
    let profile = axum::routing::get(async |user: vestibule::EndUser| user.subject().to_string());
    let app = vestibule.wrap(axum::Router::new().route("/token", token).route("/profile", profile));
    let mut house = House::around_app(op, clock, app, Arc::default());
    assert_eq!(house.browser.fetch(&format!("{APP}/profile")).await.status(), 401);
    let page = house.get("/profile").await;
    house.pass(7);
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "alice");
    house.browser.post_form_from(APP, &format!("{APP}/auth/logout"), &[]).await;
    house.provider.set_fault(Some(Fault::Unreachable));
    house.get("/auth/login/corp").await;
    house.get("/auth/callback/mallory?state=a&code=b").await;
    house.browser.post_form(&format!("{APP}/auth/backchannel_logout/mallory"), &[]).await;
    vestibule.set_gauges();
}

#[tokio::test]
async fn each_number_has_the_name_the_unit_and_the_labels_that_the_document_says() {
    let recorded = Recorded::default();
    let _guard = metrics::set_default_local_recorder(&recorded);
    lived_in().await;
    let numbers = recorded.0.lock().expect("no panic");
    for (name, unit) in &numbers.units {
        let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{name}` "))).expect(name);
        let unit = unit.expect("a unit");
        assert!(row.contains(if unit == Unit::Seconds { "seconds" } else { "count" }), "{row}");
        for label in numbers.labels.get(name).into_iter().flatten() {
            assert!(row.contains(&format!("`{label}`")), "{label}: {row}");
        }
    }
    let documented = DOCUMENT.lines().filter(|line| line.starts_with("| `vestibule_")).count();
    assert_eq!(documented, numbers.units.len(), "no row of the document is about nothing");
    for name in numbers.labels.keys() {
        assert!(numbers.units.contains_key(name), "{name} is described");
    }
}

#[tokio::test]
async fn what_happens_is_counted_and_timed() {
    let recorded = Recorded::default();
    let _guard = metrics::set_default_local_recorder(&recorded);
    lived_in().await;
    let count = |parts: &[&str]| recorded.values(parts).len();
    assert_eq!(count(&["vestibule_decisions_total", "decision=signed_in", "provider=corp"]), 1);
    assert_eq!(count(&["vestibule_decisions_total", "decision=sent_to_provider", "provider=corp"]), 2);
    assert_eq!(count(&["vestibule_decisions_total", "decision=login_required", "provider=corp"]), 1);
    assert_eq!(count(&["vestibule_decisions_total", "decision=signed_out"]), 1);
    assert_eq!(count(&["vestibule_decisions_total", "decision=logout_token_refused", "provider=none"]), 1);
    assert_eq!(recorded.values(&["vestibule_login_seconds", "provider=corp"]), [7.0]);
    for endpoint in ["configuration", "jwks", "token"] {
        let parts =
            ["vestibule_provider_seconds", &format!("endpoint={endpoint}"), "outcome=answered", "provider=corp"];
        assert_eq!(count(&parts), 1, "{endpoint}");
    }
    assert!(count(&["vestibule_store_seconds", "operation=insert", "outcome=answered"]) == 1);
    assert!(count(&["vestibule_store_seconds", "operation=load", "outcome=answered"]) > 0);
    assert!(!recorded.values(&["vestibule_entries", "of=waiting_for_ends"]).is_empty());
    // V11: what a stranger wrote into a path is no label.
    assert_eq!(count(&["mallory"]), 0);
}

/// Reliability, "Everything bounded": each has a gauge, and the document its bound.
#[tokio::test]
async fn everything_bounded_has_a_gauge_that_is_documented() {
    let recorded = Recorded::default();
    let _guard = metrics::set_default_local_recorder(&recorded);
    let (op, clock) = (provider(), house::TestClock::new());
    let store = vestibule::MemoryStore::new();
    let settings = builder(&op, &clock).sessions(store).build().expect("the settings hold together");
    let mut house = House::around(op, clock, &settings);
    house.sign_in("/profile", "alice").await;
    settings.set_gauges();
    for (of, entries) in settings.sizes() {
        assert!(DOCUMENT.lines().any(|line| line.starts_with(&format!("| `{of}` | "))), "{of}");
        let values = recorded.values(&["vestibule_entries", &format!("of={of}")]);
        assert_eq!(values.last().copied(), Some(f64::from(u32::try_from(entries).expect("few"))), "{of}");
    }
    assert_eq!(recorded.values(&["vestibule_entries", "of=sessions"]).last(), Some(&1.0));
    assert_eq!(recorded.values(&["vestibule_entries", "of=burnt_attempts"]).last(), Some(&1.0));
}

/// A store that is away is timed too, and counted.
#[tokio::test]
async fn a_store_that_fails_is_timed_by_its_outcome() {
    let recorded = Recorded::default();
    let _guard = metrics::set_default_local_recorder(&recorded);
    let store = Everywhere::new();
    let mut house = House::with(|builder| builder.sessions(store.clone()));
    house.sign_in("/profile", "alice").await;
    store.is_away.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        assert_eq!(house.get("/profile").await.status(), 503);
    }
    assert!(!recorded.values(&["vestibule_store_seconds", "operation=load", "outcome=failed"]).is_empty());
    assert!(!recorded.values(&["vestibule_store_seconds", "operation=load", "outcome=not_asked"]).is_empty());
    assert_eq!(recorded.values(&["vestibule_decisions_total", "decision=store_unavailable"]).len(), 6);
}

//! The way to the provider, on which every question is counted, those to which nobody answers too.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::Request;
use vestibule::{
    Builder, HttpClient, Vestibule,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::house::{House, TestClock, builder, provider};

#[derive(Clone)]
pub(crate) struct Line {
    provider: DevelopmentProvider,
    asked: Arc<AtomicUsize>,
}

impl HttpClient for Line {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.provider.send(request, limits)
    }
}

impl Line {
    pub(crate) fn questions(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A house whose questions to the provider are counted, with its vestibule.
pub(crate) fn house(settings: impl FnOnce(Builder) -> Builder) -> (House, Line, Vestibule) {
    let (provider, clock) = (provider(), TestClock::new());
    let line = Line { provider: provider.clone(), asked: Arc::default() };
    let builder = builder(&provider, &clock).http_client(line.clone());
    let vestibule = settings(builder).build().expect("the settings hold together");
    (House::around(provider, clock, &vestibule), line, vestibule)
}

/// The same, and the provider is away.
pub(crate) fn house_without_provider() -> (House, Line, Vestibule) {
    let (house, line, vestibule) = house(|builder| builder);
    house.provider.set_fault(Some(Fault::Unreachable));
    (house, line, vestibule)
}

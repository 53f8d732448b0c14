//! A network of several providers, which keeps what went over it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Uri};
use vestibule::{
    HttpClient, HttpError,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::DevelopmentProvider;

/// Every provider gets the requests to its own host and port.
#[derive(Clone, Default)]
pub struct Town {
    providers: Vec<DevelopmentProvider>,
    seen: Arc<Mutex<Vec<Exchanged>>>,
}

/// A request of the application, and the body of its answer.
#[derive(Clone)]
pub struct Exchanged {
    pub uri: Uri,
    pub answer: Bytes,
}

impl Town {
    pub fn of(providers: impl IntoIterator<Item = DevelopmentProvider>) -> Self {
        Self { providers: providers.into_iter().collect(), seen: Arc::default() }
    }

    /// What was asked so far, whether or not there was somebody to answer.
    pub fn seen(&self) -> Vec<Exchanged> {
        self.seen.lock().expect("no panic").clone()
    }
}

impl HttpClient for Town {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let uri = request.uri().clone();
        let authority = uri.authority().map(|authority| format!("http://{authority}"));
        let home = self.providers.iter().find(|provider| Some(provider.issuer().as_str()) == authority.as_deref());
        Box::pin(async move {
            let answer = match home {
                Some(provider) => provider.send(request, limits).await,
                None => Err(HttpError::Connect("nobody lives there".into())),
            };
            let body = answer.as_ref().map(|response| response.body().clone()).unwrap_or_default();
            self.seen.lock().expect("no panic").push(Exchanged { uri, answer: body });
            answer
        })
    }
}

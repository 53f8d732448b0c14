//! What the provider was asked for, in order: all that the suite can see.

use url::{Url, form_urlencoded};
use vestibule_provider::RecordedRequest;

use crate::{Bench, ISSUER, judge};

/// One request that arrived, by the name of the endpoint: `discovery`, `jwks`, `authorize` and so on, or its path where it has none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrived {
    /// The endpoint.
    pub at: String,
    /// The request itself.
    pub request: RecordedRequest,
}

impl Bench {
    /// What arrived so far.
    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        let requests = self.op.requests().into_iter();
        requests.map(|request| Arrived { at: self.endpoint(&request.path), request }).collect()
    }

    /// What arrived at one endpoint.
    #[must_use]
    pub fn arrived_at(&self, endpoint: &str) -> Vec<RecordedRequest> {
        let arrived = self.arrived().into_iter().filter(|arrived| arrived.at == endpoint);
        arrived.map(|arrived| arrived.request).collect()
    }

    /// The one request that arrived at an endpoint.
    #[must_use]
    pub fn the_one_at(&self, endpoint: &str) -> RecordedRequest {
        let requests = self.arrived_at(endpoint);
        let [request] = <[_; 1]>::try_from(requests)
            .unwrap_or_else(|requests| panic!("one request to {endpoint}, not {}", requests.len()));
        request
    }

    /// Exactly this arrived, in this order and nothing more, and the suite finds fault with none of it.
    pub fn expect_arrived(&self, expected: &[&str]) {
        let arrived = self.arrived();
        let endpoints: Vec<&str> = arrived.iter().map(|arrived| arrived.at.as_str()).collect();
        assert_eq!(endpoints, expected, "what arrived at the provider");
        for arrived in &arrived {
            judge::judge(self, arrived);
        }
        for document in self.fetched() {
            assert_eq!(document.status, 200, "what the provider fetched: {}", document.url);
        }
        assert_eq!(self.op.warnings(), [], "what the suite would warn of");
    }

    fn endpoint(&self, path: &str) -> String {
        let issuer = Url::parse(ISSUER).expect("a constant URL");
        let base = issuer.path().trim_end_matches('/');
        match path.strip_prefix(base) {
            Some("/.well-known/openid-configuration") => "discovery".to_owned(),
            Some(own) if own == self.op.jwks_path() => "jwks".to_owned(),
            Some(own) => own.trim_start_matches('/').to_owned(),
            None => path.to_owned(),
        }
    }
}

/// The parameters in a request's query.
#[must_use]
pub fn parameters_of(request: &RecordedRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query.as_deref().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The parameters in a request's body.
#[must_use]
pub fn body_of(request: &RecordedRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

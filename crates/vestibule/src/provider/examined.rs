//! What an examination asks of a provider, and what it may know of the settings. Nothing that it asks is kept, and nobody is
//! registered.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::timeout;
use url::Url;
use vestibule_core::{
    Client, Exchange, HttpError, Issuer, Limits, PendingLogin, ProviderMetadata, ResponseMode, ResponseType, Step,
    UserInfoMethod,
};

use super::{Addresses, ClientSource, ConnectedProvider, NotAvailable, ProviderError, Source};
use crate::{clock, wish::Wish};

/// One question, and what came of it.
pub(crate) struct Probe<T> {
    pub(crate) url: String,
    /// What came, whatever it is.
    pub(crate) answer: Result<Response<Bytes>, Arc<HttpError>>,
    /// By how many seconds the provider's clock is ahead of ours, as far as the answer tells.
    pub(crate) ahead: Option<i64>,
    /// What can be made of it.
    pub(crate) read: Option<T>,
}

/// However an HTTP client of the application's own sees to it: an examination ends.
const PATIENCE: Duration = Duration::from_secs(15);
/// A page of a provider's; what is in it does not matter.
const PAGE: Limits = Limits::new(512 * 1024, &["text/html"]);

impl ConnectedProvider {
    /// Asks once, and reads the answer as a login would.
    pub(crate) async fn probe<E: Exchange>(&self, mut exchange: E) -> Probe<Result<E::Output, ProviderError>> {
        let request = exchange.request(self.now(), clock::entropy());
        self.sent(request, E::LIMITS).await.read(|response| match exchange.accept(self.now(), response) {
            Ok(Step::Done(output)) => Ok(output),
            Ok(Step::Again(_)) => Err(vestibule_core::Misbehaviour::AskedAgain.into()),
            Err(error) => Err(NotAvailable::or(error, None)),
        })
    }

    /// Asks to sign somebody in who must not be asked anything (`prompt=none`), with no cookie: a provider that knows client and
    /// redirect URI sends such a one back with an error (Core 3.1.2.6), and one that does not shows a page of its own (RFC 6749
    /// 4.1.2.1). No code can come of it, since nobody is signed in.
    pub(crate) async fn probe_authorization(&self, client: &Client, metadata: &ProviderMetadata) -> Probe<()> {
        let request = self.authorization_request(&Wish::silently());
        let pending = PendingLogin::begin(clock::entropy(), self.now()).asking(&request);
        let url = client.authorize(metadata, &request, &pending);
        let asked = Request::get(url.as_str()).header(http::header::ACCEPT, "text/html").body(Bytes::new());
        match asked {
            Ok(asked) => self.sent(asked, PAGE).await.read(drop),
            Err(error) => Probe {
                url: without_query(&url),
                answer: Err(Arc::new(HttpError::Transport(error.into()))),
                ahead: None,
                read: None,
            },
        }
    }

    async fn sent(&self, mut request: Request<Bytes>, limits: Limits) -> Probe<()> {
        self.mark(&mut request);
        let url = Url::parse(&request.uri().to_string()).map_or_else(|_| String::new(), |url| without_query(&url));
        let began = self.now();
        let answer = match timeout(PATIENCE, self.surroundings.http.send(request, limits)).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpError::Timeout("the HTTP client has no deadline of its own".into())),
        };
        let ended = self.now();
        let ahead = answer.as_ref().ok().and_then(|response| {
            let theirs = time_of(response)?;
            // Somewhere in between it was written.
            Some(match (theirs.saturating_sub(began.seconds()), theirs.saturating_sub(ended.seconds())) {
                (behind, _) if behind < 0 => behind,
                (_, ahead) => ahead.max(0),
            })
        });
        Probe { url, answer: answer.map_err(Arc::new), ahead, read: None }
    }

    /// The metadata that the settings give, if they do.
    pub(crate) fn described(&self) -> Option<&Arc<ProviderMetadata>> {
        match &self.provider.source {
            Source::Described(metadata) => Some(metadata),
            Source::Discovered(_) | Source::WebFinger(_) => None,
        }
    }

    /// The issuer that the settings give, if they do.
    pub(crate) fn issuer_of_the_settings(&self) -> Option<&Issuer> {
        self.provider.issuer()
    }

    /// Who we are there as far as that is settled: a client that registers itself may not be anybody yet.
    pub(crate) fn client_at_hand(&self) -> Option<Arc<Client>> {
        match &self.provider.client {
            ClientSource::Given(client) => Some(Arc::new(client.clone())),
            ClientSource::Registers(_) => self.introduced_at_hand().map(|at| at.client),
        }
    }

    /// Whether logins are asked for by request objects, which an examination does not make.
    pub(crate) fn uses_request_objects(&self, client: &Client) -> bool {
        let settings = self.provider.request_objects;
        settings.is_unsigned() || settings.is_asked_for() || client.signs_request_objects_with().is_some()
    }

    pub(crate) fn sends_unsigned_request_objects(&self) -> bool {
        self.provider.request_objects.is_unsigned()
    }

    pub(crate) fn scope(&self) -> &str {
        &self.provider.asking.scope
    }

    pub(crate) fn response_type(&self) -> ResponseType {
        self.provider.asking.response_type()
    }

    pub(crate) fn response_mode(&self) -> Option<ResponseMode> {
        self.provider.asking.response_mode()
    }

    /// Whether every login has this further parameter.
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        self.provider.asking.has_parameter(name)
    }

    pub(crate) fn asks_userinfo(&self) -> bool {
        self.provider.userinfo != UserInfoMethod::Off
    }

    pub(crate) fn our_addresses(&self) -> &Addresses {
        &self.addresses
    }
}

impl Probe<()> {
    fn read<T>(self, read: impl FnOnce(Response<Bytes>) -> T) -> Probe<T> {
        let answered = self.answer.as_ref().ok().cloned();
        Probe { url: self.url, answer: self.answer, ahead: self.ahead, read: answered.map(read) }
    }
}

/// When an answer was written. One that a cache had says for how long (RFC 9111 5.1).
fn time_of(response: &Response<Bytes>) -> Option<i64> {
    let header = |name: http::HeaderName| response.headers().get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(header(http::header::DATE)?).ok()?;
    let seconds = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    let age = header(http::header::AGE).and_then(|age| age.parse::<u32>().ok()).unwrap_or(0);
    i64::try_from(seconds).ok()?.checked_add(age.into())
}

/// What may be shown of it.
fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

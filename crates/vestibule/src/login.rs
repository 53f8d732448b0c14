//! Leave for the provider: what a stranger gets, and how a login begins.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;
use vestibule_core::{NumericDate, PendingLogin, Secret};

use crate::{
    clock,
    door::Door,
    error::{fail, see_other},
    pages::{self, Action, Choice, ErrorPage},
    provider::{ConnectedProvider, ProviderError},
    return_address::ReturnAddress,
    session::{
        cookie::{MOST_LOGINS, Purpose},
        seal::sha256,
        visit::Visit,
    },
};

/// What kind of request asks for a page that needs a sign-in (SECURITY-RULES, "Who is redirected").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A person who opens a page: may be sent away to sign in.
    Navigation,
    /// A person who sent a form: its body would be lost, so a page explains.
    PostNavigation,
    /// A script, a frame, an image, a prefetch, a WebSocket: a redirect would help nobody.
    Program,
}

impl Asker {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_page = match (header("sec-fetch-mode"), header("sec-fetch-dest")) {
            (None, None) => header("accept").is_some_and(|accept| accept.to_ascii_lowercase().contains("text/html")),
            (mode, dest) => mode == Some("navigate") && dest == Some("document"),
        };
        let is_prefetch = header("sec-purpose").is_some_and(|purpose| purpose.contains("prefetch"));
        match *method {
            Method::GET if is_page && !is_prefetch => Self::Navigation,
            Method::POST if is_page => Self::PostNavigation,
            _ => Self::Program,
        }
    }
}

/// What somebody gets who is not signed in and must be: the provider, a page, or a problem, as suits who asks.
pub(crate) async fn challenge(
    visit: &Visit,
    method: &Method,
    headers: &HeaderMap,
    provider: Option<&Arc<ConnectedProvider>>,
) -> Response {
    let door = visit.door();
    let return_to =
        ReturnAddress::of_request(&door.base, visit.uri()).unwrap_or_else(|| ReturnAddress::home(&door.base));
    let provider = provider.or(door.default_provider.as_ref());
    let login = door.paths.public_login(provider.map(|provider| provider.name()), Some(&return_to));
    match (Asker::of(method, headers), provider) {
        (Asker::Navigation, Some(provider)) => depart(visit, provider, return_to).await,
        (Asker::Navigation, None) => see_other(&login),
        (Asker::PostNavigation, _) => pages::html(StatusCode::UNAUTHORIZED, pages::sign_in_link_page(&login), &[]),
        (Asker::Program, _) => login_required(
            &door.base.absolute(&door.paths.public_login(provider.map(|provider| provider.name()), None)),
        ),
    }
}

/// What everybody gets while nobody can say who they are: never the way to sign in, which would make of a store's trouble one of
/// the provider's, and cost people their sessions.
pub(crate) fn unavailable(method: &Method, headers: &HeaderMap) -> Response {
    let mut response = match Asker::of(method, headers) {
        Asker::Navigation | Asker::PostNavigation => {
            let page = pages::error_page(&ErrorPage {
                title: "This page is not available right now",
                message: "Something went wrong on our side. You are still signed in: try again in a moment.",
                reference: None,
                action: None,
            });
            pages::html(StatusCode::SERVICE_UNAVAILABLE, page, &[])
        }
        Asker::Program => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({
                "type": "about:blank",
                "title": "Not available right now",
                "status": 503,
                "detail": "Who is signed in cannot be said at the moment: try again.",
            }),
        ),
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// 401 that says where a person can sign in.
fn login_required(login_url: &str) -> Response {
    problem(
        StatusCode::UNAUTHORIZED,
        &json!({
            "type": "about:blank",
            "title": "Sign-in required",
            "status": 401,
            "detail": "Open login_url in a browser window; add return_to=/path to come back to that page.",
            "login_url": login_url,
        }),
    )
}

/// A problem body (RFC 9457).
pub(crate) fn problem(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `GET /auth/login`: to the default provider, or a choice among several.
pub(crate) async fn login_page(State(door): State<Arc<Door>>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let return_to = wanted(&door, query.as_deref());
    if let Some(provider) = &door.default_provider {
        return depart(&visit, provider, return_to).await;
    }
    let hrefs = door
        .providers
        .keys()
        .map(|name| (name, door.paths.public_login(Some(name), Some(&return_to))))
        .collect::<Vec<_>>();
    let choices = hrefs.iter().map(|(label, href)| Choice { label, href }).collect::<Vec<_>>();
    pages::html(StatusCode::OK, pages::chooser_page(&choices), &[])
}

/// `GET /auth/login/{provider}`
pub(crate) async fn login_with(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match door.provider(&name) {
        Some(provider) => depart(&visit, provider, wanted(&door, query.as_deref())).await,
        None => unknown_provider(&door),
    }
}

pub(crate) fn unknown_provider(door: &Door) -> Response {
    let home = ReturnAddress::home(&door.base);
    let page = pages::error_page(&ErrorPage {
        title: "There is no such sign-in",
        message: "The address names a provider that this site does not know.",
        reference: None,
        action: Some(Action { label: "To the start page", href: home.as_str() }),
    });
    pages::html(StatusCode::NOT_FOUND, page, &[])
}

/// The `return_to` of a query, if it is one of our own pages and not one of the sign-in itself; else the front page.
fn wanted(door: &Door, query: Option<&str>) -> ReturnAddress {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "return_to")
        .and_then(|(_, value)| ReturnAddress::parse(&door.base, &value))
        .filter(|address| !door.paths.is_ours(address.as_str()))
        .unwrap_or_else(|| ReturnAddress::home(&door.base))
}

/// Sends the browser to the provider, with a login of its own pending.
pub(crate) async fn depart(visit: &Visit, provider: &Arc<ConnectedProvider>, return_to: ReturnAddress) -> Response {
    match begin(visit, provider, &return_to, Manner::Asked).await {
        Ok(response) => response,
        Err(error) => fail(visit, error, Some(provider), Some(return_to)),
    }
}

/// How a login is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// By a person who wants to sign in.
    Asked,
    /// Without their noticing, to find out whether they still are ([`silent_renewal`](crate::silent_renewal)).
    Silent,
}

impl Manner {
    /// What goes before the return address inside `state`, which itself begins with a slash.
    const SILENT: &'static str = "silent ";

    fn mark(self, return_to: &ReturnAddress) -> String {
        match self {
            Self::Asked => return_to.as_str().to_owned(),
            Self::Silent => format!("{}{}", Self::SILENT, return_to.as_str()),
        }
    }

    /// The manner and the return address of what was sealed into `state`.
    pub(crate) fn of(carried: &str) -> (Self, &str) {
        match carried.strip_prefix(Self::SILENT) {
            Some(return_to) => (Self::Silent, return_to),
            None => (Self::Asked, carried),
        }
    }
}

pub(crate) async fn begin(
    visit: &Visit,
    provider: &Arc<ConnectedProvider>,
    return_to: &ReturnAddress,
    manner: Manner,
) -> Result<Response, ProviderError> {
    let door = visit.door();
    let at = provider.introduced().await?;
    let pending = PendingLogin::begin(clock::entropy(), door.now());
    let attempt = pending.attempt();
    let context = state_context(door, provider, &attempt);
    let carried = door.seals.return_address.seal(&context, manner.mark(return_to).as_bytes());
    let request = provider.authorization_request(manner).carry(carried);
    let mut response = see_other(at.client.authorize(&at.metadata, &request, &pending).as_str());
    let headers = response.headers_mut();
    for crowded_out in crowded_out(visit) {
        headers.append(header::SET_COOKIE, door.names.delete(Purpose::Login(&crowded_out)));
    }
    let sealed = seal_pending(door, provider, &pending);
    headers.append(header::SET_COOKIE, door.names.set(Purpose::Login(&attempt), &sealed, Some(PendingLogin::LIFETIME)));
    Ok(response)
}

/// What binds the return address inside `state` to its attempt and its provider.
pub(crate) fn state_context(door: &Door, provider: &ConnectedProvider, attempt: &str) -> Vec<u8> {
    [door.context(attempt), belongs_to(provider).to_vec()].concat()
}

/// The pending logins that give way to a new one: the oldest, and what is not ours (V26).
fn crowded_out(visit: &Visit) -> Vec<String> {
    let (door, cookies) = (visit.door(), visit.cookies());
    let mut pending: Vec<(NumericDate, &str)> = cookies
        .logins()
        .map(|(attempt, sealed)| {
            (
                open_pending(door, attempt, sealed)
                    .map_or(NumericDate::from_seconds(0), |(pending, _)| pending.begun_at()),
                attempt,
            )
        })
        .collect();
    // Within one second the order of the Cookie header decides: browsers send older cookies first (RFC 6265 5.4).
    pending.sort_by_key(|(begun_at, _)| *begun_at);
    let too_many = (pending.len() + 1).saturating_sub(MOST_LOGINS);
    pending.into_iter().take(too_many).map(|(_, attempt)| attempt.to_owned()).collect()
}

/// The cookie of a pending login: which provider, as which client, to which redirect URI; and its secret.
fn seal_pending(door: &Door, provider: &ConnectedProvider, pending: &PendingLogin) -> String {
    let payload = Secret::new([&belongs_to(provider), pending.to_bytes().expose().as_slice()].concat());
    let context = door.context(&door.names.name(Purpose::Login(&pending.attempt())));
    door.seals.pending_login.seal(&context, payload.expose())
}

/// The pending login in a cookie of this name, and what it belongs to.
pub(crate) fn open_pending(door: &Door, attempt: &str, sealed: &[u8]) -> Option<(PendingLogin, [u8; BELONGS_BYTES])> {
    let context = door.context(&door.names.name(Purpose::Login(attempt)));
    let payload = Secret::new(door.seals.pending_login.open(&context, sealed)?);
    let (belongs, pending) = payload.expose().split_first_chunk::<BELONGS_BYTES>()?;
    Some((PendingLogin::from_bytes(&Secret::new(pending.to_vec()))?, *belongs))
}

pub(crate) const BELONGS_BYTES: usize = 16;

/// Provider, issuer, client and redirect URI in sixteen bytes: an attempt is finished where it began and nowhere else (V20).
pub(crate) fn belongs_to(provider: &ConnectedProvider) -> [u8; BELONGS_BYTES] {
    let parts = [provider.name(), provider.issuer().as_str(), provider.given_client_id(), provider.redirect_uri()];
    let mut belongs = [0; BELONGS_BYTES];
    let hash = sha256(parts.join("\0").as_bytes());
    belongs.copy_from_slice(hash.split_at(BELONGS_BYTES).0);
    belongs
}

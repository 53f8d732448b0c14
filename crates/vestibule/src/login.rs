//! Leave for the provider: what a stranger gets, and how a login begins.

mod departing;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

pub(crate) use self::departing::{Leaving, begin, depart};
use crate::{
    decision::{self, Gate, Login, Reference},
    door::{Door, LoginStarts},
    error::see_other,
    logout::comes_from_us,
    pages::{self, Action, Choice, ErrorPage},
    paths::WISH,
    provider::ConnectedProvider,
    return_address::{Fragments, ReturnAddress},
    session::visit::Visit,
    step_up::Demand,
    wish::Wish,
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

/// What somebody gets who is not signed in and must be, or not in the way that is demanded: the provider, a page, or a problem, as
/// suits who asks.
pub(crate) async fn challenge(
    visit: &Visit,
    method: &Method,
    headers: &HeaderMap,
    provider: Option<&Arc<ConnectedProvider>>,
    demand: &Demand,
) -> Response {
    let door = visit.door();
    let return_to =
        ReturnAddress::of_request(&door.base, visit.uri()).unwrap_or_else(|| ReturnAddress::home(&door.base));
    let provider = provider.or(door.default_provider.as_ref());
    match (Asker::of(method, headers), provider) {
        // Only the browser knows the fragment, and a redirect would hand it to the provider's page.
        (Asker::Navigation, provider) if door.fragments == Fragments::Kept => {
            departing::lead_by_a_page(visit, provider, demand, return_to, headers).await
        }
        (Asker::Navigation, Some(provider)) => {
            depart(visit, provider, return_to, Wish::demanding(demand.clone()), headers).await
        }
        (Asker::Navigation, None) => {
            decision::record(visit, Login::AskedWithWhom);
            see_other(&door.paths.public_login(None, Some(&return_to)))
        }
        (Asker::PostNavigation, provider) => {
            decision::record(visit, told_to_sign_in(provider, demand));
            let link = login_link(door, provider, demand, Some(&return_to));
            pages::html(StatusCode::UNAUTHORIZED, pages::sign_in_link_page(&link), &[])
        }
        (Asker::Program, provider) => {
            decision::record(visit, told_to_sign_in(provider, demand));
            login_required(&door.base.absolute(&login_link(door, provider, demand, None)), demand)
        }
    }
}

/// Why somebody is not sent to sign in, but told to.
fn told_to_sign_in<'a>(provider: Option<&'a Arc<ConnectedProvider>>, demand: &Demand) -> Gate<'a> {
    let reason = if demand.is_nothing() {
        "nobody is signed in, and what was asked for is no page to be opened"
    } else {
        "nobody is signed in as the page demands, and what was asked for is no page to be opened"
    };
    Gate::LoginRequired { provider: provider.map(|provider| provider.name()), reason }
}

/// Where a person signs in as is demanded.
pub(crate) fn login_link(
    door: &Door,
    provider: Option<&Arc<ConnectedProvider>>,
    demand: &Demand,
    return_to: Option<&ReturnAddress>,
) -> String {
    match provider {
        Some(provider) if !demand.is_nothing() => {
            door.paths.public_wish(provider.name(), &Wish::demanding(demand.clone()).seal(door, provider), return_to)
        }
        provider => door.paths.public_login(provider.map(|provider| provider.name()), return_to),
    }
}

/// What everybody gets while nobody can say who they are: never the way to sign in, which would make of a store's trouble one of
/// the provider's, and cost people their sessions.
pub(crate) fn unavailable(visit: &Visit, method: &Method, headers: &HeaderMap) -> Response {
    let reference = visit.trace().trouble();
    let mut response = match Asker::of(method, headers) {
        Asker::Navigation | Asker::PostNavigation => {
            let page = pages::error_page(&ErrorPage {
                title: "This page is not available right now",
                message: "Something went wrong on our side. You are still signed in: try again in a moment.",
                reference: reference.as_ref().map(Reference::as_str),
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
fn login_required(login_url: &str, demand: &Demand) -> Response {
    let title = if demand.is_nothing() { "Sign-in required" } else { "A stronger or fresher sign-in required" };
    problem(
        StatusCode::UNAUTHORIZED,
        &json!({
            "type": "about:blank",
            "title": title,
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

/// `GET /auth/login`: to the provider that the query names, else to the default provider, else a choice among several.
pub(crate) async fn login_page(
    State(door): State<Arc<Door>>,
    visit: Visit,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = refuse_to_begin(&visit, &method, &headers) {
        return refused;
    }
    let return_to = wanted(&door, query.as_deref());
    let named = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "provider")
        .map(|(_, name)| name);
    let provider = match &named {
        Some(name) => door.provider(name),
        None => door.default_provider.as_ref(),
    };
    match (provider, named) {
        (Some(provider), _) => {
            let wish = wished(&door, provider, query.as_deref());
            depart(&visit, provider, return_to, wish, &headers).await
        }
        (None, Some(_)) => unknown_provider(&visit),
        (None, None) => choice(&door, &return_to),
    }
}

/// Why no login begins here. Each one sets a cookie, so an image, a frame or a prefetch of another site begins none: it would
/// crowd out those of the person (V26), and a link scanner's HEAD would too.
fn refuse_to_begin(visit: &Visit, method: &Method, headers: &HeaderMap) -> Option<Response> {
    if *method != Method::GET {
        return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response());
    }
    if !may_be_a_window(headers) {
        let reason = "a frame, an image, a script or a prefetch asked, and no window";
        let reference = decision::record(visit, Login::NotBegun(reason));
        let page = pages::error_page(&ErrorPage {
            title: "Nobody signs in unseen",
            message: "A sign-in begins in a window of a browser, and nowhere else.",
            reference: Some(reference.as_str()),
            action: None,
        });
        return Some(pages::html(StatusCode::FORBIDDEN, page, &[]));
    }
    refuse_cross_site(visit, headers)
}

/// Whether a window of a browser may have asked, and not a frame, an image, a script or a prefetch. What does not say is no such
/// browser's.
pub(crate) fn may_be_a_window(headers: &HeaderMap) -> bool {
    let is_prefetch = headers.get("sec-purpose").is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch"));
    headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document") && !is_prefetch
}

/// R14: with the setting, what another site began gets a page with a button instead, which is ours.
fn refuse_cross_site(visit: &Visit, headers: &HeaderMap) -> Option<Response> {
    let door = visit.door();
    if door.login_starts == LoginStarts::OfAnybody || comes_from_us(headers, door.base.origin()) {
        return None;
    }
    let reference = decision::record(visit, Login::NotBegun("another site's link asked"));
    let here = ReturnAddress::of_request(&door.base, visit.uri());
    let href = here.map_or_else(|| door.paths.public_login(None, None), |here| here.as_str().to_owned());
    let page = pages::error_page(&ErrorPage {
        title: "Do you want to sign in?",
        message: "Another site asked to sign you in here. If that is what you want, go on.",
        reference: Some(reference.as_str()),
        action: Some(Action { label: "Sign in", href: &href }),
    });
    Some(pages::html(StatusCode::FORBIDDEN, page, &[]))
}

/// With whom to sign in, where nothing says it.
fn choice(door: &Door, return_to: &ReturnAddress) -> Response {
    let hrefs = door
        .providers
        .keys()
        .map(|name| (name, door.paths.public_login(Some(name), Some(return_to))))
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
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = refuse_to_begin(&visit, &method, &headers) {
        return refused;
    }
    match door.provider(&name) {
        Some(provider) => {
            let (return_to, wish) = (wanted(&door, query.as_deref()), wished(&door, provider, query.as_deref()));
            depart(&visit, provider, return_to, wish, &headers).await
        }
        None => unknown_provider(&visit),
    }
}

pub(crate) fn unknown_provider(visit: &Visit) -> Response {
    let reference = decision::record(visit, Login::WithNobody);
    let home = ReturnAddress::home(&visit.door().base);
    let page = pages::error_page(&ErrorPage {
        title: "There is no such sign-in",
        message: "The address names a provider that this site does not know.",
        reference: Some(reference.as_str()),
        action: Some(Action { label: "To the start page", href: home.as_str() }),
    });
    pages::html(StatusCode::NOT_FOUND, page, &[])
}

/// What a link of ours wishes of the sign-in.
fn wished(door: &Door, provider: &ConnectedProvider, query: Option<&str>) -> Wish {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == WISH)
        .and_then(|(_, sealed)| Wish::open(door, provider, &sealed))
        .unwrap_or_default()
}

/// The `return_to` of a query, if it is one of our own pages and not one of the sign-in itself, save the one that asks whether to
/// send what was kept; else the front page.
fn wanted(door: &Door, query: Option<&str>) -> ReturnAddress {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "return_to")
        .and_then(|(_, value)| door.return_address(&value))
        .filter(|address| !door.paths.is_ours(address.as_str()) || door.paths.is_kept_page(address))
        .unwrap_or_else(|| ReturnAddress::home(&door.base))
}

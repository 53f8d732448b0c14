//! The application: its routes and handlers, and all that it has to do to let people sign in.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::map_response_with_state,
    response::{Html, Response},
    routing::{get, post},
};
use serde::Deserialize;
use url::{Url, form_urlencoded};
use vestibule::{Builder, ClaimsSet, EndUser, KeptPosts, LoginError, LoginErrorKind, Vestibule};

use crate::{
    configuration::Configuration,
    failure::Failure,
    live,
    moment::{self, Moment},
    my_sessions, notes,
    pages::{Choice, Claim, ICON, Index, PageError, Pages, Profile, STYLE, Sorry},
    provider::STRONG,
    refresh::{refresh, token},
};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Demo {
    pub(crate) pages: Pages,
    pub(crate) vestibule: Vestibule,
    /// Scheme, host and port of the public address.
    pub(crate) origin: String,
    /// Where forms may lead.
    pub(crate) form_action: String,
    base_path: String,
    embedded: Option<String>,
    /// Where another site's links begin a sign-in.
    invitations: Vec<Choice>,
}

impl Demo {
    /// A path of the application as a browser asks for it.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base_path)
    }
}

/// What `/admin` wants to know about a person.
#[derive(Debug, Deserialize)]
struct Person {
    #[serde(default)]
    admin: bool,
}

/// How long ago somebody may have signed in who is let into `/vault`.
const FRESH: Duration = Duration::from_secs(5 * 60);

pub(crate) type Page = Result<Html<String>, PageError>;

/// The application, signing in as `builder` says, and what it signs in with. `embedded` is the issuer of the provider in this process.
pub(crate) fn application(
    configuration: &Configuration,
    builder: Builder,
    embedded: Option<String>,
) -> Result<(Router, Vestibule), Failure> {
    let base_path = configuration.base_path().to_owned();
    let pages = Pages::new(&base_path)?;
    let vestibule = builder.error_view(get(sorry).with_state(pages.clone())).build()?;
    pages.lead_to_why(vestibule.why_path());
    let admins = Router::new()
        .route("/admin", get(admin))
        .route_layer(vestibule.require_login().claims(|person: &Person| person.admin));
    let careful = Router::new()
        .route("/vault", get(vault))
        .route_layer(vestibule.require_login().acr_values([STRONG]).max_age(FRESH));
    let writers = Router::new()
        .route("/notes", get(notes::page).post(notes::write))
        .route_layer(vestibule.require_login().keep_posts(KeptPosts::default()));
    let routes = Router::new()
        .route("/", get(index))
        .route("/profile", get(profile))
        .route("/api/me", get(me))
        .route("/api/token", get(token))
        .route("/sessions", get(my_sessions::list))
        .route("/sessions/end", post(my_sessions::end_one))
        .route("/sessions/end_others", post(my_sessions::end_others))
        .route("/sessions/end_all", post(my_sessions::end_all))
        .route("/refresh", post(refresh))
        .route("/live", get(live::page))
        .route("/live/events", get(live::events))
        .route("/goodbye", get(goodbye))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
        .route("/live.js", get(async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], live::SCRIPT)))
        .route("/icon.svg", get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], ICON)))
        .merge(admins)
        .merge(careful)
        .merge(writers)
        .fallback(not_found);

    let (origin, form_action) = (configuration.origin(), form_action(configuration));
    let policy = content_security_policy(&form_action);
    let demo = Demo {
        pages,
        vestibule: vestibule.clone(),
        origin,
        form_action,
        base_path: base_path.clone(),
        embedded,
        invitations: invitations(configuration),
    };
    let app = vestibule.wrap(routes).with_state(demo).layer(map_response_with_state(policy, with_security_headers));
    let app = if base_path.is_empty() {
        app
    } else {
        // A proxy may or may not strip the path of the public address.
        Router::new().nest(&base_path, app.clone()).fallback_service(app)
    };
    Ok((app, vestibule))
}

async fn index(State(demo): State<Demo>, user: Option<EndUser>) -> Page {
    let name = user.map(|user| name_of(&user));
    let return_to = demo.path("/profile");
    let choice = |provider: &str| Choice {
        provider: provider.to_owned(),
        href: demo.vestibule.login_path(Some(provider), &return_to),
    };
    let choices: Vec<Choice> = demo.vestibule.providers().map(choice).collect();
    demo.pages.index(&Index {
        name: name.as_deref(),
        choices: &choices,
        invitations: &demo.invitations,
        embedded: demo.embedded.as_deref(),
    })
}

/// What the provider, or a page of links, sends people to (Core 4).
fn invitations(configuration: &Configuration) -> Vec<Choice> {
    let invitation = |(provider, issuer): (&str, &str)| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("iss", issuer).finish();
        let href = format!("{}/auth/initiate_login/{provider}?{query}", configuration.base_path());
        Choice { provider: provider.to_owned(), href }
    };
    configuration.initiable().map(invitation).collect()
}

async fn profile(State(demo): State<Demo>, user: EndUser) -> Page {
    let now = moment::now();
    demo.pages.profile(&Profile {
        name: &name_of(&user),
        provider: user.provider(),
        issuer: user.issuer().as_str(),
        signed_in: Moment::new(user.signed_in_at(), now),
        idle_until: user.idle_until().map(|until| Moment::new(until, now)),
        ends: Moment::new(user.ends_at(), now),
        claims: shown(&user.claims()),
    })
}

async fn admin(State(demo): State<Demo>, user: EndUser) -> Page {
    demo.pages.admin(&name_of(&user))
}

async fn vault(State(demo): State<Demo>, user: EndUser) -> Page {
    demo.pages.vault(&name_of(&user))
}

async fn me(user: EndUser) -> Json<ClaimsSet> {
    Json(user.claims())
}

async fn goodbye(State(demo): State<Demo>) -> Page {
    demo.pages.goodbye()
}

async fn not_found(State(demo): State<Demo>, user: Option<EndUser>) -> (StatusCode, Page) {
    (StatusCode::NOT_FOUND, demo.pages.not_found(user.map(|user| name_of(&user)).as_deref()))
}

/// The error view: any handler that takes the error.
async fn sorry(State(pages): State<Pages>, error: LoginError) -> (StatusCode, Page) {
    let (denial, detail) = (error.denial(), error.detail());
    let page = pages.sorry(&Sorry {
        detail: detail.as_deref(),
        message: error.public_message(),
        reference: error.reference(),
        provider: error.provider(),
        error: denial.map(|denial| denial.error()),
        error_description: denial.and_then(|denial| denial.error_description()),
        try_again: error.try_again(),
        again: if error.kind() == LoginErrorKind::Unsolicited { "Start again" } else { "Try again" },
    });
    (error.status(), page)
}

/// What to call somebody: the friendliest of what the provider says, and the subject if it says nothing.
pub(crate) fn name_of(user: &EndUser) -> String {
    let claims = user.claims();
    let said = ["name", "given_name", "nickname", "preferred_username", "email"]
        .into_iter()
        .filter_map(|name| claims.claim(name)?.as_str())
        .find(|text| !text.trim().is_empty());
    said.unwrap_or(user.subject().as_str()).to_owned()
}

fn shown(claims: &ClaimsSet) -> Vec<Claim> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    claims.iter().map(|(name, value)| Claim { name: name.to_owned(), value: text(value) }).collect()
}

/// Chromium holds the redirects that answer a form against `form-action`, and signing out leads to the provider: to any
/// https site, or to one on this machine.
fn form_action(configuration: &Configuration) -> String {
    let mut form_action = String::from("'self' https:");
    // A policy has no way to write an IPv6 address.
    let source = |place: Url| match place.host() {
        Some(url::Host::Ipv6(_)) => "http:".to_owned(),
        _ => place.origin().ascii_serialization(),
    };
    for source in configuration.http_places().map(source).collect::<BTreeSet<_>>() {
        form_action.push(' ');
        form_action.push_str(&source);
    }
    form_action
}

/// The policy of the demo's own pages: nothing but their style and their icon, all from here.
fn content_security_policy(form_action: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {form_action}; frame-ancestors 'none'; \
         base-uri 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

/// On every answer that does not say better itself, as the library's own pages do.
async fn with_security_headers(State(policy): State<HeaderValue>, mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not no-referrer: Chromium would send `Origin: null` with the sign-out form, and that is refused.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;

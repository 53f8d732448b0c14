//! The library's own pages: few, small, without templates, images or anything from elsewhere.
//!
//! Every text and every attribute value passes through [`html`]'s escaping. An `href`, `action` or endpoint is escaped but
//! not judged: callers hand in paths of this application and URLs that were parsed from settings or provider metadata,
//! which are https (or http on loopback) by then. None of them ever comes from a request, so `javascript:` has no way in.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::session::seal::sha256;

use self::html::{Html, document, element, raw_text_element, text, void_element};

pub(crate) mod deep_link;
pub(crate) mod frames;
pub(crate) mod hop;
mod html;
pub(crate) mod kept;
pub(crate) mod why;

/// The one style of all pages. Browsers hash what they parsed, in which CR LF has become LF: a checkout that has CR LF
/// would not match its own hash.
static STYLE: LazyLock<String> = LazyLock::new(|| include_str!("pages/style.css").replace('\r', ""));

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Submits the one form of the page. By way of the prototype: a parameter called `submit` would hide the form's own.
const SUBMIT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(&STYLE));
static SUBMIT_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(SUBMIT));

/// A link that looks like a button.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
    /// What it says.
    pub(crate) label: &'a str,
    /// Where it leads: never from a request.
    pub(crate) href: &'a str,
}

/// What the default error page says: fixed texts, never words of a provider or a request (V9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPage<'a> {
    /// What happened, in a few words.
    pub(crate) title: &'a str,
    /// What it means for the person, in a sentence or two.
    pub(crate) message: &'a str,
    /// What finds the log line.
    pub(crate) reference: Option<&'a str>,
    /// The way out.
    pub(crate) action: Option<Action<'a>>,
}

/// A provider on the chooser page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// The provider's name for people.
    pub(crate) label: &'a str,
    /// Where signing in there begins.
    pub(crate) href: &'a str,
}

/// Something went wrong.
pub(crate) fn error_page(page: &ErrorPage<'_>) -> String {
    explained_error_page(page, None, None)
}

/// The same with what whoever develops the application should know, and the way to a page that says more: `None` for anybody else's
/// eyes.
pub(crate) fn explained_error_page(page: &ErrorPage<'_>, detail: Option<&str>, why: Option<&str>) -> String {
    let mut content = vec![paragraph(page.message)];
    content.extend(page.reference.map(reference_line));
    content.extend(detail.map(|detail| {
        let heading = element("h2", &[], [text("What was found")]);
        let note = element("p", &[("class", "quiet")], [text("Shown in development only. The log has it too.")]);
        element("section", &[("class", "detail")], [heading, paragraph(detail), note])
    }));
    let why = why.map(|href| element("a", &[("class", "link"), ("href", href)], [text("Why? (in development)")]));
    let links: Vec<_> = page.action.map(link_button).into_iter().chain(why).collect();
    if !links.is_empty() {
        content.push(actions(links));
    }
    layout(page.title, content)
}

/// With whom to sign in.
pub(crate) fn chooser_page(choices: &[Choice<'_>]) -> String {
    let choices = choices.iter().map(|choice| {
        let label = format!("Sign in with {}", choice.label);
        element("li", &[], [link_button(Action { label: &label, href: choice.href })])
    });
    layout("Sign in", [paragraph("Choose the account to sign in with."), element("ul", &[], choices)])
}

/// Asks before signing out: a GET never does it by itself (V73).
pub(crate) fn logout_page(action: &str, cancel: &str) -> String {
    let form = element("form", &[("method", "post"), ("action", action)], [submit_button("Sign out")]);
    let stay = element("a", &[("class", "link"), ("href", cancel)], [text("Stay signed in")]);
    layout("Sign out?", [paragraph("You will have to sign in again to come back."), actions([form, stay])])
}

/// After signing out.
pub(crate) fn signed_out_page(home: &str) -> String {
    let home = link_button(Action { label: "Back to the start page", href: home });
    layout("You are signed out", [paragraph("You can close this page now."), actions([home])])
}

/// For a stranger who sent a form: what was sent cannot be taken along to the provider and back.
pub(crate) fn sign_in_link_page(href: &str) -> String {
    let message = "You were not signed in, or not as this page needs it, so what you sent was not carried out. \
                   Sign in, then send it again.";
    layout("Please sign in", [paragraph(message), actions([link_button(Action { label: "Sign in", href })])])
}

/// For someone who is signed in, but may not.
pub(crate) fn forbidden_page(message: &str, reference: &str, action: Option<Action<'_>>) -> String {
    let action = action.map(|action| actions([link_button(action)]));
    layout("You do not have access", [paragraph(message), reference_line(reference)].into_iter().chain(action))
}

/// Sends parameters to `endpoint` in the body of a POST, where a URL would be too long or would leak them (V75).
pub(crate) fn auto_post_page<'a>(endpoint: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let inputs = parameters
        .map(|(name, value)| void_element("input", &[("type", "hidden"), ("name", name), ("value", value)]))
        .chain([submit_button("Continue")]);
    let form = element("form", &[("method", "post"), ("action", endpoint)], inputs);
    layout(
        "One moment",
        [
            paragraph("You are being taken to the next page. If nothing happens, please continue."),
            actions([form]),
            raw_text_element("script", SUBMIT),
        ],
    )
}

/// The answer that carries a page, with the headers that keep it from being framed, cached, sniffed or scripted.
///
/// `form_action` are the origins beside our own to which a form of the page may lead, redirects included: Chromium applies
/// `form-action` to those too.
pub(crate) fn html(status: StatusCode, page: String, form_action: &[&str]) -> Response {
    let policy = content_security_policy(&page, form_action);
    answer(status, page, policy, Referrer::SameOrigin)
}

/// Which requests of a page say where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Referrer {
    /// Not none: with it Chromium sends `Origin: null` with the logout form, which the origin check refuses.
    SameOrigin,
    /// The page has an address that nobody shall see (V13).
    None,
}

impl Referrer {
    const fn policy(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::None => "no-referrer",
        }
    }
}

fn answer(status: StatusCode, page: String, policy: String, referrer: Referrer) -> Response {
    // What cannot be a header value is answered by the strictest policy, never by none.
    let policy = HeaderValue::try_from(policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; form-action 'none'; frame-ancestors 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static(referrer.policy())),
        (OPENER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, page).into_response()
}

fn content_security_policy(page: &str, form_action: &[&str]) -> String {
    let mut policy = format!("default-src 'none'; style-src {}; ", *STYLE_SOURCE);
    // Escaping leaves no way to write a tag by a text: a page with this element is one of which we made it a part.
    if page.contains(&format!("<script>{SUBMIT}</script>")) {
        policy.push_str("script-src ");
        policy.push_str(&SUBMIT_SOURCE);
        policy.push_str("; ");
    }
    policy.push_str("form-action 'self'");
    for source in form_action.iter().filter_map(|origin| source_expression(origin)) {
        policy.push(' ');
        policy.push_str(source);
    }
    policy.push_str("; frame-ancestors 'none'; base-uri 'none'");
    policy
}

/// The source expression for an origin; `None` for what would be a keyword, a directive or two expressions in its place.
fn source_expression(origin: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'\'');
    if origin.is_empty() || !origin.bytes().all(is_plain) {
        return None;
    }
    // CSP 3, 2.3.1 has no way to write an IPv6 address, and browsers ignore what they cannot read. What is left is the scheme.
    Some(origin.split_once("//[").map_or(origin, |(scheme, _)| scheme))
}

/// Origins as a browser reads them in a policy; none of them is nobody.
fn sources<'a>(origins: impl IntoIterator<Item = &'a str>) -> String {
    let mut sources: Vec<&str> = origins.into_iter().filter_map(source_expression).collect();
    sources.dedup();
    if sources.is_empty() { "'none'".to_owned() } else { sources.join(" ") }
}

/// CSP 3, 2.3.1: the hash of an inline element's content.
fn hash_source(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(sha256(content.as_bytes())))
}

fn layout(title: &str, content: impl IntoIterator<Item = Html>) -> String {
    let head = element(
        "head",
        &[],
        [
            void_element("meta", &[("charset", "utf-8")]),
            void_element("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            element("title", &[], [text(title)]),
            raw_text_element("style", &STYLE),
        ],
    );
    let heading = element("h1", &[], [text(title)]);
    let main = element("main", &[], [heading].into_iter().chain(content));
    document(&element("html", &[("lang", "en")], [head, element("body", &[], [main])]))
}

/// What finds the log line.
fn reference_line(reference: &str) -> Html {
    let reference = element("code", &[], [text(reference)]);
    element("p", &[("class", "quiet")], [text("Reference "), reference])
}

fn paragraph(content: &str) -> Html {
    element("p", &[], [text(content)])
}

fn actions(content: impl IntoIterator<Item = Html>) -> Html {
    element("div", &[("class", "actions")], content)
}

fn link_button(action: Action<'_>) -> Html {
    element("a", &[("class", "button"), ("href", action.href)], [text(action.label)])
}

fn submit_button(label: &str) -> Html {
    element("button", &[("type", "submit"), ("class", "button")], [text(label)])
}

#[cfg(test)]
mod tests;

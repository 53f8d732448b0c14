//! The page that hands a fragment to the server: what comes back in one, no server sees (Multiple Response Types 2.1, V13).

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;

use super::{
    Referrer, STYLE_SOURCE, answer, hash_source,
    html::{element, raw_text_element, void_element},
    layout, paragraph, sources,
};

/// As with the style, browsers hash what has no CR.
static HOP: LazyLock<String> = LazyLock::new(|| include_str!("hop.js").replace('\r', ""));
static HOP_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(&HOP));

/// The name of the one field of the form.
pub(crate) const FRAGMENT: &str = "fragment";

/// The page: it knows nothing but where it was asked for. `form_action` are the origins beside our own to which the answer to its
/// form may lead: Chromium applies `form-action` to redirects too.
pub(crate) fn fragment_page(redirect_uri: &str, form_action: &[&str]) -> Response {
    let field = void_element("input", &[("type", "hidden"), ("name", FRAGMENT)]);
    let form = element("form", &[("method", "post"), ("action", redirect_uri)], [field]);
    let without_scripts =
        element("noscript", &[], [paragraph("This sign-in needs JavaScript: switch it on for this page.")]);
    let script = raw_text_element("script", &HOP);
    let page = layout("One moment", [paragraph("You are being signed in."), without_scripts, form, script]);
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_SOURCE,
        *HOP_SOURCE,
        sources(form_action.iter().copied()),
    );
    answer(StatusCode::OK, page, policy, Referrer::None)
}

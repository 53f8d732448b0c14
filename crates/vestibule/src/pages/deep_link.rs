//! The page that takes the fragment of a deep link along to the sign-in: no server sees one (`/app#/inbox`).

use std::sync::LazyLock;

use axum::response::Response;
use http::StatusCode;

use super::{
    Action, Referrer, STYLE_SOURCE, actions, answer, hash_source, html::raw_text_element, layout, link_button,
    paragraph,
};

/// As with the style, browsers hash what has no CR.
static HOP: LazyLock<String> = LazyLock::new(|| include_str!("deep_link.js").replace('\r', ""));
static HOP_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(&HOP));

/// The page in the place of a redirect to `href`, where the sign-in begins. Not 200: no crawler shall take it for the page that it
/// stands for.
pub(crate) fn hop_page(href: &str) -> Response {
    let link = link_button(Action { label: "Sign in", href });
    let content = [
        paragraph("You are being taken to the sign-in. If nothing happens, please go on from here."),
        actions([link]),
        raw_text_element("script", &HOP),
    ];
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_SOURCE, *HOP_SOURCE,
    );
    answer(StatusCode::UNAUTHORIZED, layout("One moment", content), policy, Referrer::SameOrigin)
}

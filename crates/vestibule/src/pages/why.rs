//! The page that says, in development, what was decided about a browser.

use super::{
    Action, actions,
    html::{Html, element, text},
    layout, link_button, paragraph,
};

/// A decision, as the page shows it.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) ago: String,
    pub(crate) decision: &'a str,
    pub(crate) message: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) provider: Option<&'a str>,
    pub(crate) reference: &'a str,
}

/// What was decided about a browser, the newest first.
pub(crate) fn why_page(rows: &[Row<'_>], home: &str) -> String {
    let intro = "What was decided about this browser, the newest first. This page exists in development alone.";
    let nothing = "Nothing yet. Open a page that needs a sign-in, and come back.";
    let list = if rows.is_empty() {
        element("p", &[("class", "quiet")], [text(nothing)])
    } else {
        element("ol", &[("class", "records")], rows.iter().map(record))
    };
    layout("Why?", [paragraph(intro), list, actions([link_button(Action { label: "To the start page", href: home })])])
}

fn record(row: &Row<'_>) -> Html {
    let heading = element("h2", &[], [text(row.message)]);
    let provider = row.provider.map(|provider| ("provider", provider));
    let pairs = [("reason", row.reason), ("rule", row.rule)];
    let rest = [("decision", row.decision), ("reference", row.reference)];
    let pairs = pairs.into_iter().chain(provider).chain(rest).flat_map(|(name, value)| {
        let is_code = matches!(name, "decision" | "reference");
        let value = if is_code { element("code", &[], [text(value)]) } else { text(value) };
        [element("dt", &[], [text(name)]), element("dd", &[], [value])]
    });
    let when = element("p", &[("class", "quiet")], [text(&row.ago)]);
    element("li", &[], [heading, when, element("dl", &[], pairs)])
}

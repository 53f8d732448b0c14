//! The pages about a POST that was kept: that it is, whether to send it, and why it is not sent.

use super::{
    Action, actions,
    html::{Html, element, text, void_element},
    layout, link_button, paragraph, reference_line, submit_button,
};

/// The one field of the form that has a kept POST sent.
pub(crate) const FIELD: &str = "vestibule_kept";

/// What was kept, for the page that asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// The address that it is for: one of ours, judged when it was kept.
    pub(crate) address: &'a str,
    pub(crate) noun: &'a str,
    pub(crate) size: &'a str,
    pub(crate) sent: &'a str,
    /// For how long it is kept.
    pub(crate) left: &'a str,
    /// What the page may call it.
    pub(crate) name: &'a str,
    /// Where it is thrown away.
    pub(crate) throw_away: &'a str,
}

/// Why something is not sent, in fixed words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    title: &'static str,
    message: &'static str,
}

pub(crate) const GONE: Refusal = Refusal {
    title: "There is nothing to send any more",
    message: "What was kept here was sent already, or thrown away, or its time is over.",
};
pub(crate) const OF_SOMEBODY_ELSE: Refusal = Refusal {
    title: "This is somebody else's",
    message: "You are signed in as somebody else than the one who sent it, so it stays closed.",
};
pub(crate) const OF_ANOTHER_PAGE: Refusal = Refusal {
    title: "This belongs to another page",
    message: "What is kept was sent to another address, and was not sent to this one.",
};
pub(crate) const NOT_ASKED_FOR: Refusal =
    Refusal { title: "Nothing was sent", message: "Another site asked for it. What you kept here is still kept." };
pub(crate) const NOT_WHOLE: Refusal = Refusal {
    title: "Nothing was sent",
    message: "Your request did not arrive whole. Go back and try again: what is kept here is still kept.",
};
pub(crate) const UNAVAILABLE: Refusal = Refusal {
    title: "This is not available right now",
    message: "Something went wrong on our side, and nothing was sent. Go back and try again in a moment.",
};
pub(crate) const THROWN_AWAY: Refusal =
    Refusal { title: "It is thrown away", message: "What you wrote was not sent, and is kept no more." };

/// For somebody whose form came when they were signed in no more, or not as its page needs it; it is kept for so long.
pub(crate) fn was_kept_page(href: &str, left: &str) -> String {
    let message = format!(
        "You were not signed in, or not as this page needs it, so what you sent was not carried out. It is kept here for {left}: \
         sign in, and you will be asked whether to send it."
    );
    layout("Please sign in", [paragraph(&message), actions([link_button(Action { label: "Sign in", href })])])
}

/// The same where it could not be kept: going back is what brings it up again.
pub(crate) fn was_not_kept_page(reason: &str, href: &str, reference: &str) -> String {
    let message = format!(
        "You were not signed in, or not as this page needs it, so what you sent was not carried out, and it could not be kept. \
         {reason} Go back to it, sign in in another tab, and send it again."
    );
    let action = link_button(Action { label: "Sign in", href });
    layout("Please sign in", [paragraph(&message), reference_line(reference), actions([action])])
}

/// Whether to send it.
pub(crate) fn ask_page(ask: &Ask<'_>) -> String {
    let facts = [("What", ask.noun), ("Size", ask.size), ("For", ask.address), ("Sent", ask.sent)];
    let facts = facts.into_iter().map(|(term, fact)| fact_line(term, fact));
    let name = void_element("input", &[("type", "hidden"), ("name", FIELD), ("value", ask.name)]);
    let send = element("form", &[("method", "post"), ("action", ask.address)], [name, submit_button("Send it now")]);
    let throw_away = element(
        "form",
        &[("method", "post"), ("action", ask.throw_away)],
        [element("button", &[("type", "submit"), ("class", "button plain")], [text("Throw it away")])],
    );
    let left = format!("It is kept for another {}.", ask.left);
    layout(
        "Send what you wrote?",
        [
            paragraph(
                "You were not signed in, or not as its page needs it, when this arrived. It was not carried out; it is kept.",
            ),
            element("ul", &[("class", "facts")], facts),
            element("p", &[("class", "quiet")], [text(&left)]),
            actions([send, throw_away]),
        ],
    )
}

/// Why it is not sent, or that it is gone.
pub(crate) fn refusal_page(refusal: Refusal, home: &str, reference: &str) -> String {
    let action = link_button(Action { label: "To the start page", href: home });
    layout(refusal.title, [paragraph(refusal.message), reference_line(reference), actions([action])])
}

fn fact_line(term: &'static str, fact: &str) -> Html {
    element(
        "li",
        &[],
        [element("span", &[("class", "quiet")], [text(term)]), text(" "), element("strong", &[], [text(fact)])],
    )
}

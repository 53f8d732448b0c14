use vestibule::NumericDate;

use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script><h1>";

/// Every page with one string at every place that takes one.
fn pages_with(value: &str) -> Vec<(&'static str, String)> {
    let pages = Pages::new("/shop").expect("the templates are templates");
    pages.lead_to_why(Some(value.to_owned()));
    let now = NumericDate::from_seconds(1_700_000_000);
    let moment = |seconds| Moment::new(now.plus(seconds), now);
    let choices = [Choice { provider: value.to_owned(), href: value.to_owned() }];
    let index = |name| Index { name, choices: &choices, invitations: &choices, embedded: Some(value) };
    let profile = Profile {
        name: value,
        provider: value,
        issuer: value,
        signed_in: moment(-60),
        idle_until: Some(moment(600)),
        ends: moment(6000),
        claims: vec![Claim { name: value.to_owned(), value: value.to_owned() }],
    };
    let sessions = Sessions { name: value, sessions: Some(vec![one_session(value, true), one_session(value, false)]) };
    let sorry = Sorry {
        message: value,
        reference: value,
        provider: Some(value),
        error: Some(value),
        error_description: Some(value),
        detail: Some(value),
        try_again: value,
        again: value,
    };
    [
        ("index for a stranger", pages.index(&index(None))),
        ("index", pages.index(&index(Some(value)))),
        ("profile", pages.profile(&profile)),
        ("admin", pages.admin(value)),
        ("vault", pages.vault(value)),
        ("notes", pages.notes(&Notes { name: value, note: Some(value) })),
        ("sessions", pages.sessions(&sessions)),
        ("sessions in cookies", pages.sessions(&Sessions { name: value, sessions: None })),
        ("live", pages.live(value)),
        ("goodbye", pages.goodbye()),
        ("error", pages.sorry(&sorry)),
        ("not found", pages.not_found(Some(value))),
    ]
    // minijinja writes a slash of a value as a reference.
    .map(|(name, page)| (name, page.expect("the context fits the template").0.replace("&#x2f;", "/")))
    .into()
}

fn one_session(value: &str, is_this: bool) -> OneSession {
    let moment = || Moment::new(NumericDate::from_seconds(1_700_000_000), NumericDate::from_seconds(1_700_000_060));
    OneSession {
        id: value.to_owned(),
        is_this,
        browser: value.to_owned(),
        provider: value.to_owned(),
        signed_in: moment(),
        last_seen: moment(),
        ends: moment(),
        use_prolongs: true,
    }
}

#[test]
fn every_text_is_escaped() {
    for (name, page) in pages_with(HOSTILE) {
        let ours = page.matches("<script src=\"/shop/live.js\" defer></script>").count();
        assert_eq!((page.matches("<script").count(), ours), if name == "live" { (1, 1) } else { (0, 0) }, "{name}");
        assert!(!page.contains(HOSTILE), "{name}");
        assert_eq!(page.matches("<h1>").count(), 1, "{name}");
    }
}

#[test]
fn every_page_has_a_title_a_main_and_a_language() {
    for (name, page) in pages_with("Text") {
        for part in ["<html lang=\"en\">", "<title>", "<main id=\"content\">", "</main>", "name=\"viewport\""] {
            assert_eq!(page.matches(part).count(), 1, "{part} of {name}");
        }
        assert!(!page.contains("<title> "), "{name}");
    }
}

#[test]
fn links_lie_below_the_path_of_the_public_address() {
    for (name, page) in pages_with("/shop/x") {
        for attribute in ["href=\"", "action=\""] {
            for target in page.split(attribute).skip(1) {
                assert!(target.starts_with("/shop/") || target.starts_with("#content"), "{name}: {target:.40}");
            }
        }
    }
}

#[test]
fn only_who_is_signed_in_can_sign_out() {
    for (name, page) in pages_with("Text") {
        let offers = page.contains("action=\"/shop/auth/logout\"");
        assert_eq!(offers, !matches!(name, "index for a stranger" | "goodbye" | "error"), "{name}");
    }
}

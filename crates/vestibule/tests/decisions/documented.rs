//! The names of decisions are those that `docs/observability.md` lists, with their levels' words beside them.

const DOCUMENT: &str = include_str!("../../../../docs/observability.md");
const CODE: [&str; 7] = [
    include_str!("../../src/decision/gate.rs"),
    include_str!("../../src/decision/kept.rs"),
    include_str!("../../src/decision/login.rs"),
    include_str!("../../src/decision/logout.rs"),
    include_str!("../../src/decision/session.rs"),
    include_str!("../../src/decision/tokens.rs"),
    include_str!("../../src/logout/back_channel.rs"),
];

fn is_name(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// All names between quotes of this kind.
fn names(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.split(quote).filter(|part| is_name(part))
}

#[test]
fn every_decision_is_documented_and_every_documented_one_is_made() {
    let rows: Vec<_> = DOCUMENT.lines().filter(|line| line.contains("| `vestibule::")).collect();
    let documented: Vec<_> =
        rows.iter().flat_map(|row| names(row.split(" | ").next().unwrap_or_default(), '`')).collect();
    assert!(documented.len() > 40, "{documented:?}");
    let made: Vec<_> = CODE.iter().flat_map(|code| names(code, '"')).filter(|name| *name != "logout_token").collect();
    for name in &documented {
        assert!(made.contains(name) || *name == "refreshed", "{name} is documented, and nobody makes it");
    }
    for name in &made {
        assert!(documented.contains(name), "{name} is made, and not documented");
    }
}

//! Every public type that can be printed was looked at: what it prints is no secret (V69).
//!
//! `types.txt` names them all, and how each prints: `derived`, member by member, so that what is secret in it must be a `Secret`; or by
//! `hand`, which leaves something out. Whoever adds a type, or a member that a derived `Debug` should not show, is asked here.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const CRATES: [&str; 4] = ["vestibule-core", "vestibule", "vestibule-redis", "vestibule-sql"];
const LISTED: &str = include_str!("types.txt");

/// Members whose very name says that they hold what nobody may see.
const SECRET: [&str; 21] = [
    "secret",
    "token",
    "code",
    "nonce",
    "verifier",
    "code_verifier",
    "password",
    "cookie",
    "cookies",
    "assertion",
    "raw",
    "body",
    "payload",
    "signing_input",
    "signature",
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "registration_access_token",
    "client_secret",
];
/// Types that print as they are.
const PLAIN: [&str; 8] =
    ["String", "&'a str", "Vec<u8", "&'a [u8]", "Bytes", "HeaderValue", "Vec<HeaderValue", "Value"];

/// What stands in production files of these crates: the path and the text.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() && !entry.ends_with("tests") {
                walk(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
                let text = fs::read_to_string(&entry).expect("text");
                let production = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                found.push((entry, production));
            }
        }
    }
    let mut found = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of all crates");
    CRATES.iter().for_each(|name| walk(&crates.join(name).join("src"), &mut found));
    found
}

/// A struct or enum of a file: its name, whether it is public, whether it derives `Debug`, and the lines of its body.
struct Declared<'a> {
    name: &'a str,
    is_public: bool,
    derives_debug: bool,
    body: &'a str,
}

fn declared(text: &str) -> Vec<Declared<'_>> {
    let mut found = Vec::new();
    let (mut attributes, mut at) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        let rest = text.get(at..).unwrap_or_default();
        at += line.len();
        let item = ["pub ", "pub(crate) ", "pub(super) ", ""].iter().find_map(|vis| line.strip_prefix(vis));
        let item = item.and_then(|item| item.strip_prefix("struct ").or_else(|| item.strip_prefix("enum ")));
        if let Some(item) = item {
            let name = item.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let body = rest.split("\n}").next().unwrap_or_default();
            let derives_debug = attributes.contains("Debug");
            found.push(Declared { name, is_public: line.starts_with("pub "), derives_debug, body });
        }
        if line.starts_with("#[derive") {
            attributes.push_str(line);
        } else if !["#[", "///", " ", "#", ")"].iter().any(|start| line.starts_with(start)) {
            attributes.clear();
        }
    }
    found
}

/// V69: one that is new is looked at before it is on the list.
#[test]
fn every_public_type_that_can_be_printed_is_listed() {
    let mut found = BTreeMap::new();
    for (_, text) in sources() {
        for declared in declared(&text).into_iter().filter(|declared| declared.is_public) {
            let by_hand = [format!("Debug for {} ", declared.name), format!("Debug for {}<", declared.name)];
            let is_by_hand = by_hand.iter().any(|implementation| text.contains(implementation));
            let how = if is_by_hand { Some("hand") } else { declared.derives_debug.then_some("derived") };
            how.into_iter().for_each(|how| _ = found.insert(declared.name.to_owned(), how));
        }
    }
    let found: Vec<_> = found.iter().map(|(name, how)| format!("{name} {how}")).collect();
    let listed: Vec<_> = LISTED.lines().collect();
    let missing: Vec<_> = found.iter().filter(|one| !listed.contains(&one.as_str())).collect();
    let gone: Vec<_> = listed.iter().filter(|one| !found.iter().any(|found| found == *one)).collect();
    assert!(missing.is_empty(), "look at what these print, then list them in tests/printed/types.txt: {missing:#?}");
    assert!(gone.is_empty(), "these are not there any more, or print otherwise: {gone:#?}");
}

/// V69: public or not, since somebody prints what has it.
#[test]
fn no_derived_debug_shows_a_member_that_is_secret_by_name() {
    let mut shown = Vec::new();
    for (path, text) in sources() {
        for declared in declared(&text).into_iter().filter(|declared| declared.derives_debug) {
            for (name, of) in
                declared.body.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(": "))
            {
                let name = name.rsplit(' ').next().unwrap_or_default();
                let of = of.trim_start_matches("Option<").trim_end_matches('>');
                if SECRET.contains(&name) && PLAIN.contains(&of) {
                    shown.push(format!("{}: {}.{name}", path.display(), declared.name));
                }
            }
        }
    }
    assert!(shown.is_empty(), "make it a Secret, or write its Debug by hand: {shown:#?}");
}

//! The versions beneath us, as SECURITY.md names them, deny.toml refuses what is older, and Cargo.lock has them.

const LOCK: &str = include_str!("../../../Cargo.lock");
const SECURITY: &str = include_str!("../../../SECURITY.md");
const DENY: &str = include_str!("../../../deny.toml");

type Version = Vec<u64>;

/// The rows of the table in SECURITY.md: crate and least version.
fn documented() -> Vec<(&'static str, &'static str)> {
    let (_, section) = SECURITY.split_once("## What is beneath us").expect("the section");
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(name, rest)| Some((name, rest.split_once(" | ")?.0)))
        .collect()
}

fn version(text: &str) -> Version {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    numbers.split('.').map(|part| part.parse().expect("a number")).collect()
}

/// All versions of a crate that a lock file has.
fn locked(lock: &str, name: &str) -> Vec<Version> {
    let entry = format!("\nname = \"{name}\"\nversion = \"");
    lock.split(entry.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).map(version).collect()
}

/// The versions of a lock file that are older than the least one.
fn too_old(lock: &str) -> Vec<(&'static str, Version)> {
    let too_old = |(name, least)| {
        locked(lock, name).into_iter().filter(move |has| *has < version(least)).map(move |has| (name, has))
    };
    documented().into_iter().flat_map(too_old).collect()
}

/// V106
#[test]
fn nothing_beneath_us_is_older_than_what_is_documented() {
    let names: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"h2") && names.contains(&"hyper"), "{names:?}");
    for name in names {
        assert!(
            !locked(LOCK, name).is_empty(),
            "{name} is not beneath us any more: take it out of SECURITY.md and deny.toml"
        );
    }
    assert_eq!(too_old(LOCK), []);
}

/// V106: the check sees an old version, also where it is the second one of its crate.
#[test]
fn an_older_version_is_seen() {
    let old = "\nname = \"h2\"\nversion = \"0.4.20\"\n\n[[package]]\nname = \"h2\"\nversion = \"0.3.27\"\n";
    assert_eq!(too_old(old), [("h2", vec![0, 3, 27])]);
}

/// V106: whoever has cargo-deny is told the same.
#[test]
fn the_gate_refuses_what_is_older_than_documented() {
    for (name, least) in documented() {
        assert!(DENY.contains(&format!("crate = \"{name}:<{least}\"")), "deny.toml has no line for {name} {least}");
    }
}

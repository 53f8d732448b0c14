//! The settings for the OpenID Foundation's conformance suite: what `docs/certification.md` says to write, and that nothing is missing
//! there.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use rcgen::{CertificateParams, KeyPair};

use super::*;

const PAGE: &str = include_str!("../../../../docs/certification.md");
const OUR_TESTS: &str = include_str!("../../../../docs/conformance.md");
const HEAD: &str = include_str!("../../../../docs/certification/head.toml");
const STATIC: &str = include_str!("../../../../docs/certification/static.toml");
const DYNAMIC: &str = include_str!("../../../../docs/certification/dynamic.toml");

/// A folder with what the settings name: `docs/certification/certificates` makes the same.
struct Run(PathBuf);

impl Run {
    fn new() -> Self {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let name = format!("vestibule-demo-run-{}-{}", process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["rp".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        let secret_key = "Q".repeat(43);
        for (name, content) in [
            ("authority.pem", &certificate),
            ("rp.pem", &certificate),
            ("rp.key", &key.serialize_pem()),
            ("secret-key", &secret_key),
        ] {
            fs::write(folder.join(name), content).expect("a file");
        }
        Self(folder)
    }

    /// What is wrong with the settings that `docs/certification/settings` puts together from these lines.
    fn complaint(&self, kind: &str, lines: &str) -> Option<String> {
        let issuer = "issuer = \"https://localhost.emobix.co.uk:8443/test/a/vestibule/\"\n";
        let issuer = if lines.starts_with("webfinger") { "" } else { issuer };
        let built = Configuration::from_toml(&format!("{HEAD}{kind}{issuer}{lines}\n"), &self.0).and_then(|read| {
            read.certificate()?;
            read.builder()?.build().map_err(Failure::from)
        });
        built.err().map(|failure| failure.to_string())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The rows of the table below a heading: its cells, without the two rows of its own head.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let section = PAGE.split_once(&format!("\n## {heading}\n")).expect("the heading").1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What a cell has in the type of code.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The settings among that.
fn lines(cell: &str) -> String {
    code(cell).filter(|code| code.contains(" = ")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_settings_for_the_conformance_suite_are_ones_that_work() {
    let run = Run::new();
    let rows: Vec<_> = ["Lines of a variant", "Modules"].into_iter().flat_map(rows).collect();
    let saying = rows.iter().filter_map(|row| row.get(1)).filter(|cell| !lines(cell).is_empty()).count();
    assert!(saying > 15, "{rows:?}");
    for row in rows {
        let [what, all, ..] = row.as_slice() else { panic!("{row:?}") };
        // What a given client has registered already, only the other kind has to say.
        let of_both = all.split("dynamic: ").next().unwrap_or_default();
        assert_eq!(run.complaint(STATIC, &lines(of_both)), None, "{what}, static: {of_both}");
        if !all.contains("only with a given client") {
            assert_eq!(run.complaint(DYNAMIC, &lines(all)), None, "{what}, dynamic: {all}");
        }
    }
}

#[test]
fn every_response_type_of_the_suite_has_settings_that_work() {
    let run = Run::new();
    for response_type in ["id_token", "id_token token", "code", "code id_token", "code token", "code id_token token"] {
        for mode in ["", "response_mode = \"form_post\""] {
            let lines = format!("response_type = \"{response_type}\"\n{mode}");
            for kind in [STATIC, DYNAMIC] {
                assert_eq!(run.complaint(kind, &lines), None, "{lines}");
            }
        }
    }
}

/// The names in the first cell of a row: `test-x`, `-y` stand for `test-x` and `test-y`, or for `test-x-y`, as there are modules.
fn modules_of(cell: &'static str, known: &BTreeSet<&str>) -> Vec<String> {
    let mut names = code(cell);
    let Some(first) = names.next() else { return Vec::new() };
    let named = |suffix: &str| {
        let stems = first.match_indices('-').map(|(end, _)| first.get(..end).unwrap_or_default()).chain([first]);
        let candidates: Vec<_> = stems.map(|stem| format!("{stem}{suffix}")).collect();
        candidates.into_iter().rev().find(|name| known.contains(name.as_str()))
    };
    [Some(first.to_owned())].into_iter().chain(names.map(named)).flatten().collect()
}

#[test]
fn every_module_of_the_suite_is_on_the_page() {
    let known: BTreeSet<_> =
        OUR_TESTS.lines().filter_map(|line| line.split(" | ").nth(1)?.strip_prefix("oidcc-client-")).collect();
    let on_page: BTreeSet<_> =
        rows("Modules").iter().filter_map(|row| row.first()).flat_map(|cell| modules_of(cell, &known)).collect();
    assert_eq!(known.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), on_page);
}

//! docs/faults.md, whose tables are written by what was found.

use std::{collections::BTreeMap, fs, path::PathBuf};

/// The parts of the document that are written, by name.
#[derive(Debug, Default)]
pub(crate) struct Sections(BTreeMap<&'static str, String>);

impl Sections {
    pub(crate) fn put(&mut self, name: &'static str, text: String) {
        self.0.insert(name, text);
    }

    /// The document with these sections between their markers.
    fn written_into(&self, document: &str) -> String {
        self.0.iter().fold(document.to_owned(), |document, (name, text)| {
            let [begin, end] = [format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->")];
            let (before, rest) =
                document.split_once(&begin).unwrap_or_else(|| panic!("no '{begin}' in docs/faults.md"));
            let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no '{end}' in docs/faults.md"));
            format!("{before}{begin}\n{text}\n{end}{after}")
        })
    }
}

/// Holds the document to the sections, or writes them into it.
pub(crate) fn compare(sections: &Sections) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    let document = fs::read_to_string(&path).expect("docs/faults.md");
    let written = sections.written_into(&document);
    if std::env::var_os("VESTIBULE_FAULTS").is_some_and(|value| value == "write") {
        fs::write(&path, written).expect("docs/faults.md can be written");
        return;
    }
    let stale: Vec<_> =
        written.lines().zip(document.lines()).filter(|(now, then)| now != then).map(|(now, _)| now).collect();
    assert!(
        written == document,
        "docs/faults.md is stale; VESTIBULE_FAULTS=write cargo test -p vestibule --test provider_faults writes it: {stale:#?}"
    );
}

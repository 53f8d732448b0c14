//! What the document says is in the log is what the code says there.

use std::{fs, path::Path};

use acceptance::Failure;

const DOCUMENT: &str = include_str!("../../../docs/deployment.md");

/// A row of the table of log lines.
struct Row<'a> {
    target: &'a str,
    line: &'a str,
}

#[test]
fn every_line_that_the_document_tells_to_watch_for_is_in_the_code() -> Result<(), Failure> {
    let mut code = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates"), &mut code)?;
    let rows: Vec<_> = DOCUMENT.lines().filter_map(row).collect();
    assert!(rows.len() > 15, "{} rows", rows.len());
    for Row { target, line } in rows {
        assert!(code.contains(&format!("target: \"{target}\"")), "{target}");
        assert!(code.contains(&format!("\"{line}")), "{line}");
    }
    Ok(())
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| ")?.split(" | ").skip(1);
    let mut code = || cells.next()?.strip_prefix('`')?.strip_suffix('`');
    let target = code().filter(|target| target.starts_with("vestibule::"))?;
    Some(Row { target, line: code()? })
}

/// All sources below a folder, one after the other.
fn read(folder: &Path, code: &mut String) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, code)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(path)?);
        }
    }
    Ok(())
}

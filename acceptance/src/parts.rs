//! Which real parts this machine has. A missing one is a failure where `VESTIBULE_REQUIRE_REAL=1`, and a printed skip elsewhere.

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
};

use crate::Failure;

/// The first of these programs that is on the PATH, or `None` after saying that the test is skipped.
///
/// # Errors
/// When there is none, and there has to be.
pub fn program(names: &[&str]) -> Result<Option<PathBuf>, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    match found.into_iter().find(|candidate| candidate.is_file()) {
        Some(program) => Ok(Some(program)),
        None => missing(names.join(" or ")).map(|()| None),
    }
}

/// Says that a part is missing.
///
/// # Errors
/// When there has to be one.
pub fn missing(part: impl std::fmt::Display) -> Result<(), Failure> {
    if env::var_os("VESTIBULE_REQUIRE_REAL").is_some_and(|value| value == "1") {
        return Err(format!("{part} is missing, and VESTIBULE_REQUIRE_REAL=1; see acceptance/README.md").into());
    }
    // Not by a macro: the test harness would keep it to itself.
    writeln!(io::stderr(), "skipped: {part} is missing")?;
    Ok(())
}

//! The committed seeds: `seeds/TARGET/accepted-*` and `refused-*`, named by what must become of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Verdict, target::Target};

/// One seed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seed {
    /// The name of its file.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Seed {
    /// What must become of it, by its name; `None` for one whose name does not say.
    #[must_use]
    pub fn expected(&self) -> Option<Verdict> {
        match self.name.split_once('-') {
            Some(("accepted", _)) => Some(Verdict::Accepted),
            Some(("refused", _)) => Some(Verdict::Refused),
            _ => None,
        }
    }
}

/// The folder of a target's seeds.
#[must_use]
pub fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target.name)
}

/// The seeds of a target, by name.
///
/// # Errors
/// When its folder cannot be read.
pub fn of(target: &Target) -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        seeds.push(Seed { name, bytes: fs::read(entry.path())? });
    }
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(seeds)
}

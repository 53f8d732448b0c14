//! Files with secrets in them that others than their owner can read: said, and nothing more, since a container's secrets are often so.

use std::path::PathBuf;

use super::Builder;

impl Builder {
    pub(crate) fn secrets_open_to_others(self, files: Vec<PathBuf>) -> Self {
        Self { open_secrets: files, ..self }
    }
}

pub(super) fn say(files: &[PathBuf]) {
    if !files.is_empty() {
        tracing::warn!(target: "vestibule::login", ?files,
            "others than their owner can read these files, which have secrets in them: chmod 600");
    }
}

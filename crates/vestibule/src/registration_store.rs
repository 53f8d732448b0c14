//! Where self-registered clients are remembered, so that a restart does not register once more.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    config_error::ConfigError,
    store::{Answer, StoreError},
};

/// Where self-registered clients are remembered. Values are sealed before they come here.
///
/// # Security
/// An implementation
/// - tells "there is none" (`Ok(None)`) from "I cannot say" (`Err`): a mistake registers clients without end,
/// - writes a value whole or not at all,
/// - need not keep values secret, but should not let strangers delete them.
///
/// # Example
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use vestibule::{RegistrationStore, StoreError, store::Answer};
///
/// #[derive(Debug, Default)]
/// struct InMemory(Mutex<HashMap<String, Vec<u8>>>);
///
/// impl RegistrationStore for InMemory {
///     fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
///         let found = self.0.lock().map(|map| map.get(key).cloned()).map_err(|_| StoreError::permanent("poisoned"));
///         Answer::ready(found)
///     }
///
///     fn save<'a>(&'a self, key: &'a str, sealed: Vec<u8>) -> Answer<'a, ()> {
///         let saved = self.0.lock().map(|mut map| drop(map.insert(key.to_owned(), sealed)));
///         Answer::ready(saved.map_err(|_| StoreError::permanent("poisoned")))
///     }
/// }
/// ```
pub trait RegistrationStore: fmt::Debug + Send + Sync {
    /// What was saved under this key.
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>>;

    /// Keeps a value under a key of 64 lower-case hexadecimal digits, in the place of any other.
    fn save<'a>(&'a self, key: &'a str, sealed: Vec<u8>) -> Answer<'a, ()>;

    /// Forgets what was saved under this key; nothing was is as good. Unless written otherwise, an empty value takes its place, which
    /// is read as none.
    fn remove<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        self.save(key, Vec::new())
    }
}

/// A directory with one sealed file a registration, readable by its owner alone.
///
/// # Example
/// ```
/// use vestibule::FileRegistrationStore;
///
/// let directory = std::env::temp_dir().join("vestibule-doc-example");
/// let store = FileRegistrationStore::new(&directory)?;
/// # let _ = store;
/// # std::fs::remove_dir_all(directory).ok();
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileRegistrationStore {
    directory: PathBuf,
}

impl FileRegistrationStore {
    /// In this directory, which is made if it does not exist.
    ///
    /// # Errors
    /// [`ConfigError`] when the directory can neither be found nor made.
    pub fn new(directory: impl Into<PathBuf>) -> Result<Self, ConfigError> {
        let directory = directory.into();
        make_private_directory(&directory).map_err(|error| {
            ConfigError::new("registration_directory", format!("cannot be made: {error}")).value(directory.display())
        })?;
        Ok(Self { directory })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.join(format!("{key}.registration"))
    }
}

impl RegistrationStore for FileRegistrationStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let path = self.path(key);
        Answer::later(on_a_thread_that_may_wait(move || match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }))
    }

    fn save<'a>(&'a self, key: &'a str, sealed: Vec<u8>) -> Answer<'a, ()> {
        let path = self.path(key);
        Answer::later(on_a_thread_that_may_wait(move || write_whole(&path, &sealed)))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        let path = self.path(key);
        Answer::later(on_a_thread_that_may_wait(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }))
    }
}

async fn on_a_thread_that_may_wait<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(StoreError::permanent),
        Err(interrupted) => Err(StoreError::transient(interrupted)),
    }
}

/// Written beside and renamed: whoever reads sees the old or the new, never half of one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

fn make_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("vestibule-{name}-{}", std::process::id()))
    }

    #[tokio::test]
    async fn what_was_saved_is_loaded_and_nothing_else_is() {
        let directory = directory("saved");
        let store = FileRegistrationStore::new(&directory).expect("made");
        assert_eq!(store.load("aa").await.expect("readable"), None);
        store.save("aa", b"one".to_vec()).await.expect("writable");
        store.save("aa", b"two".to_vec()).await.expect("writable");
        assert_eq!(store.load("aa").await.expect("readable").as_deref(), Some(b"two".as_slice()));
        assert_eq!(store.load("bb").await.expect("readable"), None);
        assert_eq!(fs::read_dir(&directory).expect("readable").count(), 1, "nothing is left beside it");
        for _ in 0..2 {
            store.remove("aa").await.expect("writable");
            assert_eq!(store.load("aa").await.expect("readable"), None);
        }
        assert_eq!(fs::read_dir(&directory).expect("readable").count(), 0, "what is forgotten is gone");
        fs::remove_dir_all(directory).expect("removed");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;

        let directory = directory("mode");
        let store = FileRegistrationStore::new(&directory).expect("made");
        store.save("aa", b"one".to_vec()).await.expect("writable");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&store.path("aa"))), (0o700, 0o600));
        fs::remove_dir_all(directory).expect("removed");
    }

    #[tokio::test]
    async fn a_store_that_cannot_say_does_not_say_that_there_is_none() {
        let directory = directory("broken");
        let store = FileRegistrationStore::new(&directory).expect("made");
        fs::create_dir(store.path("aa")).expect("a directory where a file should be");
        assert!(store.load("aa").await.is_err());
        fs::remove_dir_all(directory).expect("removed");
    }
}

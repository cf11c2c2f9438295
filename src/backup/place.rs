//! Where the store of this box is, what may lie beside it, and whether the service has it.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::args::RunOptions;
use crate::args::backup::Whose;
use crate::cli::socket;
use crate::config::{Config, FileError};
use crate::daemon;
use crate::store::clear_place;

/// The store before a restore, kept beside the one that took its place.
pub const BEFORE: &str = "pairbox.redb.before-restore";

/// The copy of the identity that the service keeps beside the store.
pub const IDENTITY: &str = "identity.redb";

/// A copy of the store that is about to be encrypted.
const COPY: &str = "backup.part";

/// A store that is about to take the place of the one that is there.
const UNPACKED: &str = "restore.part";

/// The state directory of this box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    database: PathBuf,
}

/// Keeps the service from using the store while this lives.
#[derive(Debug)]
pub struct Held {
    _lock: Option<File>,
}

impl Place {
    /// As configuration and environment say.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn find(whose: &Whose) -> Result<Self, FileError> {
        let config = Config::load(&RunOptions {
            config: whose.console.config.clone(),
            state_dir: whose.state_dir.clone(),
            ..RunOptions::default()
        })?;
        Ok(Self::of(daemon::database(&config)))
    }

    /// Around that store.
    #[must_use]
    pub fn of(database: PathBuf) -> Self {
        Self { database }
    }

    /// The store.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// The state directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.database.parent().unwrap_or(Path::new("."))
    }

    /// Where a copy of the store is made.
    #[must_use]
    pub fn copy(&self) -> PathBuf {
        self.folder().join(COPY)
    }

    /// Where a backup is unpacked.
    #[must_use]
    pub fn unpacked(&self) -> PathBuf {
        self.folder().join(UNPACKED)
    }

    /// Where the store that was there is kept.
    #[must_use]
    pub fn before(&self) -> PathBuf {
        self.folder().join(BEFORE)
    }

    /// The copy of the identity.
    #[must_use]
    pub fn identity(&self) -> PathBuf {
        self.folder().join(IDENTITY)
    }

    /// Makes sure that the service does not use the store, and does not begin to while the result lives;
    /// `None`: it does. Without a store there is nothing to hold.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn hold(&self) -> io::Result<Option<Held>> {
        let file = match File::open(&self.database) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Some(Held { _lock: None }));
            }
            file => file?,
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // A file system without locks has no service that relies on them.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(Held { _lock: Some(file) })),
        }
    }

    /// Bytes a file system has left for the files here; `None` when it does not say.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(self.folder()).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// The socket of a service that answers; `None` when none does. A state directory that was named is not
/// the service's.
///
/// # Errors
/// The configuration is wrong, or the socket is there and may not be used.
pub fn service(whose: &Whose) -> Result<Option<PathBuf>, ServiceError> {
    if whose.state_dir.is_some() {
        return Ok(None);
    }
    let path = socket::path(&whose.console)?;
    match UnixStream::connect(&path) {
        Ok(_) => Ok(Some(path)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(ServiceError::Socket(path, error)),
        },
    }
}

/// Why it is not known whether the service runs.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// The socket may not be used, or worse.
    #[error("{path}: {why}; only root and the group pairbox may use it", path = .0.display(), why = .1)]
    Socket(PathBuf, io::Error),
}

/// Throws away what a run that was killed left in a state directory. Only by whoever has the store open.
///
/// # Errors
/// The disk refuses.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for name in [COPY, UNPACKED] {
        clear_place(&folder.join(name))?;
    }
    Ok(())
}

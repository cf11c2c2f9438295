//! Files of messages, to and from WhatsApp's media servers: streamed, never whole in memory.

use std::io;

use thiserror::Error;

/// Why a file did not come.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The account is not connected, so that nobody tells where the files are.
    #[error("the account is not connected")]
    NotConnected,
    /// WhatsApp does not have it any more.
    #[error("the media servers do not have it any more")]
    Gone,
    /// It is larger than was allowed.
    #[error("it is larger than {max} bytes")]
    TooLarge {
        /// What was allowed.
        max: u64,
    },
    /// The message does not say where it is, or how to open it.
    #[error("the message does not say where the file is")]
    NoReference,
    /// It could not be written here.
    #[error("writing it: {0}")]
    Disk(#[source] io::Error),
    /// The media servers could not be reached, or what they sent does not check out.
    #[error("{why}")]
    Trouble {
        /// Technical words.
        why: String,
    },
}

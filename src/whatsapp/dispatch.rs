//! What a link does for a message that goes out, and for the chat it goes to: one attempt each. Queues,
//! patience and records are the gateway's.

use thiserror::Error;

/// Why a message did not go out, or a question was not answered.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum DispatchError {
    /// The socket is down or not logged in: the same again, once it is back.
    #[error("the account is not connected")]
    NotConnected,
    /// Nobody has that number at WhatsApp.
    #[error("the number is not on WhatsApp")]
    NotOnWhatsApp,
    /// It will not be taken however often it is tried.
    #[error("refused: {why}")]
    Refused {
        /// Technical words; nothing of the message.
        why: String,
    },
    /// Something went wrong that may be right the next time.
    #[error("{why}")]
    Trouble {
        /// Technical words; nothing of the message.
        why: String,
    },
}

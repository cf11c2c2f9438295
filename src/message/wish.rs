//! What a program asks to be sent, before it is checked: the body of `POST …/messages`, the `reply` of a
//! webhook's answer, the command line. And why it is not taken.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::address::MessageId;
use super::content::{Card, Location, MediaKind};
use crate::account::AccountId;

/// What is asked for.
#[derive(Clone, PartialEq)]
pub struct SendWish {
    /// Who sends.
    pub account: AccountId,
    /// A phone number (the account's country prefix is put before it where it has none), a person's
    /// address, or a group's.
    pub to: String,
    /// What.
    pub content: WishContent,
    /// The message it answers: one of the ring.
    pub quoted: Option<MessageId>,
    /// Who is mentioned: numbers or addresses.
    pub mentions: Vec<String>,
    /// Show "typing…" before it.
    pub typing: bool,
    /// The same key within 24 h gets the first answer.
    pub idempotency_key: Option<String>,
    /// It fails when it could not be sent within this time; a day, if left out.
    pub expires_in: Option<Duration>,
    /// It answers something that came in: the cold-send guard does not apply.
    pub reply: bool,
}

/// What is to be sent.
#[derive(Clone, PartialEq)]
pub enum WishContent {
    /// A text of any length up to [`crate::limits::TEXT_MAX`]: a long one becomes several messages.
    Text(String),
    /// A file.
    Media {
        /// What kind.
        kind: MediaKind,
        /// Where it comes from.
        source: MediaSource,
        /// What is written below it.
        caption: Option<String>,
        /// Its name.
        filename: Option<String>,
    },
    /// A place.
    Location(Location),
    /// A contact card.
    Contact(Card),
    /// An emoji on a message of the ring; empty takes it away.
    Reaction {
        /// The message.
        target: MessageId,
        /// The emoji.
        emoji: String,
    },
}

/// Where a file comes from.
#[derive(Clone, PartialEq)]
pub enum MediaSource {
    /// It was taken in already.
    Spooled {
        /// Its name within the spool folder.
        file: String,
        /// `image/jpeg`
        mimetype: String,
        /// Bytes.
        size: u64,
    },
    /// It is to be fetched first.
    Url(String),
}

impl fmt::Debug for SendWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendWish(account {})", self.account)
    }
}

/// What the asker gets back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendReceipt {
    /// WhatsApp's id of the (first) message.
    pub id: MessageId,
    /// All ids, when a long text became several messages.
    pub parts: Vec<MessageId>,
    /// `queued`, or how far it is when the key was used before.
    pub status: &'static str,
    /// The recipient did not write for long, or ever: `cold_send`.
    pub cold: bool,
}

/// Why a wish was not taken: nothing is queued, and its file is gone from the spool.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SendProblem {
    /// The account is off, unlinked, or needs a person.
    #[error("the account is not connected")]
    NotWorking,
    /// Nobody has that number at WhatsApp.
    #[error("nobody with this number is on WhatsApp")]
    NotOnWhatsApp,
    /// `to` or one of the mentions; why, without repeating it.
    #[error("the recipient cannot be used: {0}")]
    BadRecipient(&'static str),
    /// A text, caption, name or emoji is empty or too long; why, without repeating it.
    #[error("{0}")]
    BadText(&'static str),
    /// The message that is quoted or reacted to is not in the ring, or not in this chat.
    #[error("the message it refers to is not known here")]
    UnknownMessage,
    /// The file is larger than was allowed.
    #[error("the file is larger than {max} bytes")]
    MediaTooLarge {
        /// What was allowed, in bytes.
        max: u64,
    },
    /// The file could not be fetched; why, without the URL.
    #[error("the file could not be fetched: {0}")]
    MediaUnreachable(String),
    /// The file is of no use: it is empty, or its type does not fit.
    #[error("{0}")]
    BadMedia(&'static str),
    /// As much waits as may.
    #[error("too many messages are waiting")]
    PacingLimited {
        /// When there is room again.
        retry_after: Duration,
    },
    /// The recipient did not write for long, or ever, and the policy does not let strangers be written to.
    #[error("this person did not write first, and the policy blocks writing to strangers")]
    ColdSendBlocked,
    /// The key was used for another message.
    #[error("the idempotency key was used for another message")]
    IdempotencyConflict,
    /// The box cannot take it now: no clock, no room.
    #[error("the box cannot take it now: {0}")]
    Busy(&'static str),
    /// The disk did not take it.
    #[error("the message could not be kept: {0}")]
    Storage(String),
}

impl SendProblem {
    /// The stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWorking => "not_working",
            Self::NotOnWhatsApp => "not_on_whatsapp",
            Self::BadRecipient(_) => "bad_recipient",
            Self::BadText(_) => "bad_text",
            Self::UnknownMessage => "unknown_message",
            Self::MediaTooLarge { .. } => "media_too_large",
            Self::MediaUnreachable(_) => "media_unreachable",
            Self::BadMedia(_) => "bad_media",
            Self::PacingLimited { .. } => "pacing_limited",
            Self::ColdSendBlocked => "cold_send_blocked",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::Busy(_) => "busy",
            Self::Storage(_) => "storage",
        }
    }
}

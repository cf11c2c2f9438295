//! What a program asks to be sent, before it is checked: the body of `POST …/messages`, the `reply` of a
//! webhook's answer, the command line. And why it is not taken.

use std::fmt;
use std::time::Duration;

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

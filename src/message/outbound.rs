//! A message that is to go out: what was asked for, and how far it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::{Chat, MessageId, Person};
use super::content::{Card, Location, MediaKind, Quoted};
use crate::time::UnixMillis;

/// A message that waits in the queue of its account, or went out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outbound {
    /// WhatsApp's id, made before the first attempt, so that a repeated one is the same message.
    pub id: MessageId,
    /// Where it goes.
    pub chat: Chat,
    /// What it says.
    pub content: Draft,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// Who is mentioned in it; the text says `@` and their number where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Person>,
    /// Show "typing…" for a moment before it.
    #[serde(default)]
    pub typing: bool,
    /// When it was asked for.
    pub queued_at: UnixMillis,
    /// Not sent after this: it fails as `expired`.
    pub expires_at: UnixMillis,
    /// Attempts so far.
    #[serde(default)]
    pub attempts: u32,
    /// It answers something that came in (a reply, a command's answer): neither paced as cold nor counted so.
    #[serde(default)]
    pub reply: bool,
}

/// What is to be sent.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Draft {
    /// A text, within the limit of one message.
    Text {
        /// The text.
        text: String,
    },
    /// A file.
    Media {
        /// What kind.
        kind: MediaKind,
        /// The file's name within the spool folder; gone once it was sent or given up.
        spooled: String,
        /// `image/jpeg`
        mimetype: String,
        /// Its size in bytes.
        size: u64,
        /// What is written below it.
        #[serde(default)]
        caption: Option<String>,
        /// Its name (documents).
        #[serde(default)]
        filename: Option<String>,
    },
    /// A place.
    Location(Location),
    /// A contact card.
    Contact(Card),
    /// An emoji on a message of this chat; empty takes it away.
    Reaction {
        /// The message.
        target: MessageId,
        /// Who wrote it; `None`: the account itself.
        sender: Option<Person>,
        /// The emoji.
        emoji: String,
    },
}

impl Draft {
    /// Its file in the spool, if it has one.
    #[must_use]
    pub fn spooled(&self) -> Option<&str> {
        match self {
            Self::Media { spooled, .. } => Some(spooled),
            _ => None,
        }
    }

    /// The word for it in the API and in metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { kind, .. } => kind.word(),
            Self::Location(_) => "location",
            Self::Contact(_) => "contact",
            Self::Reaction { .. } => "reaction",
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({})", self.word())
    }
}

/// How far a message that goes out is. Only ever grows; `Failed` is final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Progress {
    /// It waits: for the connection, for its turn, or for the pacing.
    Queued,
    /// WhatsApp's server has it.
    Sent,
    /// The recipient's device has it.
    Delivered,
    /// They have seen it.
    Read,
    /// It will not arrive.
    Failed {
        /// A stable word: `expired`, `not_on_whatsapp`, `refused`, `media_lost`…
        code: String,
    },
}

impl Progress {
    /// The word for it in the API.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed { .. } => "failed",
        }
    }
}

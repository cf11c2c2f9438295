//! What a message says, in our words. `Debug` shows kinds and sizes, never what somebody wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::{MessageId, Person};

/// What a message says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// A text.
    Text {
        /// The text.
        text: String,
    },
    /// A file of some kind.
    Media(Media),
    /// A place.
    Location(Location),
    /// One or more contact cards.
    Contact {
        /// The cards, at least one.
        cards: Vec<Card>,
    },
    /// An emoji on another message.
    Reaction {
        /// The message it is on.
        target: MessageId,
        /// The emoji; empty takes it away.
        emoji: String,
    },
    /// Another text for a message that was sent before.
    Edit {
        /// The message.
        target: MessageId,
        /// What it says now.
        text: String,
    },
    /// A message that was sent before is taken back for everybody.
    Revoke {
        /// The message.
        target: MessageId,
    },
    /// Something this program has no word for (a poll, a call link, an order…).
    Other {
        /// The protocol's name of it, as `poll_creation`.
        what: String,
    },
}

impl Content {
    /// The word for it in the API (`message_type`) and in metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media(media) => media.kind.word(),
            Self::Location(_) => "location",
            Self::Contact { .. } => "contact",
            Self::Reaction { .. } => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Other { .. } => "other",
        }
    }

    /// The text or caption people read, if it has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::Edit { text, .. } => Some(text),
            Self::Media(media) => media.caption.as_deref(),
            Self::Reaction { emoji, .. } => Some(emoji),
            _ => None,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.text().map_or(0, str::len);
        write!(f, "Content({}, {bytes} bytes)", self.word())
    }
}

/// The kinds of files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Sound recorded in the chat (push to talk).
    Voice,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Voice,
        Self::Document,
        Self::Sticker,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// A file in a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What kind.
    pub kind: MediaKind,
    /// As the sender says, `image/jpeg`.
    pub mimetype: String,
    /// Bytes, as the sender says.
    pub size: u64,
    /// SHA-256 of the file, 64 hexadecimal digits; empty when the sender left it out.
    pub sha256: String,
    /// What is written below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Its name (documents).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// How long it plays, in seconds (audio, voice, video).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Where it lies and how to open it. `None` where it is shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

/// How to get an encrypted file from WhatsApp's servers. Keys: never to a log, never into a payload.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// The path on whatever media host is told.
    pub direct_path: String,
    /// The key, 32 bytes in base64.
    pub media_key: String,
    /// SHA-256 of the encrypted file, base64.
    pub enc_sha256: String,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote(…)")
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({}, {} bytes)", self.kind.word(), self.size)
    }
}

/// A place.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees, -90 to 90.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A contact card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Whose.
    pub name: String,
    /// The card (RFC 2426, vCard 3.0).
    pub vcard: String,
}

/// The message another one answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub sender: Person,
    /// What it said, if it was a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quoted({})", self.id.as_str())
    }
}

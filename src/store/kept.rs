//! A message of the ring: what callers see, and how it stands in the file.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{Result, StoreError};
use super::schema_3::RING;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::{Content, Quoted};
use crate::message::outbound::Progress;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// A message of the ring. `Debug` shows neither what it says nor whom it is from.
#[derive(Clone, PartialEq)]
pub struct KeptMessage {
    /// Its place in the ring: grows.
    pub place: u64,
    /// WhatsApp's id.
    pub id: MessageId,
    /// Where it belongs.
    pub chat: Chat,
    /// Who wrote it; `None`: the account itself.
    pub sender: Option<Person>,
    /// The account wrote it, here or on another device.
    pub from_me: bool,
    /// The name the sender gives themselves.
    pub name: Option<String>,
    /// The group's name.
    pub group_name: Option<String>,
    /// When it was sent, or asked to be.
    pub at: UnixMillis,
    /// What it says, without the keys of its file.
    pub content: Content,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// How far it is, if it goes out from here.
    pub progress: Option<Progress>,
    /// Since when it is that far.
    pub progress_at: Option<UnixMillis>,
    /// The event it was told as: also the name of its file.
    pub event: Option<Ulid>,
}

impl fmt::Debug for KeptMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptMessage")
            .field("place", &self.place)
            .field("id", &self.id.as_str())
            .field("from_me", &self.from_me)
            .field("content", &self.content)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To the account.
    Inbound,
    /// From the account.
    Outbound,
}

/// Which messages are asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageFilter {
    /// Only those that went this way.
    pub direction: Option<Direction>,
    /// Only those of this chat; a person is known by either address.
    pub chat: Option<Chat>,
    /// Only those older than this place.
    pub cursor: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl MessageFilter {
    /// The newest ones, whatever they are.
    #[must_use]
    pub fn newest(limit: usize) -> Self {
        Self {
            direction: None,
            chat: None,
            cursor: None,
            limit,
        }
    }
}

/// A message as it stands in the file. The id comes first: it is looked for without reading on.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: MessageId,
    pub(super) chat: Chat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<Person>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) me: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    pub(super) at: UnixMillis,
    /// `None`: it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) says: Option<Content>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) quoted: Option<Quoted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<Progress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<UnixMillis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<String>,
}

impl Row {
    fn of(message: &KeptMessage) -> Self {
        let message = message.clone();
        Self {
            id: message.id,
            chat: message.chat,
            by: message.sender,
            me: message.from_me,
            name: message.name,
            group: message.group_name,
            at: message.at,
            says: Some(message.content),
            quoted: message.quoted,
            progress: message.progress,
            since: message.progress_at,
            event: message.event.map(|event| event.to_string()),
        }
    }

    /// `None` for what was not taken.
    pub(super) fn into_message(self, place: u64) -> Option<KeptMessage> {
        Some(KeptMessage {
            place,
            id: self.id,
            chat: self.chat,
            sender: self.by,
            from_me: self.me,
            name: self.name,
            group_name: self.group,
            at: self.at,
            content: self.says?,
            quoted: self.quoted,
            progress: self.progress,
            progress_at: self.since,
            event: self.event.and_then(|event| event.parse().ok()),
        })
    }
}

/// Of the first number of a row: the message is shown.
pub(super) const SHOWN: u64 = 1;

/// What a message is looked for by when it comes in again: 63 bits of a digest. The names of people are
/// not in it, because one person has several.
pub(super) fn identity(id: &MessageId, kind: &str, from_me: bool) -> u64 {
    let mut digest = Sha256::new();
    digest.update([u8::from(from_me)]);
    digest.update(kind);
    digest.update([0]);
    digest.update(id.as_str());
    let digest = digest.finalize();
    let mut bits = [0; 8];
    bits.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(bits) & !SHOWN
}

pub(super) fn encode(row: &Row) -> Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|_| unreadable())
}

pub(super) fn decode(bytes: &[u8]) -> Result<Row> {
    serde_json::from_slice(bytes).map_err(|_| unreadable())
}

fn unreadable() -> StoreError {
    use redb::TableHandle as _;
    StoreError::Row {
        table: RING.name().to_owned(),
    }
}

/// The row of a message.
pub(super) fn encode_row(message: &KeptMessage) -> Result<(u64, Vec<u8>)> {
    let kind = message.content.word();
    let identity = identity(&message.id, kind, message.from_me) | SHOWN;
    Ok((identity, encode(&Row::of(message))?))
}

/// How a row that holds this id begins.
pub(super) fn beginning(id: &MessageId) -> Result<Vec<u8>> {
    let id = serde_json::to_string(id).map_err(|_| unreadable())?;
    Ok(format!("{{\"id\":{id},").into_bytes())
}

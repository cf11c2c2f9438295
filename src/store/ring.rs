//! The last messages of an account, both ways: a ring for the page and for programs that were away, and
//! the memory by which a message is known again.
//!
//! A message that was not taken leaves a row as well, without what it said, so that it is refused once.
//! The ring outlives the identity: it belongs to the person.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{Result, StoreError};
use super::people;
use super::rows::{Tx, all_of};
use super::schema::ACCOUNTS;
use super::schema_3::RING;
use super::{Store, box_names};
use crate::account::AccountId;
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::{Content, Quoted};
use crate::message::inbound::Inbound;
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
struct Row {
    id: MessageId,
    chat: Chat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Person>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    me: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    at: UnixMillis,
    /// `None`: it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    says: Option<Content>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quoted: Option<Quoted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<UnixMillis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
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
    fn into_message(self, place: u64) -> Option<KeptMessage> {
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
const SHOWN: u64 = 1;

/// What a message is looked for by when it comes in again: 63 bits of a digest. The names of people are
/// not in it, because one person has several.
fn identity(id: &MessageId, kind: &str, from_me: bool) -> u64 {
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

fn encode(row: &Row) -> Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|_| unreadable())
}

fn decode(bytes: &[u8]) -> Result<Row> {
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

/// A late task of a link must not leave messages of an account that was deleted: it had a number that
/// was given out, and has no record.
pub(super) fn refuse_deleted(tx: &Tx, account: u32) -> Result<()> {
    if account < box_names::next_account(tx)? && tx.rows(ACCOUNTS)?.get(account)?.is_none() {
        return Err(StoreError::Deleted);
    }
    Ok(())
}

/// The ring of one account within a transaction: what is in it, without what it says.
pub(super) struct Ring {
    account: u32,
    next: u64,
    /// The places of what is shown, and of what was not taken; oldest first.
    shown: VecDeque<u64>,
    refused: VecDeque<u64>,
    /// Identity → places.
    known: BTreeMap<u64, Vec<u64>>,
}

impl Ring {
    pub(super) fn load(tx: &Tx, account: u32) -> Result<Self> {
        let mut ring = Self {
            account,
            next: 0,
            shown: VecDeque::new(),
            refused: VecDeque::new(),
            known: BTreeMap::new(),
        };
        for row in tx.rows(RING)?.range(all_of::<(u32, u64)>(account))? {
            let (key, row) = row?;
            ring.note(key.value().1, row.value().0);
        }
        Ok(ring)
    }

    fn note(&mut self, place: u64, identity: u64) {
        if identity & SHOWN == SHOWN {
            self.shown.push_back(place);
        } else {
            self.refused.push_back(place);
        }
        let places = self.known.entry(identity & !SHOWN).or_default();
        places.push(place);
        self.next = place + 1;
    }

    /// Whether a message came in before: by the same id, kind, chat and sender, whatever they are called.
    pub(super) fn holds(&self, tx: &Tx, inbound: &Inbound) -> Result<bool> {
        let sender = (!inbound.from_me).then_some(&inbound.sender);
        self.has(
            tx,
            &inbound.id,
            inbound.content.word(),
            &inbound.chat,
            sender,
        )
    }

    /// The same, of its parts; `sender` is `None` for what the account wrote.
    pub(super) fn has(
        &self,
        tx: &Tx,
        id: &MessageId,
        kind: &str,
        chat: &Chat,
        sender: Option<&Person>,
    ) -> Result<bool> {
        let identity = identity(id, kind, sender.is_none());
        for place in self.known.get(&identity).into_iter().flatten() {
            let row = match tx.rows(RING)?.get((self.account, *place))? {
                Some(row) => decode(row.value().1)?,
                None => continue,
            };
            let its = people::resolve_chat(tx, self.account, row.chat)?;
            let by = row.by.map(|by| people::resolve(tx, self.account, by));
            let same_sender = match (by.transpose()?, sender) {
                (Some(by), Some(sender)) => by.is(sender),
                (by, sender) => by.is_none() && sender.is_none(),
            };
            if same_chat(&its, chat) && same_sender {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a message of ours is in it.
    pub(super) fn holds_own(&self, tx: &Tx, id: &MessageId, kind: &str) -> Result<bool> {
        let known = self.known.get(&identity(id, kind, true));
        for place in known.into_iter().flatten() {
            if let Some(row) = tx.rows(RING)?.get((self.account, *place))?
                && decode(row.value().1)?.id == *id
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds a message; its place is given to it.
    pub(super) fn append(&mut self, tx: &Tx, mut message: KeptMessage) -> Result<()> {
        message.place = self.next;
        let (identity, bytes) = encode_row(&message)?;
        self.put(tx, identity, &bytes)
    }

    /// Remembers a message that was not taken.
    pub(super) fn pass(&mut self, tx: &Tx, inbound: &Inbound) -> Result<()> {
        let row = Row {
            id: inbound.id.clone(),
            chat: inbound.chat.clone(),
            by: (!inbound.from_me).then(|| inbound.sender.clone()),
            me: inbound.from_me,
            name: None,
            group: None,
            at: inbound.at,
            says: None,
            quoted: None,
            progress: None,
            since: None,
            event: None,
        };
        let identity = identity(&inbound.id, inbound.content.word(), inbound.from_me);
        self.put(tx, identity, &encode(&row)?)
    }

    fn put(&mut self, tx: &Tx, identity: u64, bytes: &[u8]) -> Result<()> {
        let place = self.next;
        tx.rows(RING)?
            .put((self.account, place), (identity, bytes))?;
        self.note(place, identity);
        Ok(())
    }

    /// Cuts it to its length, once it is so much too long that it is worth it.
    pub(super) fn trim(&mut self, tx: &Tx) -> Result<()> {
        let mut rows = tx.rows(RING)?;
        let parts = [
            (&mut self.shown, limits::MESSAGE_RING),
            (&mut self.refused, limits::REFUSED_RING),
        ];
        for (places, most) in parts {
            if places.len() <= most + limits::RING_SLACK {
                continue;
            }
            for place in places.drain(..places.len() - most) {
                rows.remove((self.account, place))?;
            }
        }
        Ok(())
    }
}

/// Whether both are the same chat: a person is one by either address.
pub(super) fn same_chat(one: &Chat, other: &Chat) -> bool {
    match (one, other) {
        (Chat::Person(one), Chat::Person(other)) => one.is(other),
        (Chat::Group(one), Chat::Group(other)) => one == other,
        _ => false,
    }
}

/// How a row that holds this id begins.
fn beginning(id: &MessageId) -> Result<Vec<u8>> {
    let id = serde_json::to_string(id).map_err(|_| unreadable())?;
    Ok(format!("{{\"id\":{id},").into_bytes())
}

/// How far a message may go from here: on, or to its end.
fn may_become(now: Option<&Progress>, then: &Progress) -> bool {
    let rank = |progress: &Progress| match progress {
        Progress::Queued => 0,
        Progress::Sent => 1,
        Progress::Delivered => 2,
        Progress::Read => 3,
        Progress::Failed { .. } => 4,
    };
    match (now, then) {
        // What the owner wrote elsewhere has no progress of ours.
        (None | Some(Progress::Failed { .. }), _) => false,
        // Whoever got it got it.
        (Some(now), Progress::Failed { .. }) => rank(now) <= rank(&Progress::Sent),
        (Some(now), then) => rank(now) < rank(then),
    }
}

/// What is known of a message that goes out, after it got further.
pub(super) enum Moved {
    /// It is not in the ring.
    Unknown,
    /// It was as far already.
    Stays,
    /// It got further; its chat.
    On(Chat),
}

/// Notes how far a message is that went out.
pub(super) fn advance(
    tx: &Tx,
    account: u32,
    id: &MessageId,
    chat: Option<&Chat>,
    progress: &Progress,
    now: UnixMillis,
) -> Result<Moved> {
    let beginning = beginning(id)?;
    let mut rows = tx.rows(RING)?;
    let mut found = None;
    for row in rows.range(all_of::<(u32, u64)>(account))?.rev() {
        let (key, row) = row?;
        let (identity, bytes) = row.value();
        if !bytes.starts_with(&beginning) {
            continue;
        }
        let row = decode(bytes)?;
        let here = match chat {
            None => true,
            Some(chat) => {
                let its = people::resolve_chat(tx, account, row.chat.clone())?;
                same_chat(chat, &its)
            }
        };
        if row.me && here {
            found = Some((key.value().1, identity, row));
            break;
        }
    }
    let Some((place, identity, mut row)) = found else {
        return Ok(Moved::Unknown);
    };
    if !may_become(row.progress.as_ref(), progress) {
        return Ok(Moved::Stays);
    }
    row.progress = Some(progress.clone());
    row.since = Some(now);
    rows.put((account, place), (identity, &encode(&row)?))?;
    Ok(Moved::On(row.chat))
}

impl Store {
    /// Messages of the ring, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn messages(&self, account: AccountId, filter: MessageFilter) -> Result<Vec<KeptMessage>> {
        self.read(|tx| {
            let ring = tx.open_table(RING)?;
            let chat = filter.chat;
            let chat = chat.map(|chat| people::resolve_chat(tx, account.0, chat));
            let chat = chat.transpose()?;
            let mut found = Vec::new();
            // The slack is not shown: how long the ring is does not depend on when it was cut.
            let mut left = limits::MESSAGE_RING;
            for row in ring.range(all_of::<(u32, u64)>(account.0))?.rev() {
                let (key, row) = row?;
                let place = key.value().1;
                let (identity, bytes) = row.value();
                if identity & SHOWN == 0 {
                    continue;
                }
                if left == 0 || found.len() >= filter.limit {
                    break;
                }
                left -= 1;
                if filter.cursor.is_some_and(|cursor| place >= cursor) {
                    continue;
                }
                let Some(message) = decode(bytes)?.into_message(place) else {
                    continue;
                };
                let wanted = match filter.direction {
                    None => true,
                    Some(direction) => (direction == Direction::Outbound) == message.from_me,
                };
                let here = match &chat {
                    None => true,
                    Some(chat) => {
                        let its = people::resolve_chat(tx, account.0, message.chat.clone())?;
                        same_chat(chat, &its)
                    }
                };
                if wanted && here {
                    found.push(message);
                }
            }
            Ok(found)
        })
    }

    /// The newest message of that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn message(&self, account: AccountId, id: &MessageId) -> Result<Option<KeptMessage>> {
        self.read(|tx| {
            let beginning = beginning(id)?;
            let ring = tx.open_table(RING)?;
            for row in ring.range(all_of::<(u32, u64)>(account.0))?.rev() {
                let (key, row) = row?;
                let (identity, bytes) = row.value();
                if identity & SHOWN == SHOWN && bytes.starts_with(&beginning) {
                    return Ok(decode(bytes)?.into_message(key.value().1));
                }
            }
            Ok(None)
        })
    }
}

//! What waits to be sent by each account, in order, and the keys by which an asker's repetition is known.
//!
//! A message that is queued has a row here and one in the ring; once WhatsApp's server has it, or it
//! failed, only the one in the ring is left.

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::kept::KeptMessage;
use super::ring::{self, Moved, Ring};
use super::rows::{Tx, all_of, decode, encode};
use super::schema_3::{IDEMPOTENCY, SEND_QUEUE};
use super::{Store, people};
use crate::account::AccountId;
use crate::limits;
use crate::message::address::{Chat, MessageId};
use crate::message::content::{Content, Media};
use crate::message::outbound::{Draft, Outbound, Progress};
use crate::time::UnixMillis;

/// The key an asker put on a request, and what they are answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idempotency {
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of what is asked for.
    pub body_hash: [u8; 32],
    /// The answer; the same key gets it again.
    pub answer: String,
}

/// What became of messages that were to be queued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Queued {
    /// They are queued.
    New,
    /// The key was used before for the same: nothing is queued, this was the answer.
    Same(String),
    /// The key was used before for something else.
    Conflict,
}

/// A message that got further: its id, its chat, and how far it is now.
pub type Change = (MessageId, Chat, Progress);

/// [`Idempotency`] as it stands in the file.
#[derive(Serialize, Deserialize)]
struct KeyRow {
    at: UnixMillis,
    body: [u8; 32],
    answer: String,
}

impl Store {
    /// Queues messages to be sent, in this order, and keeps them in the ring. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; then all or none of them may be queued.
    pub async fn queue(
        &self,
        account: AccountId,
        messages: Vec<Outbound>,
        key: Option<Idempotency>,
        now: UnixMillis,
    ) -> Result<Queued> {
        self.write(move |tx| {
            ring::refuse_deleted(tx, account.0)?;
            if let Some(key) = &key
                && let Some(before) = use_key(tx, account.0, key, now)?
            {
                return Ok(before);
            }
            append(tx, account.0, &messages)?;
            Ok(Queued::New)
        })
        .await
    }

    /// What waits to be sent, in order, each with its place.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn send_queue(&self, account: AccountId) -> Result<Vec<(u64, Outbound)>> {
        self.read(|tx| {
            let rows = tx.open_table(SEND_QUEUE)?;
            let mut queue = Vec::new();
            for row in rows.range(all_of::<(u32, u64)>(account.0))? {
                let (key, row) = row?;
                queue.push((key.value().1, decode(SEND_QUEUE, row.value())?));
            }
            Ok(queue)
        })
    }

    /// How many messages wait to be sent.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn send_queue_length(&self, account: AccountId) -> Result<usize> {
        self.read(|tx| {
            let rows = tx.open_table(SEND_QUEUE)?;
            Ok(rows.range(all_of::<(u32, u64)>(account.0))?.count())
        })
    }

    /// What a key stood for, and what was answered to it: for whoever wants to know before anything is
    /// done. [`Store::queue`] decides.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn answered(
        &self,
        account: AccountId,
        key: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<([u8; 32], String)>> {
        self.read(|tx| {
            let rows = tx.open_table(IDEMPOTENCY)?;
            let (life, oldest) = key_life(now);
            for bucket in oldest..=bucket(now) {
                let Some(row) = rows.get((account.0, bucket, key))? else {
                    continue;
                };
                let row: KeyRow = decode(IDEMPOTENCY, row.value())?;
                if now.0.saturating_sub(row.at.0) < life {
                    return Ok(Some((row.body, row.answer)));
                }
            }
            Ok(None)
        })
    }

    /// Counts an attempt to send a message. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the attempt may not be counted.
    pub async fn attempted(&self, account: AccountId, id: &MessageId) -> Result<()> {
        let id = id.clone();
        self.write(move |tx| {
            let mut rows = tx.rows(SEND_QUEUE)?;
            let mut found = None;
            for row in rows.range(all_of::<(u32, u64)>(account.0))? {
                let (key, row) = row?;
                let message: Outbound = decode(SEND_QUEUE, row.value())?;
                if message.id == id {
                    found = Some((key.value(), message));
                    break;
                }
            }
            let Some((place, mut message)) = found else {
                return Ok(());
            };
            message.attempts = message.attempts.saturating_add(1);
            rows.put(place, &encode(SEND_QUEUE, &message)?)
        })
        .await
    }

    /// Notes how far messages are; `chat` is `None` when it is not known. What is sent or failed leaves
    /// the queue. Durable when it returns; says what changed.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it may be noted or not.
    pub async fn progress(
        &self,
        account: AccountId,
        ids: &[MessageId],
        chat: Option<&Chat>,
        progress: Progress,
        now: UnixMillis,
    ) -> Result<Vec<Change>> {
        let (ids, chat) = (ids.to_vec(), chat.cloned());
        self.write(move |tx| {
            let chat = chat.clone();
            let chat = chat.map(|chat| people::resolve_chat(tx, account.0, chat));
            let chat = chat.transpose()?;
            let mut changes = Vec::new();
            for id in &ids {
                if let Some(chat) = advance(tx, account.0, id, chat.as_ref(), &progress, now)? {
                    changes.push((id.clone(), chat, progress.clone()));
                }
            }
            Ok(changes)
        })
        .await
    }
}

/// Notes how far one message is; its chat, if that is news.
fn advance(
    tx: &Tx,
    account: u32,
    id: &MessageId,
    chat: Option<&Chat>,
    progress: &Progress,
    now: UnixMillis,
) -> Result<Option<Chat>> {
    let mut waited = None;
    if *progress != Progress::Queued {
        waited = remove(tx, account, id, chat)?;
    }
    Ok(match ring::advance(tx, account, id, chat, progress, now)? {
        Moved::On(chat) => Some(chat),
        Moved::Stays => None,
        // It waited so long that the ring forgot it.
        Moved::Unknown => waited,
    })
}

/// Takes a message out of the queue; its chat, if it was there.
fn remove(tx: &Tx, account: u32, id: &MessageId, chat: Option<&Chat>) -> Result<Option<Chat>> {
    let mut rows = tx.rows(SEND_QUEUE)?;
    let mut found = None;
    for row in rows.range(all_of::<(u32, u64)>(account))? {
        let (key, row) = row?;
        let message: Outbound = decode(SEND_QUEUE, row.value())?;
        if message.id != *id {
            continue;
        }
        let its = people::resolve_chat(tx, account, message.chat)?;
        if chat.is_none_or(|chat| chat.is(&its)) {
            found = Some((key.value().1, its));
            break;
        }
    }
    let Some((place, chat)) = found else {
        return Ok(None);
    };
    rows.remove((account, place))?;
    Ok(Some(chat))
}

/// Queues messages; one that was queued before is not queued again. Says whether any was.
pub(super) fn append(tx: &Tx, account: u32, messages: &[Outbound]) -> Result<bool> {
    let mut ring = Ring::load(tx, account)?;
    let any = append_to(tx, account, &mut ring, messages)?;
    ring.trim(tx)?;
    Ok(any)
}

/// The same, with the ring at hand.
pub(super) fn append_to(
    tx: &Tx,
    account: u32,
    ring: &mut Ring,
    messages: &[Outbound],
) -> Result<bool> {
    let mut any = false;
    for message in messages {
        if ring.holds_own(tx, &message.id, message.content.word())? {
            continue;
        }
        let mut rows = tx.rows(SEND_QUEUE)?;
        let last = rows.range(all_of::<(u32, u64)>(account))?.next_back();
        let place = last.transpose()?.map_or(0, |(key, _)| key.value().1 + 1);
        rows.put((account, place), &encode(SEND_QUEUE, message)?)?;
        drop(rows);
        let chat = people::resolve_chat(tx, account, message.chat.clone())?;
        ring.append(tx, kept(message, chat))?;
        any = true;
    }
    Ok(any)
}

/// The message as the ring keeps it.
fn kept(message: &Outbound, chat: Chat) -> KeptMessage {
    KeptMessage {
        place: 0,
        id: message.id.clone(),
        chat,
        sender: None,
        from_me: true,
        name: None,
        group_name: None,
        at: message.queued_at,
        content: content_of(&message.content),
        quoted: message.quoted.clone(),
        progress: Some(Progress::Queued),
        progress_at: Some(message.queued_at),
        event: None,
    }
}

fn content_of(draft: &Draft) -> Content {
    match draft.clone() {
        Draft::Text { text } => Content::Text { text },
        Draft::Media {
            kind,
            spooled: _,
            mimetype,
            size,
            caption,
            filename,
        } => Content::Media(Media {
            kind,
            mimetype,
            size,
            sha256: String::new(),
            caption,
            filename,
            seconds: None,
            remote: None,
        }),
        Draft::Location(location) => Content::Location(location),
        Draft::Contact(card) => Content::Contact { cards: vec![card] },
        Draft::Reaction {
            target,
            sender: _,
            emoji,
        } => Content::Reaction { target, emoji },
    }
}

/// Fails everything that waits; what failed.
pub(super) fn fail_all(tx: &Tx, account: u32, code: &str) -> Result<Vec<Change>> {
    let mut waiting = Vec::new();
    for row in tx.rows(SEND_QUEUE)?.range(all_of::<(u32, u64)>(account))? {
        let (_, row) = row?;
        let message: Outbound = decode(SEND_QUEUE, row.value())?;
        waiting.push((message.id, message.chat, message.queued_at));
    }
    let failed = Progress::Failed { code: code.into() };
    let mut changes = Vec::new();
    for (id, chat, at) in waiting {
        // No clock here: what failed was asked for then.
        if let Some(chat) = advance(tx, account, &id, Some(&chat), &failed, at)? {
            changes.push((id, chat, failed.clone()));
        }
    }
    tx.rows(SEND_QUEUE)?.remove_account(account)?;
    Ok(changes)
}

/// The quarters of a day keys are kept in, so that old ones go without a search.
fn bucket(at: UnixMillis) -> u32 {
    const QUARTER: u64 = 6 * 3600 * 1000;
    u32::try_from(at.0 / QUARTER).unwrap_or(u32::MAX)
}

/// Keeps a key; if it was used before, how that went.
fn use_key(tx: &Tx, account: u32, key: &Idempotency, now: UnixMillis) -> Result<Option<Queued>> {
    let mut rows = tx.rows(IDEMPOTENCY)?;
    let (life, oldest) = key_life(now);
    let newest = bucket(now);
    for bucket in oldest..=newest {
        let Some(row) = rows.get((account, bucket, &key.key_hash))? else {
            continue;
        };
        let row: KeyRow = decode(IDEMPOTENCY, row.value())?;
        if now.0.saturating_sub(row.at.0) < life {
            let same = row.body == key.body_hash;
            return Ok(Some(if same {
                Queued::Same(row.answer)
            } else {
                Queued::Conflict
            }));
        }
    }
    rows.retain(
        (account, 0, &[0; 32])..(account, oldest, &[0; 32]),
        |_, _| false,
    )?;
    let row = KeyRow {
        at: now,
        body: key.body_hash,
        answer: key.answer.clone(),
    };
    rows.put(
        (account, newest, &key.key_hash),
        &encode(IDEMPOTENCY, &row)?,
    )?;
    Ok(None)
}

/// How long a key is good, in milliseconds, and the bucket of the oldest that is.
fn key_life(now: UnixMillis) -> (u64, u32) {
    let life = u64::try_from(limits::IDEMPOTENCY.as_millis()).unwrap_or(u64::MAX);
    (life, bucket(UnixMillis(now.0.saturating_sub(life))))
}

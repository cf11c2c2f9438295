//! The last messages of an account, both ways: a ring for the page and for programs that were away, and
//! the memory by which a message is known again.
//!
//! A message that was not taken leaves a row as well, without what it said, so that it is refused once.
//! The ring outlives the identity: it belongs to the person.

use std::collections::{BTreeMap, VecDeque};

use super::box_names;
use super::error::{Result, StoreError};
use super::kept::{KeptMessage, Row, SHOWN, beginning, decode, encode, encode_row, identity};
use super::people;
use super::rows::{Tx, all_of};
use super::schema::ACCOUNTS;
use super::schema_3::RING;
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::inbound::Inbound;
use crate::message::outbound::Progress;
use crate::time::UnixMillis;

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
            if its.is(chat) && same_sender {
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

/// Whether a message of that id is shown.
pub(super) fn shows(tx: &Tx, account: u32, id: &MessageId) -> Result<bool> {
    let beginning = beginning(id)?;
    for row in tx.rows(RING)?.range(all_of::<(u32, u64)>(account))? {
        let (_, row) = row?;
        let (identity, bytes) = row.value();
        if identity & SHOWN == SHOWN && bytes.starts_with(&beginning) {
            return Ok(true);
        }
    }
    Ok(false)
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
                chat.is(&its)
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

//! The tables of the gateway half, which came with schema 3, and the step that takes older files there:
//! the texts of the old ring become messages of the new one.

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::Deserialize;

use super::error::Result;
use super::kept::{self, KeptMessage};
use super::rows::{Tx, decode};
use super::schema::copy_rows;
use super::{outbox, webhooks};
use crate::message::content::Content;
use crate::message::outbound::Progress;
use crate::time::UnixMillis;

/// Declares the tables whose keys start with an account's number: an account takes them with it.
macro_rules! account_tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty = $text:literal;)+) => {
        $(
            $(#[$doc])*
            pub(super) const $name: TableDefinition<'static, $key, $value> =
                TableDefinition::new($text);
        )+

        fn create_account_tables(tx: &WriteTransaction) -> Result<()> {
            $(tx.open_table($name)?;)+
            Ok(())
        }

        fn forget_rows(tx: &Tx, account: u32) -> Result<()> {
            $(tx.rows($name)?.remove_account(account)?;)+
            Ok(())
        }

        fn copy_account_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
            $(copy_rows(from, to, $name)?;)+
            Ok(())
        }

        #[cfg(feature = "bench")]
        fn visit_account_rows(
            tx: &redb::ReadTransaction,
            visit: &mut super::schema::Visit<'_>,
        ) -> Result<()> {
            $(super::schema::visit_rows(tx, $name, visit)?;)+
            Ok(())
        }
    };
}

account_tables! {
    /// (account, place) → (identity of the message, see `ring`; the message: JSON).
    RING: (u32, u64) => (u64, &'static [u8]) = "ring";
    /// (account, place) → a message that waits to be sent: JSON.
    SEND_QUEUE: (u32, u64) => &'static [u8] = "send_queue";
    /// (account, name of the event) → where its file lies: JSON. The row of all ones holds how many
    /// there are.
    MEDIA: (u32, u128) => &'static [u8] = "media";
    /// (account, address) → what is remembered of a person: JSON; under a person's second address, the
    /// first.
    ACQUAINTANCES: (u32, &'static str) => &'static [u8] = "acquaintances";
    /// (account, code) → somebody who waits for approval: JSON.
    REQUESTS: (u32, &'static str) => &'static [u8] = "requests";
    /// (account, a quarter of a day, digest of the key) → what was asked and answered: JSON.
    IDEMPOTENCY: (u32, u32, &'static [u8; 32]) => &'static [u8] = "idempotency";
    /// Account → its policy: JSON.
    POLICIES: u32 => &'static [u8] = "policies";
    /// Account → its routes: JSON.
    ROUTES: u32 => &'static [u8] = "routes";
}

/// Webhook → the webhook: JSON.
pub(super) const WEBHOOKS: TableDefinition<'static, u32, &'static [u8]> =
    TableDefinition::new("webhooks");

/// A delivery, or the head of a line: (its head, JSON or numbers; the envelope).
pub(super) type DeliveryRow = (&'static [u8], &'static str);

/// (webhook, place) → a delivery that waits. The last place of a webhook holds the head of its line.
pub(super) const OUTBOX: TableDefinition<'static, (u32, u64), DeliveryRow> =
    TableDefinition::new("outbox");

/// (webhook, place) → a delivery that was given up.
pub(super) const DEAD: TableDefinition<'static, (u32, u64), DeliveryRow> =
    TableDefinition::new("dead");

/// Creates all of them.
pub(super) fn create_gateway_tables(tx: &WriteTransaction) -> Result<()> {
    create_account_tables(tx)?;
    tx.open_table(WEBHOOKS)?;
    tx.open_table(OUTBOX)?;
    tx.open_table(DEAD)?;
    Ok(())
}

/// Deletes all rows about an account, and takes it off the lists of webhooks.
pub(super) fn forget_account(tx: &Tx, account: u32) -> Result<()> {
    forget_rows(tx, account)?;
    outbox::forget_account(tx, account)?;
    webhooks::forget_account(tx, account)
}

/// Copies every row.
pub(super) fn copy_gateway_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
    copy_account_rows(from, to)?;
    copy_rows(from, to, WEBHOOKS)?;
    copy_rows(from, to, OUTBOX)?;
    copy_rows(from, to, DEAD)
}

/// Shows every row to `visit`.
#[cfg(feature = "bench")]
pub(super) fn visit_gateway_rows(
    tx: &redb::ReadTransaction,
    visit: &mut super::schema::Visit<'_>,
) -> Result<()> {
    use super::schema::visit_rows;
    visit_account_rows(tx, visit)?;
    visit_rows(tx, WEBHOOKS, visit)?;
    visit_rows(tx, OUTBOX, visit)?;
    visit_rows(tx, DEAD, visit)
}

/// (account, running number) → a text: JSON. Schemas 1 and 2.
const OLD_RING: TableDefinition<'static, (u32, u64), &'static [u8]> =
    TableDefinition::new("messages");

/// (account, chat, message id, from us) → running number. Schemas 1 and 2.
const OLD_NUMBERS: TableDefinition<'static, (u32, &'static str, &'static str, bool), u64> =
    TableDefinition::new("message_numbers");

/// A row of [`OLD_RING`].
#[derive(Deserialize)]
struct OldRow {
    id: String,
    chat: String,
    from_me: bool,
    sender: String,
    timestamp_s: i64,
    text: String,
}

impl OldRow {
    /// The message; `None` for what no chat was (a status, a broadcast) or has no sender.
    fn into_message(self, place: u64) -> Option<KeptMessage> {
        let sender = self.sender.parse().ok();
        let seconds = u64::try_from(self.timestamp_s).unwrap_or(0);
        Some(KeptMessage {
            place,
            id: self.id.parse().ok()?,
            chat: self.chat.parse().ok()?,
            sender: if self.from_me { None } else { Some(sender?) },
            from_me: self.from_me,
            name: None,
            group_name: None,
            at: UnixMillis(seconds.saturating_mul(1000)),
            content: Content::Text { text: self.text },
            quoted: None,
            // Only what was sent was kept.
            progress: self.from_me.then_some(Progress::Sent),
            progress_at: None,
            event: None,
        })
    }
}

/// Schema 3: the gateway's tables; the old ring is taken over.
pub(super) fn to_3(tx: &WriteTransaction) -> Result<()> {
    create_gateway_tables(tx)?;
    {
        let old = tx.open_table(OLD_RING)?;
        let mut ring = tx.open_table(RING)?;
        for row in old.iter()? {
            let (key, row) = row?;
            let (account, place) = key.value();
            let row: OldRow = decode(OLD_RING, row.value())?;
            if let Some(message) = row.into_message(place) {
                let (identity, bytes) = kept::encode_row(&message)?;
                ring.insert((account, place), (identity, bytes.as_slice()))?;
            }
        }
    }
    tx.delete_table(OLD_RING)?;
    tx.delete_table(OLD_NUMBERS)?;
    Ok(())
}

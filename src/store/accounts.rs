//! The accounts of the box: what the person decided, and whether a WhatsApp identity stands behind.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::rows::{decode, encode};
use super::schema::ACCOUNTS;
use super::{Store, box_names, device};
use crate::account::{AccountId, AccountRecord};
use crate::event::{LinkedAs, StoredAccount};
use crate::time::UnixMillis;

/// [`AccountRecord`] as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Row {
    label: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    last_reason: Option<String>,
    #[serde(default)]
    country_prefix: Option<String>,
    #[serde(default)]
    phone_seen_ms: Option<u64>,
}

impl From<AccountRecord> for Row {
    fn from(record: AccountRecord) -> Self {
        Self {
            label: record.label,
            enabled: record.enabled,
            last_reason: record.last_reason,
            country_prefix: record.country_prefix.map(|code| code.digits().to_owned()),
            phone_seen_ms: record.phone_seen.map(|at| at.0),
        }
    }
}

impl From<Row> for AccountRecord {
    fn from(row: Row) -> Self {
        Self {
            label: row.label,
            enabled: row.enabled,
            last_reason: row.last_reason,
            country_prefix: row.country_prefix.and_then(|code| code.parse().ok()),
            phone_seen: row.phone_seen_ms.map(UnixMillis),
        }
    }
}

impl Store {
    /// All accounts, by number. An account is linked when its identity has completed pairing.
    ///
    /// # Errors
    /// [`super::StoreError`]; also when a single row cannot be understood. Nothing is skipped.
    pub fn accounts(&self) -> Result<Vec<StoredAccount>> {
        self.read(|tx| {
            let mut accounts = Vec::new();
            for row in tx.open_table(ACCOUNTS)?.iter()? {
                let (id, record) = row?;
                let record: Row = decode(ACCOUNTS, record.value())?;
                let pn = device::load(tx, id.value())?.and_then(|device| device.pn);
                accounts.push(StoredAccount {
                    id: AccountId(id.value()),
                    record: record.into(),
                    linked: pn.map(|pn| LinkedAs {
                        phone: pn.user.parse().ok(),
                    }),
                });
            }
            Ok(accounts)
        })
    }

    /// Creates an account, named `label` and switched off, when the store has none: in a new store it
    /// is [`AccountId::FIRST`].
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn ensure_first_account(&self, label: &str) -> Result<()> {
        let record = AccountRecord {
            label: label.to_owned(),
            ..AccountRecord::default()
        };
        let bytes = encode(ACCOUNTS, &Row::from(record))?;
        self.write(move |tx| {
            let mut rows = tx.rows(ACCOUNTS)?;
            if rows.range(0..u32::MAX)?.next().is_some() {
                return Ok(());
            }
            let account = box_names::next_account(tx)?;
            rows.put(account, &bytes)?;
            box_names::note_account(tx, account)
        })
        .await
    }

    /// Keeps what the person decided; the first record of an account takes its number for good.
    /// Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the record that was there may still be.
    pub async fn save_record(&self, account: AccountId, record: AccountRecord) -> Result<()> {
        let bytes = encode(ACCOUNTS, &Row::from(record))?;
        self.write(move |tx| {
            tx.rows(ACCOUNTS)?.put(account.0, &bytes)?;
            box_names::note_account(tx, account.0)
        })
        .await
    }
}

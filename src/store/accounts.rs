//! The accounts of the box: what the person decided, and whether a WhatsApp identity stands behind.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::rows::{decode, encode};
use super::schema::ACCOUNTS;
use super::{Store, device};
use crate::account::{AccountId, AccountRecord};
use crate::event::{LinkedAs, StoredAccount};

/// [`AccountRecord`] as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Row {
    label: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    last_reason: Option<String>,
}

impl From<AccountRecord> for Row {
    fn from(record: AccountRecord) -> Self {
        Self {
            label: record.label,
            enabled: record.enabled,
            last_reason: record.last_reason,
        }
    }
}

impl From<Row> for AccountRecord {
    fn from(row: Row) -> Self {
        Self {
            label: row.label,
            enabled: row.enabled,
            last_reason: row.last_reason,
            ..Self::default()
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

    /// Creates [`AccountId::FIRST`], named `label` and switched off, when the store has no account.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn ensure_first_account(&self, label: &str) -> Result<()> {
        let row = Row {
            label: label.to_owned(),
            enabled: false,
            last_reason: None,
        };
        let bytes = encode(ACCOUNTS, &row)?;
        self.write(move |tx| {
            let mut rows = tx.rows(ACCOUNTS)?;
            if rows.range(0..u32::MAX)?.next().is_none() {
                rows.put(AccountId::FIRST.0, &bytes)?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps what the person decided. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the record that was there may still be.
    pub async fn save_record(&self, account: AccountId, record: AccountRecord) -> Result<()> {
        let bytes = encode(ACCOUNTS, &Row::from(record))?;
        self.write(move |tx| tx.rows(ACCOUNTS)?.put(account.0, &bytes))
            .await
    }
}

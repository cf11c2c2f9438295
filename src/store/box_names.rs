//! What the box calls itself and its accounts: a name made once, and numbers never given out again.

use redb::ReadableTable;
use redb::WriteTransaction;

use super::Store;
use super::error::{Result, StoreError};
use super::rows::Tx;
use super::schema::{ACCOUNTS, META};
use crate::account::AccountId;
use crate::clock::Clock;
use crate::ulid::Ulid;

/// Name of the row with the box's ULID: its 128 bits, little-endian.
const BOX_ID: &str = "box_id";

/// Name of the row with the next account's number: 32 bits, little-endian.
const NEXT_ACCOUNT: &str = "next_account";

impl Store {
    /// The name of this box, made when its store was.
    ///
    /// # Errors
    /// [`StoreError`]; also when the row is missing. Another one is never made: the names of all
    /// sessions hang on it.
    pub fn box_id(&self) -> Result<Ulid> {
        self.read(|tx| {
            let row = tx.open_table(META)?.get(BOX_ID)?;
            let bits = row.and_then(|row| row.value().try_into().ok());
            bits.map(|bits| Ulid::from_bits(u128::from_le_bytes(bits)))
                .ok_or_else(unreadable)
        })
    }

    /// The number the next account gets. It is raised with the first record of an account, in the
    /// same transaction, and never goes down.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_account(&self) -> Result<AccountId> {
        self.read(|tx| {
            let row = tx.open_table(META)?.get(NEXT_ACCOUNT)?;
            number(row.as_ref().map(redb::AccessGuard::value)).map(AccountId)
        })
    }
}

/// The name of this box.
pub(super) fn box_id(tx: &Tx) -> Result<Ulid> {
    let meta = tx.rows(META)?;
    let row = meta.get(BOX_ID)?;
    let bits = row.and_then(|row| row.value().try_into().ok());
    bits.map(|bits| Ulid::from_bits(u128::from_le_bytes(bits)))
        .ok_or_else(unreadable)
}

/// Notes that an account has its number: no other account will get it.
pub(super) fn note_account(tx: &Tx, account: u32) -> Result<()> {
    if account >= next_account(tx)? {
        put_next_account(tx, account)?;
    }
    Ok(())
}

fn put_next_account(tx: &Tx, last: u32) -> Result<()> {
    let next = last.saturating_add(1).to_le_bytes();
    tx.rows(META)?.put(NEXT_ACCOUNT, next.as_slice())
}

/// The number the next account gets.
pub(super) fn next_account(tx: &Tx) -> Result<u32> {
    let meta = tx.rows(META)?;
    let row = meta.get(NEXT_ACCOUNT)?;
    number(row.as_ref().map(redb::AccessGuard::value))
}

fn number(bytes: Option<&[u8]>) -> Result<u32> {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_le_bytes).ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    use redb::TableHandle as _;
    StoreError::Row {
        table: META.name().to_owned(),
    }
}

/// Gives a box its name, and its accounts a number that follows those it has: part of the commit that
/// makes a store, and of the step from schema 1.
pub(super) fn introduce(tx: &WriteTransaction) -> Result<()> {
    let last = tx.open_table(ACCOUNTS)?.last()?.map(|(id, _)| id.value());
    let next = last.map_or(AccountId::FIRST.0, |last| last.saturating_add(1));
    let mut meta = tx.open_table(META)?;
    meta.insert(NEXT_ACCOUNT, next.to_le_bytes().as_slice())?;
    // A box without a clock is named without a time: the chance is enough.
    let unix_ms = Clock::start().now().wall.map_or(0, |wall| wall.0);
    let mut chance = [0; 16];
    getrandom::fill(&mut chance).map_err(|_| StoreError::NoChance)?;
    let name = Ulid::new(unix_ms, u128::from_le_bytes(chance));
    meta.insert(BOX_ID, name.bits().to_le_bytes().as_slice())?;
    Ok(())
}

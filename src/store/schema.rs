//! Every table of the file, the schema number, and the steps between schema numbers.
//!
//! Every key starts with the account's number, so all rows of an account in a table are one range
//! and wiping its identity is one range a table. The types of keys and values are part of the file
//! format: a change to any of them is a new schema number and a migration step. Values are raw
//! bytes where the library hands us bytes, and JSON where it hands us serde types (their fields
//! come and go with its versions; JSON with `#[serde(default)]` survives that).

use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableHandle,
    WriteTransaction,
};
use thiserror::Error;

use super::box_names;
use super::error::{Result, StoreError};
use super::rows::Tx;
use super::schema_3::{self, POLICIES, ROUTES, WEBHOOKS, create_gateway_tables};

/// The schema number this program writes.
pub const SCHEMA: u32 = 3;

/// Takes a file from one schema number to the next, inside the transaction that raises the number.
type Step = fn(&WriteTransaction) -> Result<()>;

/// `STEPS[n - 1]` leads from schema `n` to `n + 1`.
const STEPS: &[Step] = &[to_2, schema_3::to_3];

const _: () = assert!(STEPS.len() + 1 == SCHEMA as usize);

/// A key that starts with the account's number.
pub(super) trait AccountKey: Key + 'static {
    /// The smallest key an account can have.
    fn first<'a>(account: u32) -> Self::SelfType<'a>;
}

macro_rules! account_keys {
    ($(($($field:ty),*) = ($($least:expr),*);)+) => {
        $(
            impl AccountKey for (u32, $($field),*) {
                fn first<'a>(account: u32) -> Self::SelfType<'a> {
                    (account, $($least),*)
                }
            }
        )+
    };
}

account_keys! {
    (u32) = (0);
    (u64) = (0);
    (&'static str) = ("");
    (&'static [u8]) = (&[]);
    (&'static str, &'static str) = ("", "");
    (&'static str, &'static [u8]) = ("", &[]);
    (&'static str, &'static str, &'static str) = ("", "", "");
    (u128) = (0);
    (u32, &'static [u8; 32]) = (0, &[0; 32]);
}

impl AccountKey for u32 {
    fn first<'a>(account: u32) -> Self::SelfType<'a> {
        account
    }
}

/// Declares the tables that hold what the protocol knows: all of them are wiped with an identity.
macro_rules! protocol_tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty = $text:literal;)+) => {
        $(
            $(#[$doc])*
            pub(super) const $name: TableDefinition<'static, $key, $value> =
                TableDefinition::new($text);
        )+

        fn create_protocol_tables(tx: &WriteTransaction) -> Result<()> {
            $(tx.open_table($name)?;)+
            Ok(())
        }

        /// Deletes every row the protocol keeps for an account.
        pub(super) fn wipe(tx: &Tx, account: u32) -> Result<()> {
            $(tx.rows($name)?.remove_account(account)?;)+
            Ok(())
        }

        fn copy_protocol_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
            $(copy_rows(from, to, $name)?;)+
            Ok(())
        }

        #[cfg(feature = "bench")]
        fn visit_protocol_rows(
            tx: &redb::ReadTransaction,
            visit: &mut Visit<'_>,
        ) -> Result<()> {
            $(visit_rows(tx, $name, visit)?;)+
            Ok(())
        }
    };
}

protocol_tables! {
    /// Account → the library's device: JSON. It holds the private keys of the identity.
    DEVICE: u32 => &'static [u8] = "device";
    /// (account, address) → identity key of a peer.
    IDENTITIES: (u32, &'static str) => &'static [u8; 32] = "identities";
    /// (account, address) → ratchet state with a peer's device.
    SESSIONS: (u32, &'static str) => &'static [u8] = "sessions";
    /// (account, id) → (offered to the service, one-time pre-key).
    PREKEYS: (u32, u32) => (bool, &'static [u8]) = "prekeys";
    /// (account, id) → signed pre-key.
    SIGNED_PREKEYS: (u32, u32) => &'static [u8] = "signed_prekeys";
    /// (account, group and sender) → sender key.
    SENDER_KEYS: (u32, &'static str) => &'static [u8] = "sender_keys";
    /// (account, key id) → app-state sync key: JSON.
    SYNC_KEYS: (u32, &'static [u8]) => &'static [u8] = "sync_keys";
    /// Account → id of the sync key stored last.
    LATEST_SYNC_KEY: u32 => &'static [u8] = "latest_sync_key";
    /// (account, collection) → version and hash of an app-state collection: JSON.
    SYNC_VERSIONS: (u32, &'static str) => &'static [u8] = "sync_versions";
    /// (account, collection, index MAC) → value MAC.
    MUTATION_MACS: (u32, &'static str, &'static [u8]) => &'static [u8] = "mutation_macs";
    /// (account, group, device) → whether the device has our sender key.
    SENDER_KEY_DEVICES: (u32, &'static str, &'static str) => bool = "sender_key_devices";
    /// (account, LID) → its phone number: JSON.
    LID_MAPPINGS: (u32, &'static str) => &'static [u8] = "lid_mappings";
    /// (account, phone number) → its most recent LID.
    LID_OF_PHONE: (u32, &'static str) => &'static str = "lid_of_phone";
    /// (account, address, message id) → base key of the session a message was sent with.
    BASE_KEYS: (u32, &'static str, &'static str) => &'static [u8] = "base_keys";
    /// (account, user) → the user's devices: JSON.
    DEVICE_LISTS: (u32, &'static str) => &'static [u8] = "device_lists";
    /// (account, group) → the library's snapshot of a group.
    GROUP_METADATA: (u32, &'static str) => &'static [u8] = "group_metadata";
    /// (account, user) → trusted contact token: JSON.
    TC_TOKENS: (u32, &'static str) => &'static [u8] = "tc_tokens";
    /// (account, chat, message id) → (stored at, unix seconds; message as sent).
    SENT_MESSAGES: (u32, &'static str, &'static str) => (i64, &'static [u8]) = "sent_messages";
    /// (account, chat, sender, message id) → (stored at, unix seconds; decrypted message).
    PENDING_INBOUND: (u32, &'static str, &'static str, &'static str) => (i64, &'static [u8]) =
        "pending_inbound";
    /// (account, chat, sender, message id) → (secret; expires at; sent at; both unix seconds, 0
    /// for never and unknown).
    MSG_SECRETS: (u32, &'static str, &'static str, &'static str) => (&'static [u8; 32], i64, i64) =
        "msg_secrets";
}

/// What is kept when an identity goes: schema number, client version, the box's name, the numbers
/// given out last. Name → bytes.
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("meta");
/// Account → what the person decided: JSON.
pub(super) const ACCOUNTS: TableDefinition<'static, u32, &'static [u8]> =
    TableDefinition::new("accounts");
/// Token → what it allows, and its digest: JSON.
pub(super) const TOKENS: TableDefinition<'static, u32, &'static [u8]> =
    TableDefinition::new("tokens");

const SCHEMA_KEY: &str = "schema";

/// Why a database cannot be used with this program.
#[derive(Debug, Error)]
pub(super) enum SchemaError {
    #[error("schema {0} is newer than this program")]
    Newer(u32),
    #[error("it holds the tables of another program")]
    Foreign,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a fresh database ours, or brings an older one of ours up to [`SCHEMA`].
pub(super) fn prepare(database: &Database) -> std::result::Result<(), SchemaError> {
    match stored_number(database)? {
        Some(SCHEMA) => Ok(()),
        Some(newer) if newer > SCHEMA => Err(SchemaError::Newer(newer)),
        Some(older) => Ok(migrate(database, older, STEPS)?),
        None => Ok(create(database)?),
    }
}

/// The schema number of a database of ours; `None` when the database is empty.
fn stored_number(database: &Database) -> std::result::Result<Option<u32>, SchemaError> {
    let tx = database.begin_read().map_err(StoreError::from)?;
    let mut tables = tx.list_tables().map_err(StoreError::from)?.peekable();
    if tables.peek().is_none() {
        return Ok(None);
    }
    if !tables.any(|table| table.name() == META.name()) {
        return Err(SchemaError::Foreign);
    }
    let meta = tx.open_table(META).map_err(|_| SchemaError::Foreign)?;
    let number = meta.get(SCHEMA_KEY).map_err(StoreError::from)?;
    number
        .and_then(|number| number.value().try_into().map(u32::from_le_bytes).ok())
        .map_or(Err(SchemaError::Foreign), |number| Ok(Some(number)))
}

/// All tables and the number in one commit: a database has either none of ours or all of them.
fn create(database: &Database) -> Result<()> {
    let tx = database.begin_write()?;
    create_protocol_tables(&tx)?;
    tx.open_table(ACCOUNTS)?;
    to_2(&tx)?;
    create_gateway_tables(&tx)?;
    write_number(&tx, SCHEMA)?;
    Ok(tx.commit()?)
}

/// Schema 2: tokens, and names for the box and its accounts.
fn to_2(tx: &WriteTransaction) -> Result<()> {
    tx.open_table(TOKENS)?;
    box_names::introduce(tx)
}

/// Deletes what a person decided about an account, and its messages.
pub(super) fn forget(tx: &Tx, account: u32) -> Result<()> {
    tx.rows(ACCOUNTS)?.remove(account)?;
    schema_3::forget_account(tx, account)
}

/// Runs the steps that are missing, and raises the number, in one commit.
fn migrate(database: &Database, from: u32, steps: &[Step]) -> Result<()> {
    let tx = database.begin_write()?;
    let done = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut number = from;
    for step in steps.iter().skip(done) {
        step(&tx)?;
        number += 1;
        log::info!("store: migrated to schema {number}");
    }
    write_number(&tx, number)?;
    Ok(tx.commit()?)
}

fn write_number(tx: &WriteTransaction, number: u32) -> Result<()> {
    tx.open_table(META)?
        .insert(SCHEMA_KEY, number.to_le_bytes().as_slice())?;
    Ok(())
}

/// Copies every row of the file; the copy has the schema number of the original.
pub(super) fn copy_all_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
    copy_protocol_rows(from, to)?;
    schema_3::copy_gateway_rows(from, to)?;
    copy_kept_rows(from, to)
}

/// Does the same with each table of the identity copy: what makes a box the box it is, and what people
/// set. The signed pre-keys that were rotated out and the keys of the app state are no ratchets: they
/// stand still, and are of use as long as the identity is.
macro_rules! each_identity_table {
    ($table:ident => $act:expr) => {{
        each_identity_table!(@ $table, $act, META, ACCOUNTS, TOKENS, DEVICE, SIGNED_PREKEYS, SYNC_KEYS,
            LATEST_SYNC_KEY, POLICIES, ROUTES, WEBHOOKS)
    }};
    (@ $table:ident, $act:expr, $($name:ident),+) => {{
        $({
            let $table = $name;
            $act;
        })+
    }};
}

/// Copies what makes a box the box it is. No ratchet, no message, nothing that waits. The other tables
/// are there, empty.
pub(super) fn copy_identity_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
    create_protocol_tables(to)?;
    create_gateway_tables(to)?;
    each_identity_table!(table => copy_rows(from, to, table)?);
    Ok(())
}

/// Shows every row of the identity copy's tables to `visit`.
pub(super) fn visit_identity_rows(tx: &ReadTransaction, visit: &mut Visit<'_>) -> Result<()> {
    each_identity_table!(table => visit_rows(tx, table, visit)?);
    Ok(())
}

/// Whether a table is part of the identity copy.
pub(super) fn is_identity_table(name: &str) -> bool {
    each_identity_table!(table => if table.name() == name {
        return true;
    });
    false
}

/// The tables that outlive an identity.
fn copy_kept_rows(from: &ReadTransaction, to: &WriteTransaction) -> Result<()> {
    copy_rows(from, to, META)?;
    copy_rows(from, to, ACCOUNTS)?;
    copy_rows(from, to, TOKENS)
}

/// Copies the rows of one table.
pub(super) fn copy_rows<K: Key + 'static, V: redb::Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<()> {
    let mut copy = to.open_table(table)?;
    for row in from.open_table(table)?.iter()? {
        let (key, value) = row?;
        copy.insert(key.value(), value.value())?;
    }
    Ok(())
}

/// Is shown table, key and value of a row.
pub(super) type Visit<'v> = dyn FnMut(&str, &[u8], &[u8]) + 'v;

/// Shows every row of the file to `visit`.
#[cfg(feature = "bench")]
pub(super) fn visit_all_rows(tx: &redb::ReadTransaction, visit: &mut Visit<'_>) -> Result<()> {
    visit_protocol_rows(tx, visit)?;
    visit_rows(tx, META, visit)?;
    visit_rows(tx, ACCOUNTS, visit)?;
    schema_3::visit_gateway_rows(tx, visit)?;
    visit_rows(tx, TOKENS, visit)
}

/// Shows every row of a table to `visit`.
pub(super) fn visit_rows<K: Key + 'static, V: redb::Value + 'static>(
    tx: &redb::ReadTransaction,
    table: TableDefinition<'static, K, V>,
    visit: &mut Visit<'_>,
) -> Result<()> {
    for row in tx.open_table(table)?.iter()? {
        let (key, value) = row?;
        visit(
            table.name(),
            K::as_bytes(&key.value()).as_ref(),
            V::as_bytes(&value.value()).as_ref(),
        );
    }
    Ok(())
}

/// Gives the file a schema number from the future.
#[cfg(feature = "bench")]
pub(super) fn pretend_newer(tx: &Tx) -> Result<()> {
    tx.rows(META)?
        .put(SCHEMA_KEY, (SCHEMA + 1).to_le_bytes().as_slice())
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    fn fresh() -> Database {
        Database::builder()
            .create_with_backend(InMemoryBackend::new())
            .unwrap()
    }

    const PATH: TableDefinition<u32, &str> = TableDefinition::new("path");

    fn first(tx: &WriteTransaction) -> Result<()> {
        tx.open_table(PATH)?.insert(1, "first")?;
        Ok(())
    }

    fn second(tx: &WriteTransaction) -> Result<()> {
        let mut path = tx.open_table(PATH)?;
        assert_eq!(path.get(1)?.unwrap().value(), "first");
        path.insert(2, "second")?;
        Ok(())
    }

    fn breaks(_: &WriteTransaction) -> Result<()> {
        Err(StoreError::Row {
            table: PATH.to_string(),
        })
    }

    #[test]
    fn steps_run_in_order_and_only_the_missing_ones() {
        let database = fresh();
        create(&database).unwrap();
        migrate(&database, 1, &[first]).unwrap();
        assert_eq!(stored_number(&database).unwrap(), Some(2));
        migrate(&database, 2, &[breaks, second]).unwrap();
        assert_eq!(stored_number(&database).unwrap(), Some(3));
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let database = fresh();
        create(&database).unwrap();
        assert!(migrate(&database, 1, &[first, breaks]).is_err());
        assert_eq!(stored_number(&database).unwrap(), Some(SCHEMA));
        let tx = database.begin_read().unwrap();
        assert!(tx.open_table(PATH).is_err(), "the first step left a table");
    }

    #[test]
    fn a_database_of_another_program_is_foreign() {
        let database = fresh();
        let tx = database.begin_write().unwrap();
        first(&tx).unwrap();
        tx.commit().unwrap();
        assert!(matches!(prepare(&database), Err(SchemaError::Foreign)));
    }

    #[test]
    fn a_newer_number_is_refused() {
        let database = fresh();
        create(&database).unwrap();
        let tx = database.begin_write().unwrap();
        write_number(&tx, SCHEMA + 1).unwrap();
        tx.commit().unwrap();
        assert!(matches!(prepare(&database), Err(SchemaError::Newer(n)) if n == SCHEMA + 1));
    }
}

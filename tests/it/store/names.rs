//! What is given out once: the box's name and the numbers of its accounts; and files from before there
//! was such a thing.

use std::path::Path;

use pairbox::account::{AccountId, AccountRecord};
use pairbox::message::outbound::Progress;
use pairbox::store::{Store, StoreError};
use pairbox::time::UnixMillis;
use redb::{Database, Key, TableDefinition, Value};

use super::disk::Disk;
use super::words::{inbound, ring, ring_ids, take_in, take_texts, webhook};
use super::{ONE, TWO, block_on, open};

fn record(label: &str) -> AccountRecord {
    AccountRecord {
        label: label.into(),
        country_prefix: Some("62".parse().unwrap()),
        phone_seen: Some(UnixMillis(1_772_348_709_250)),
        ..AccountRecord::default()
    }
}

#[test]
fn a_box_keeps_its_name_and_no_two_have_the_same() {
    let disk = Disk::new();
    let store = open(&disk);
    let name = store.box_id().unwrap();
    assert_ne!(open(&Disk::new()).box_id().unwrap(), name);
    block_on(store.close());
    assert_eq!(open(&disk).box_id().unwrap(), name);
}

#[test]
fn what_is_known_of_an_account_comes_back() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        store.save_record(ONE, record("a")).await.unwrap();
        store.close().await;
    });
    assert_eq!(open(&disk).accounts().unwrap()[0].record, record("a"));
}

#[test]
fn a_number_is_given_out_once() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        assert_eq!(store.next_account().unwrap(), ONE);
        store.ensure_first_account("box").await.unwrap();
        assert_eq!(store.next_account().unwrap(), TWO);
        store.save_record(TWO, record("b")).await.unwrap();
        store.save_record(ONE, record("a")).await.unwrap();
        assert_eq!(store.next_account().unwrap(), AccountId(3));
        store.delete_account(TWO).await.unwrap();
        store.delete_account(ONE).await.unwrap();
        assert_eq!(store.next_account().unwrap(), AccountId(3));
        store.close().await;
    });
    // The first account of a box without any is not the first it ever had.
    let store = open(&disk);
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        assert_eq!(store.accounts().unwrap()[0].id, AccountId(3));
        assert_eq!(store.next_account().unwrap(), AccountId(4));
    });
}

#[test]
fn a_deleted_account_leaves_nothing_and_gets_nothing_any_more() {
    let store = open(&Disk::new());
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let before = store.all_rows().unwrap();
        store.save_record(TWO, record("b")).await.unwrap();
        let handle = store.backend(TWO);
        super::behaviours::fill(&*handle).await;
        take_texts(&store, TWO, &["1", "2"]).await;
        assert!(store.all_rows().unwrap().len() > before.len() + 10);
        store.delete_account(TWO).await.unwrap();
        let mut after = store.all_rows().unwrap();
        let mut before = before;
        // All that may be different: its number is taken.
        let next = ("meta".to_owned(), b"next_account".to_vec());
        assert_ne!(after.remove(&next), before.remove(&next));
        assert_eq!(after, before);
        // What a late task of its link still has.
        assert!(handle.put_session("a", b"late").await.is_err());
        let late = take_in(&store, TWO, vec![inbound("3")]).await;
        assert!(matches!(late, Err(StoreError::Deleted)), "{late:?}");
        assert_eq!(store.all_rows().unwrap().len(), after.len() + 1);
    });
}

/// A file as the first schema left it, written without the code under test.
pub fn write_schema_1(path: &Path, accounts: &[u32]) {
    fn table<K: Key + 'static, V: Value + 'static>(tx: &redb::WriteTransaction, name: &str) {
        tx.open_table(TableDefinition::<K, V>::new(name)).unwrap();
    }
    type Bytes = &'static [u8];
    type Text = &'static str;
    let database = Database::create(path).unwrap();
    let tx = database.begin_write().unwrap();
    table::<u32, Bytes>(&tx, "device");
    table::<(u32, Text), &[u8; 32]>(&tx, "identities");
    for name in [
        "sessions",
        "sender_keys",
        "sync_versions",
        "lid_mappings",
        "device_lists",
        "group_metadata",
        "tc_tokens",
    ] {
        table::<(u32, Text), Bytes>(&tx, name);
    }
    table::<(u32, u32), (bool, Bytes)>(&tx, "prekeys");
    table::<(u32, u32), Bytes>(&tx, "signed_prekeys");
    table::<(u32, Bytes), Bytes>(&tx, "sync_keys");
    table::<u32, Bytes>(&tx, "latest_sync_key");
    table::<(u32, Text, Bytes), Bytes>(&tx, "mutation_macs");
    table::<(u32, Text, Text), bool>(&tx, "sender_key_devices");
    table::<(u32, Text), Text>(&tx, "lid_of_phone");
    table::<(u32, Text, Text), Bytes>(&tx, "base_keys");
    table::<(u32, Text, Text), (i64, Bytes)>(&tx, "sent_messages");
    table::<(u32, Text, Text, Text), (i64, Bytes)>(&tx, "pending_inbound");
    table::<(u32, Text, Text, Text), (&[u8; 32], i64, i64)>(&tx, "msg_secrets");
    table::<(u32, u64), Bytes>(&tx, "messages");
    table::<(u32, Text, Text, bool), u64>(&tx, "message_numbers");
    let meta = TableDefinition::<Text, Bytes>::new("meta");
    let number = 1_u32.to_le_bytes();
    let mut meta = tx.open_table(meta).unwrap();
    meta.insert("schema", number.as_slice()).unwrap();
    drop(meta);
    let records = TableDefinition::<u32, Bytes>::new("accounts");
    let mut records = tx.open_table(records).unwrap();
    for account in accounts {
        let record = br#"{"label":"shop","enabled":true,"last_reason":null}"#;
        records.insert(account, record.as_slice()).unwrap();
    }
    drop(records);
    tx.commit().unwrap();
}

#[test]
fn a_file_of_the_first_schema_is_taken_over() {
    for (accounts, next) in [(&[][..], 1), (&[1, 2, 7][..], 8)] {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("store.redb");
        write_schema_1(&path, accounts);
        let name = block_on(async {
            let store = Store::open(&path).unwrap();
            let found = store.accounts().unwrap();
            let ids: Vec<_> = found.iter().map(|account| account.id.0).collect();
            assert_eq!(ids, accounts);
            assert!(found.iter().all(|account| account.record.enabled));
            assert_eq!(store.next_account().unwrap(), AccountId(next));
            assert!(store.tokens().borrow().is_empty());
            // Everything in it works.
            super::behaviours::fill(&*store.backend(ONE)).await;
            super::behaviours::check_filled(&*store.backend(ONE)).await;
            let name = store.box_id().unwrap();
            store.close().await;
            name
        });
        // The second time there is nothing to take over.
        assert_eq!(Store::open(&path).unwrap().box_id().unwrap(), name);
    }
}

/// Texts as the ring of schemas 1 and 2 held them, of account 1: one of them of a broadcast, which is no
/// chat.
pub fn write_old_messages(path: &Path) {
    let ring = TableDefinition::<(u32, u64), &[u8]>::new("messages");
    let numbers = TableDefinition::<(u32, &str, &str, bool), u64>::new("message_numbers");
    let database = Database::create(path).unwrap();
    let tx = database.begin_write().unwrap();
    let mut ring = tx.open_table(ring).unwrap();
    let mut numbers = tx.open_table(numbers).unwrap();
    for (place, id, chat, from_me) in [
        (5, "M1", "15550002222@s.whatsapp.net", false),
        (6, "M2", "status@broadcast", false),
        (7, "M3", "120363041234567890@g.us", false),
        (8, "M4", "15550002222@s.whatsapp.net", true),
    ] {
        let row = serde_json::json!({
            "id": id,
            "chat": chat,
            "from_me": from_me,
            "sender": if from_me { "" } else { "15550002222@s.whatsapp.net" },
            "timestamp_s": 1_800_000_000,
            "text": format!("the text of {id}"),
        });
        let row = serde_json::to_vec(&row).unwrap();
        ring.insert((1, place), row.as_slice()).unwrap();
        numbers.insert((1, chat, id, from_me), place).unwrap();
    }
    drop((ring, numbers));
    tx.commit().unwrap();
}

/// Makes a file of schema 1 one of schema 2, as that program did.
fn raise_to_2(path: &Path) {
    let meta = TableDefinition::<&str, &[u8]>::new("meta");
    let tokens = TableDefinition::<u32, &[u8]>::new("tokens");
    let database = Database::create(path).unwrap();
    let tx = database.begin_write().unwrap();
    let mut meta = tx.open_table(meta).unwrap();
    let two = 2_u32.to_le_bytes();
    meta.insert("schema", two.as_slice()).unwrap();
    meta.insert("next_account", two.as_slice()).unwrap();
    let name = 77_u128.to_le_bytes();
    meta.insert("box_id", name.as_slice()).unwrap();
    drop(meta);
    tx.open_table(tokens).unwrap();
    tx.commit().unwrap();
}

#[test]
fn the_texts_of_older_files_are_messages_of_the_ring() {
    for schema in [1, 2] {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("store.redb");
        write_schema_1(&path, &[1]);
        write_old_messages(&path);
        if schema == 2 {
            raise_to_2(&path);
        }
        let store = Store::open(&path).unwrap();
        if schema == 2 {
            assert_eq!(store.box_id().unwrap().bits(), 77);
        }
        let kept = ring(&store, ONE);
        assert_eq!(ring_ids(&store, ONE), ["M4", "M3", "M1"]);
        let places: Vec<_> = kept.iter().map(|message| message.place).collect();
        assert_eq!(places, [8, 7, 5]);
        assert_eq!(kept[2].content.text(), Some("the text of M1"));
        assert_eq!(kept[2].at, inbound("M1").at);
        assert_eq!(kept[2].sender, Some(inbound("M1").sender));
        assert!(kept[0].from_me && kept[0].sender.is_none());
        assert_eq!(kept[0].progress, Some(Progress::Sent));
        block_on(async {
            // They are known again.
            assert_eq!(take_texts(&store, ONE, &["M1"]).await, 0);
            assert_eq!(take_texts(&store, ONE, &["M9"]).await, 1);
            assert_eq!(ring(&store, ONE)[0].place, 9);
            let id = store.add_webhook(webhook("w")).await.unwrap();
            take_texts(&store, ONE, &["M10"]).await;
            assert_eq!(store.places(id).unwrap().len(), 1);
            store.close().await;
        });
        assert_eq!(ring(&Store::open(&path).unwrap(), ONE).len(), 5);
    }
}

//! The identity copy and what is made of it, without a service: what it costs, when it is written, and
//! every step at which the power can be cut.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use pairbox::account::AccountRecord;
use pairbox::store::{Extent, OpenError, Store};
use whatsapp_rust::wacore::store::Device;

use super::behaviours::{fill, paired};
use super::{ONE, block_on};

/// A store with a linked account and its copy, closed. The device as it was saved.
fn linked(path: &Path) -> Device {
    let mut device = paired();
    device.next_pre_key_id = 813;
    device.first_unupload_pre_key_id = 813;
    device.server_has_prekeys = true;
    block_on(async {
        let store = Store::open_or_restore(path).unwrap();
        store.ensure_first_account("box").await.unwrap();
        let backend = store.backend(ONE);
        fill(&*backend).await;
        backend.save(&device).await.unwrap();
        store.renew_identity_copy().await.unwrap();
        store.close().await;
    });
    device
}

fn cut_to_half(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

async fn device(store: &Store) -> Option<Device> {
    store.backend(ONE).load().await.unwrap()
}

#[test]
fn every_cut_while_it_is_restored_leaves_what_the_next_start_goes_on_with() {
    let mut cuts = 0;
    for steps in 0.. {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("pairbox.redb");
        let before = linked(&path);
        cut_to_half(&path);
        let damaged = fs::metadata(&path).unwrap().ino();
        let whole = match Store::open_or_restore_until(&path, steps) {
            Ok(store) => {
                block_on(store.close());
                true
            }
            Err(OpenError::Io { .. }) => false,
            Err(error) => panic!("after {steps} steps: {error}"),
        };
        // There is a store under its name at every moment.
        assert!(
            fs::metadata(&path).unwrap().len() > 0,
            "after {steps} steps"
        );
        block_on(async {
            let store = Store::open_or_restore(&path).unwrap();
            assert!(store.restored().unwrap().is_some(), "after {steps} steps");
            let after = device(&store).await.unwrap();
            assert_eq!(after.pn, before.pn);
            assert_eq!(
                after.identity_key.private_key.serialize(),
                before.identity_key.private_key.serialize()
            );
            assert!(after.next_pre_key_id > before.next_pre_key_id + 4096);
            assert_eq!(after.first_unupload_pre_key_id, after.next_pre_key_id);
            assert!(!after.server_has_prekeys);
            let backend = store.backend(ONE);
            assert_eq!(backend.get_max_prekey_id().await.unwrap(), 0);
            store.close().await;
        });
        let kept = home.path().join("pairbox.redb.damaged-1");
        assert_eq!(
            fs::metadata(kept).unwrap().ino(),
            damaged,
            "after {steps} steps"
        );
        assert!(!home.path().join("pairbox.redb.damaged-2").exists());
        if whole {
            cuts = steps;
            break;
        }
    }
    assert!(cuts >= 6, "it was cut at {cuts} steps only");
    figure!("identity: restoring was cut off at each of {cuts} steps");
}

#[test]
fn each_restoring_from_the_same_copy_begins_with_other_numbers() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    let mut last = linked(&path).next_pre_key_id;
    for _ in 0..3 {
        cut_to_half(&path);
        block_on(async {
            let store = Store::open_or_restore(&path).unwrap();
            let next = device(&store).await.unwrap().next_pre_key_id;
            assert!(next > last + 812, "{next} after {last}");
            last = next;
            store.close().await;
        });
    }
}

#[test]
fn an_unfinished_copy_is_no_copy() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    linked(&path);
    let copy = home.path().join("identity.redb");
    let whole = fs::read(&copy).unwrap();
    // Cut while the next one was written: the last one stands.
    fs::write(
        home.path().join("identity.redb.new"),
        &whole[..whole.len() / 3],
    )
    .unwrap();
    cut_to_half(&path);
    block_on(async {
        let store = Store::open_or_restore(&path).unwrap();
        assert!(device(&store).await.unwrap().pn.is_some());
        store.forget_restored().await.unwrap();
        store.backend(ONE).save(&paired()).await.unwrap();
        store.renew_identity_copy().await.unwrap();
        store.close().await;
    });
    assert!(!home.path().join("identity.redb.new").exists());
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_wipe_takes_the_copy_away_before_it_is_committed() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    linked(&path);
    let copy = home.path().join("identity.redb");
    block_on(async {
        let store = Store::open_or_restore(&path).unwrap();
        store.wipe_auth(ONE).await.unwrap();
        assert!(!copy.exists(), "the old identity is still there");
        store.renew_identity_copy().await.unwrap();
        store.close().await;
    });
    // The copy of a box without a link brings nothing back.
    cut_to_half(&path);
    let damaged = fs::metadata(&path).unwrap().ino();
    assert!(matches!(
        Store::open_or_restore(&path).err().unwrap(),
        OpenError::Damaged { .. }
    ));
    assert_eq!(fs::metadata(&path).unwrap().ino(), damaged);
}

#[test]
fn a_newer_store_and_one_in_use_are_never_restored() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    linked(&path);
    block_on(async {
        let store = Store::open_or_restore(&path).unwrap();
        let second = Store::open_or_restore(&path).err().unwrap();
        assert!(matches!(second, OpenError::Held { .. }), "{second}");
        store.pretend_newer().await.unwrap();
        store.close().await;
    });
    let newer = Store::open_or_restore(&path).err().unwrap();
    assert!(matches!(newer, OpenError::Newer { .. }), "{newer}");
    assert!(!home.path().join("pairbox.redb.damaged-1").exists());
}

#[test]
fn what_an_ordinary_day_changes_writes_no_copy() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    let mut device = linked(&path);
    let copy = home.path().join("identity.redb");
    let number = || fs::metadata(&copy).unwrap().ino();
    block_on(async {
        let store = Store::open_or_restore(&path).unwrap();
        store.renew_identity_copy().await.unwrap();
        let first = number();
        let backend = store.backend(ONE);
        for connection in 0..100 {
            device.login_counter += 1;
            device.app_version_last_fetched_ms = connection;
            device.edge_routing_info = Some(vec![7; 20]);
            device.props_hash = Some(connection.to_string());
            device.next_pre_key_id += 1;
            backend.save(&device).await.unwrap();
            store.renew_identity_copy().await.unwrap();
        }
        assert_eq!(number(), first, "a hundred connections wrote a copy");
        let before = store.counters().bytes_written;
        let record = AccountRecord {
            label: "another name".into(),
            ..AccountRecord::default()
        };
        store.save_record(ONE, record).await.unwrap();
        let saved = store.counters().bytes_written;
        let copied = store.renew_identity_copy().await.unwrap();
        assert_ne!(number(), first, "a new name wrote none");
        figure!(
            "identity: a copy takes {} KiB on the disk ({} KiB long; the store: {} KiB); saving a \
             label: {} KiB",
            (copied - saved) / 1024,
            fs::metadata(&copy).unwrap().len() / 1024,
            fs::metadata(&path).unwrap().len() / 1024,
            (saved - before) / 1024
        );
        store.close().await;
    });
}

#[test]
fn the_copy_holds_no_ratchet() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("pairbox.redb");
    linked(&path);
    block_on(async {
        let copy = Store::open(&home.path().join("identity.redb")).unwrap();
        let rows = copy.all_rows().unwrap();
        for table in ["sessions", "prekeys", "sender_keys", "ring", "outbox"] {
            assert!(!rows.keys().any(|(of, _)| of == table), "{table}");
        }
        for table in ["device", "accounts", "signed_prekeys", "sync_keys"] {
            assert!(rows.keys().any(|(of, _)| of == table), "{table}");
        }
        copy.close().await;
        let whole = Store::open(&path).unwrap();
        whole
            .copy_to(&home.path().join("whole"), Extent::Whole)
            .unwrap();
        assert_eq!(
            whole.all_rows().unwrap(),
            Store::open(&home.path().join("whole"))
                .unwrap()
                .all_rows()
                .unwrap()
        );
        whole.close().await;
    });
}

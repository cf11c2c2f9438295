//! The writer: grouping, order, what is not written at all, wiping, closing.

use std::collections::BTreeSet;

use futures::future::join_all;
use pairbox::account::{AccountId, AccountRecord};
use pairbox::store::{Counters, Store, StoreError};
use whatsapp_rust::futures;
use whatsapp_rust::traits::{Backend, DeviceListRecord, LidPnMappingEntry, PendingInboundKey};

use super::behaviours::{check_filled, fill, paired};
use super::disk::Disk;
use super::{ONE, TWO, block_on, fresh, open};

/// What a sync, a write or a commit would change.
fn wear(store: &Store) -> (u64, u64, u64) {
    let Counters {
        commits,
        bytes_written,
        syncs,
        ..
    } = store.counters();
    (commits, bytes_written, syncs)
}

#[test]
fn requests_that_wait_become_one_commit() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        let before = store.counters();
        disk.close_gate();
        let mut first = Box::pin(b.put_session("a", b"1"));
        assert!(futures::poll!(&mut first).is_pending());
        disk.wait_for_sync();
        let mut rest = Vec::new();
        for number in 0..100 {
            let address = format!("peer {number}");
            let b = b.clone();
            let mut put = Box::pin(async move { b.put_session(&address, b"2").await });
            assert!(futures::poll!(&mut put).is_pending());
            rest.push(put);
        }
        disk.open_gate();
        first.await.unwrap();
        for put in rest {
            put.await.unwrap();
        }
        let after = store.counters();
        assert_eq!(after.requests - before.requests, 101);
        assert_eq!(after.commits - before.commits, 2);
        assert_eq!(after.syncs - before.syncs, 2);
    });
}

#[test]
fn more_requests_than_the_queue_holds_are_all_served() {
    let (store, b) = fresh();
    block_on(async {
        let puts = (0..3_000_u32).map(|number| {
            let b = b.clone();
            async move {
                b.put_session(&number.to_string(), &number.to_le_bytes())
                    .await
            }
        });
        for outcome in join_all(puts).await {
            outcome.unwrap();
        }
        for number in 0..3_000_u32 {
            let row = b.get_session(&number.to_string()).await.unwrap();
            assert_eq!(row.unwrap(), number.to_le_bytes().as_slice());
        }
        assert!(store.counters().commits < 1_000);
    });
}

/// A caller that stops waiting must not leave a write behind that overtakes what comes later.
#[test]
fn a_delete_does_not_overtake_a_write_nobody_waits_for() {
    let disk = Disk::new();
    let b = open(&disk).backend(ONE);
    block_on(async {
        disk.close_gate();
        let mut blocker = Box::pin(b.put_session("blocker", b"1"));
        assert!(futures::poll!(&mut blocker).is_pending());
        disk.wait_for_sync();
        {
            let mut given_up = Box::pin(b.put_session("a", b"old"));
            assert!(futures::poll!(&mut given_up).is_pending());
        }
        let mut delete = Box::pin(b.delete_session("a"));
        assert!(futures::poll!(&mut delete).is_pending());
        disk.open_gate();
        blocker.await.unwrap();
        delete.await.unwrap();
        assert!(b.get_session("a").await.unwrap().is_none());
    });
}

#[test]
fn a_write_nobody_waits_for_happens() {
    let (_store, b) = fresh();
    block_on(async {
        {
            let mut given_up = Box::pin(b.put_session("a", b"kept"));
            let _ = futures::poll!(&mut given_up);
        }
        b.put_session("b", b"later").await.unwrap();
        assert_eq!(b.get_session("a").await.unwrap().unwrap(), "kept");
    });
}

#[test]
fn saving_an_unchanged_device_writes_nothing() {
    let (store, b) = fresh();
    block_on(async {
        let mut device = paired();
        b.save(&device).await.unwrap();
        let before = wear(&store);
        b.save(&device).await.unwrap();
        device.app_version_last_fetched_ms += 1_000;
        b.save(&device).await.unwrap();
        assert_eq!(wear(&store), before);
        device.login_counter += 1;
        b.save(&device).await.unwrap();
        assert_ne!(wear(&store), before);
        assert_eq!(
            b.load().await.unwrap().unwrap().login_counter,
            device.login_counter
        );
    });
}

#[test]
fn writing_what_is_there_already_writes_nothing() {
    let (store, b) = fresh();
    block_on(async {
        let mapping = LidPnMappingEntry {
            lid: "L".into(),
            phone_number: "P".into(),
            created_at: 1,
            updated_at: 2,
            learning_source: "usync".into(),
        };
        let devices = DeviceListRecord {
            user: "anna".into(),
            devices: vec![],
            timestamp: 1,
            phash: None,
            raw_id: None,
        };
        let put_all = async || {
            b.put_session("a", b"same").await.unwrap();
            b.put_identity("a", [1; 32]).await.unwrap();
            b.store_prekey(1, b"same", true).await.unwrap();
            b.mark_prekeys_uploaded(&[1]).await.unwrap();
            b.put_lid_mapping(&mapping).await.unwrap();
            b.update_device_list(devices.clone()).await.unwrap();
            b.put_group_metadata("g", b"same").await.unwrap();
            b.set_sender_key_status("g", &[("a", true)]).await.unwrap();
            b.touch_tc_token_sender_timestamp("a", 5).await.unwrap();
            b.put_msg_secret("c", "s", "i", &[1; 32]).await.unwrap();
        };
        put_all().await;
        let before = wear(&store);
        put_all().await;
        assert_eq!(wear(&store), before);
    });
}

#[test]
fn deleting_what_is_not_there_writes_nothing() {
    let (store, b) = fresh();
    block_on(async {
        fill(&*store.backend(TWO)).await;
        let before = wear(&store);
        delete_everything(&*b).await;
        store.wipe_auth(AccountId(3)).await.unwrap();
        assert_eq!(wear(&store), before);
        check_filled(&*store.backend(TWO)).await;
    });
}

async fn delete_everything(b: &dyn Backend) {
    b.delete_identity("x").await.unwrap();
    b.delete_session("x").await.unwrap();
    b.remove_prekey(1).await.unwrap();
    b.remove_signed_prekey(1).await.unwrap();
    b.delete_sender_key("x").await.unwrap();
    b.delete_mutation_macs("x", &[vec![1; 32]]).await.unwrap();
    b.clear_mutation_macs("x").await.unwrap();
    b.clear_sender_key_devices("x").await.unwrap();
    b.delete_sender_key_device_rows(&["x"]).await.unwrap();
    b.clear_all_sender_key_devices().await.unwrap();
    b.delete_base_key("x", "x").await.unwrap();
    b.delete_devices("x").await.unwrap();
    b.delete_group_metadata("x").await.unwrap();
    b.delete_tc_token("x").await.unwrap();
    b.delete_expired_tc_tokens(i64::MAX, i64::MAX)
        .await
        .unwrap();
    b.take_sent_message("x", "x").await.unwrap();
    b.delete_expired_sent_messages(i64::MAX).await.unwrap();
    b.delete_pending_inbound("x", "x", "x").await.unwrap();
    let key = PendingInboundKey {
        chat: "x",
        sender: "x",
        id: "x",
    };
    b.delete_pending_inbound_batch(&[key]).await.unwrap();
    b.delete_expired_pending_inbound(i64::MAX).await.unwrap();
    b.delete_expired_msg_secrets(i64::MAX).await.unwrap();
}

#[test]
fn a_request_that_cannot_be_carried_out_fails_alone() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        store.damage_device_row(ONE).await.unwrap();
        let device = paired();
        disk.close_gate();
        let mut blocker = Box::pin(b.put_session("blocker", b"1"));
        assert!(futures::poll!(&mut blocker).is_pending());
        disk.wait_for_sync();
        let mut before = Box::pin(b.put_session("before", b"2"));
        let mut broken = Box::pin(b.save(&device));
        let mut after = Box::pin(b.put_session("after", b"3"));
        assert!(futures::poll!(&mut before).is_pending());
        assert!(futures::poll!(&mut broken).is_pending());
        assert!(futures::poll!(&mut after).is_pending());
        disk.open_gate();
        blocker.await.unwrap();
        before.await.unwrap();
        broken.await.unwrap_err();
        after.await.unwrap();
        assert!(b.has_session("before").await.unwrap());
        assert!(b.has_session("after").await.unwrap());
    });
}

#[test]
fn a_device_that_cannot_be_read_is_an_error_and_never_a_new_identity() {
    let (store, b) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        b.save(&paired()).await.unwrap();
        store.damage_device_row(ONE).await.unwrap();
        let before = store.all_rows().unwrap();
        let error = b.load().await.map(|_| ()).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains("device"), "{said}");
        assert!(!said.contains("17"), "it quotes the row: {said}");
        assert!(b.exists().await.unwrap());
        b.create().await.unwrap();
        b.save(&paired()).await.unwrap_err();
        assert!(matches!(store.accounts(), Err(StoreError::Row { .. })));
        assert_eq!(store.all_rows().unwrap(), before);
    });
}

#[test]
fn wiping_deletes_all_the_protocol_keeps_of_that_account_and_nothing_else() {
    let (store, _) = fresh();
    let keys = |store: &Store| {
        store
            .all_rows()
            .unwrap()
            .into_keys()
            .collect::<BTreeSet<_>>()
    };
    block_on(async {
        let record = AccountRecord {
            label: "box".into(),
            enabled: true,
            ..AccountRecord::default()
        };
        store.save_record(ONE, record).await.unwrap();
        super::words::take_texts(&store, ONE, &["M1"]).await;
        fill(&*store.backend(TWO)).await;
        let without = keys(&store);
        fill(&*store.backend(ONE)).await;
        // Every table but the four that hold no protocol rows got one.
        let filled = keys(&store);
        let tables = filled.difference(&without).map(|(table, _)| table);
        let tables = tables.collect::<BTreeSet<_>>();
        assert_eq!(tables.len(), 20, "a table is missing in `fill`");
        store.wipe_auth(ONE).await.unwrap();
        assert_eq!(keys(&store), without);
        check_filled(&*store.backend(TWO)).await;
        assert_eq!(super::words::ring_ids(&store, ONE), ["M1"]);
        assert!(store.accounts().unwrap()[0].linked.is_none());
    });
}

/// A task of the library that outlives its link must not bring the old identity back.
#[test]
fn a_handle_from_before_a_wipe_cannot_write() {
    let (store, old) = fresh();
    block_on(async {
        old.save(&paired()).await.unwrap();
        store.wipe_auth(ONE).await.unwrap();
        old.save(&paired()).await.unwrap_err();
        old.put_session("a", b"late").await.unwrap_err();
        assert!(!old.exists().await.unwrap());
        let new = store.backend(ONE);
        assert!(!new.has_session("a").await.unwrap());
        new.put_session("a", b"new").await.unwrap();
        store.backend(TWO).put_session("a", b"other").await.unwrap();
    });
}

#[test]
fn after_closing_everything_says_so_and_nothing_waits() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        b.put_session("a", b"kept").await.unwrap();
        let last = b.put_session("b", b"kept too");
        let (last, ()) = futures::join!(last, store.close());
        last.unwrap();
        store.close().await;
        b.put_session("c", b"late").await.unwrap_err();
        b.get_session("a").await.unwrap_err();
        assert!(matches!(store.accounts(), Err(StoreError::Closed)));
        assert!(matches!(
            store.wipe_auth(ONE).await,
            Err(StoreError::Closed)
        ));
        let again = open(&disk).backend(ONE);
        assert_eq!(again.get_session("b").await.unwrap().unwrap(), "kept too");
    });
}

//! Copies of received messages: there for the library at once, in the file before any ratchet that needs
//! them, and mostly never written.

use whatsapp_rust::traits::{Backend, PendingInboundKey};

use super::disk::Disk;
use super::words::take_texts;
use super::{ONE, TWO, block_on, open};

async fn copy(b: &dyn Backend, id: &str) -> Option<Vec<u8>> {
    b.get_pending_inbound("chat", "sender", id).await.unwrap()
}

async fn put(b: &dyn Backend, id: &str) {
    let stored = b.store_pending_inbound("chat", "sender", id, id.as_bytes());
    stored.await.unwrap();
}

/// What the file holds after the power failed now.
async fn after_a_cut(disk: &Disk, id: &str) -> Option<Vec<u8>> {
    let store = open(&Disk::of(disk.bytes()));
    copy(&*store.backend(ONE), id).await
}

#[test]
fn a_message_that_is_taken_over_at_once_never_touches_the_disk_as_a_copy() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        b.put_session("a", b"1").await.unwrap();
        let before = store.counters();
        put(&*b, "1").await;
        assert_eq!(copy(&*b, "1").await.unwrap(), b"1");
        take_texts(&store, ONE, &["1"]).await;
        b.delete_pending_inbound("chat", "sender", "1")
            .await
            .unwrap();
        assert_eq!(copy(&*b, "1").await, None);
        b.put_session("a", b"2").await.unwrap();
        let commits = store.counters().commits - before.commits;
        assert_eq!(commits, 2, "the message, and the ratchet");
        let rows = store.all_rows().unwrap();
        assert!(rows.keys().all(|(table, _)| table != "pending_inbound"));
    });
}

#[test]
fn no_ratchet_is_in_the_file_without_the_copies_made_before_it() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        put(&*b, "1").await;
        assert_eq!(after_a_cut(&disk, "1").await, None);
        b.put_session("a", b"1").await.unwrap();
        assert_eq!(after_a_cut(&disk, "1").await.unwrap(), b"1");
        // Deleted in memory, and with the next commit in the file.
        b.delete_pending_inbound("chat", "sender", "1")
            .await
            .unwrap();
        assert_eq!(copy(&*b, "1").await, None);
        assert!(after_a_cut(&disk, "1").await.is_some());
        b.put_session("a", b"2").await.unwrap();
        assert_eq!(after_a_cut(&disk, "1").await, None);
        // Stored again while the file still has the old row, and deleted.
        put(&*b, "1").await;
        b.put_session("a", b"3").await.unwrap();
        put(&*b, "1").await;
        b.delete_pending_inbound("chat", "sender", "1")
            .await
            .unwrap();
        b.put_session("a", b"4").await.unwrap();
        assert_eq!(after_a_cut(&disk, "1").await, None);
    });
}

#[test]
fn copies_are_written_when_a_message_cannot_be_taken_in_and_when_the_store_closes() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        store
            .save_record(TWO, pairbox::account::AccountRecord::default())
            .await
            .unwrap();
        store.delete_account(TWO).await.unwrap();
        let b = store.backend(ONE);
        put(&*b, "1").await;
        let late = super::words::take_in(&store, TWO, vec![super::words::inbound("x")]).await;
        late.unwrap_err();
        assert_eq!(after_a_cut(&disk, "1").await.unwrap(), b"1");
        put(&*b, "2").await;
        store.close().await;
        assert_eq!(after_a_cut(&disk, "2").await.unwrap(), b"2");
        let late = b.store_pending_inbound("chat", "sender", "3", b"3").await;
        late.unwrap_err();
    });
}

#[test]
fn many_copies_are_written_for_their_number_alone() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        let large = vec![7; pairbox::limits::PENDING_BYTES / 2 + 1];
        let stored = b.store_pending_inbound("chat", "sender", "1", &large);
        stored.await.unwrap();
        assert!(after_a_cut(&disk, "1").await.is_none());
        let stored = b.store_pending_inbound("chat", "sender", "2", &large);
        stored.await.unwrap();
        assert!(after_a_cut(&disk, "1").await.is_some());
        assert!(after_a_cut(&disk, "2").await.is_some());
    });
}

#[test]
fn a_wiped_identity_takes_its_copies_along() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        put(&*b, "1").await;
        store.wipe_auth(ONE).await.unwrap();
        assert_eq!(copy(&*b, "1").await, None);
        b.store_pending_inbound("chat", "sender", "2", b"2")
            .await
            .unwrap_err();
        let keys = [PendingInboundKey {
            chat: "chat",
            sender: "sender",
            id: "1",
        }];
        b.delete_pending_inbound_batch(&keys).await.unwrap_err();
        store.backend(ONE).put_session("a", b"1").await.unwrap();
        assert_eq!(after_a_cut(&disk, "1").await, None);
    });
}

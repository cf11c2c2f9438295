//! What the box hears about its disk: each trouble by its name, and the end of it without anybody asking.

use std::fs;
use std::time::Duration;

use pairbox::snapshot::StoreHealth;
use pairbox::store::{OpenError, Store};
use tokio::sync::watch;

use super::disk::{Disk, Fault};
use super::{ONE, open};

/// How long anything may take; the probe comes every five seconds.
const PATIENCE: Duration = Duration::from_secs(40);

fn timed<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

async fn wait_well(health: &mut watch::Receiver<StoreHealth>) {
    let well = health.wait_for(|health| *health == StoreHealth::Well);
    let came = tokio::time::timeout(PATIENCE, well).await;
    assert!(came.is_ok_and(|came| came.is_ok()), "it did not get well");
}

#[test]
fn a_disk_that_is_full_for_a_while_is_noticed_twice() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut health = store.health();
    timed(async {
        store.backend(ONE).put_session("a", b"1").await.unwrap();
        assert_eq!(*health.borrow(), StoreHealth::Well);
        disk.fail(Some(Fault::Full(0)));
        store.backend(ONE).put_session("a", b"2").await.unwrap_err();
        assert_eq!(*health.borrow_and_update(), StoreHealth::Full);
        // What changes nothing says nothing.
        store.backend(ONE).put_session("a", b"1").await.ok();
        store.backend(ONE).remove_prekey(77).await.ok();
        assert_eq!(*health.borrow(), StoreHealth::Full);
        disk.fail(None);
        wait_well(&mut health).await;
        // Nothing more is written for it.
        let commits = store.counters().commits;
        tokio::time::sleep(pairbox::limits::STORE_PROBE * 2).await;
        assert_eq!(store.counters().commits, commits);
        store.close().await;
    });
}

#[test]
fn a_disk_that_fails_to_read_is_noticed_too() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut health = store.health();
    timed(async {
        disk.fail(Some(Fault::Sync));
        store.backend(ONE).put_session("a", b"2").await.unwrap_err();
        let said = health.borrow_and_update().clone();
        assert!(matches!(said, StoreHealth::Failing { .. }), "{said:?}");
        disk.fail(None);
        wait_well(&mut health).await;
        store.close().await;
    });
}

/// The knob by which tests of the whole program make its disk fail.
#[test]
fn a_file_with_a_word_in_it_spoils_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let (path, word) = (home.path().join("store.redb"), home.path().join("disk"));
    let opened = || Store::open_on_bad_disk(&path, &word);
    timed(async {
        for (text, expected) in [
            ("full", StoreHealth::Full),
            ("read-only\n", StoreHealth::ReadOnly),
        ] {
            // Neither is a store made on such a disk,
            fs::write(&word, text).unwrap();
            let error = opened().err().unwrap();
            assert!(matches!(error, OpenError::Io { .. }), "{error}");
            assert_eq!(error.health(), Some(expected.clone()));
            // nor does one that runs keep its writes.
            fs::remove_file(&word).unwrap();
            let store = opened().unwrap();
            let mut health = store.health();
            let b = store.backend(ONE);
            b.put_session("a", text.as_bytes()).await.unwrap();
            fs::write(&word, text).unwrap();
            b.put_session("a", b"lost").await.unwrap_err();
            assert_eq!(*health.borrow_and_update(), expected);
            fs::write(&word, "").unwrap();
            wait_well(&mut health).await;
            assert_eq!(b.get_session("a").await.unwrap().unwrap(), text);
            store.close().await;
            fs::write(&word, text).unwrap();
            assert_eq!(opened().err().unwrap().health(), Some(expected));
            fs::remove_file(&path).unwrap();
        }
        fs::write(&word, "io").unwrap();
        let error = opened().err().unwrap();
        assert!(
            matches!(error.health(), Some(StoreHealth::Failing { .. })),
            "{error}"
        );
    });
}

//! Disks that fail: full, losing syncs, not answering. Nobody is told a lie, nothing panics, and
//! the store works again when the disk does.

use pairbox::message::content::Content;
use pairbox::store::probe::{Commits, open_on};
use pairbox::store::{OpenError, StoreError};
use whatsapp_rust::futures::{self, FutureExt as _};
use whatsapp_rust::wacore::store::error::StoreError as LibraryError;

use super::disk::{Disk, Fault};
use super::words::{NOW, id, inbound, outbound, ring_ids, take_in, take_texts, webhook};
use super::{ONE, block_on, open};

/// What stands behind an error of the library's kind.
fn cause(error: LibraryError) -> StoreError {
    match error {
        LibraryError::Database(error) => *error.downcast().unwrap(),
        other => panic!("not an error of the store: {other:?}"),
    }
}

#[test]
fn a_full_disk_is_reported_and_writing_goes_on_when_there_is_room() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        b.put_session("a", b"before").await.unwrap();
        disk.fail(Some(Fault::Full(0)));
        for _ in 0..3 {
            let error = cause(b.put_session("a", b"lost").await.unwrap_err());
            assert!(matches!(error, StoreError::Full), "{error:?}");
            assert_eq!(error.to_string(), "no space left for the store");
        }
        disk.fail(None);
        b.put_session("b", b"after").await.unwrap();
        assert_eq!(b.get_session("a").await.unwrap().unwrap(), "before");
        assert_eq!(b.get_session("b").await.unwrap().unwrap(), "after");
        assert!(store.counters().reopened >= 1);
        store.close().await;
        let again = open(&disk).backend(ONE);
        assert_eq!(again.get_session("b").await.unwrap().unwrap(), "after");
    });
}

/// The disk fills up at every write of a few requests in turn: each request ends in `Ok` or an
/// error, and what ended in `Ok` is there after the machine died.
#[test]
fn whenever_the_disk_fills_up_what_was_acknowledged_stays() {
    let mut points = 0;
    for room in 0.. {
        let disk = Disk::new();
        let store = open(&disk);
        let b = store.backend(ONE);
        let done = block_on(async {
            b.put_session("a", b"0").await.unwrap();
            disk.fail(Some(Fault::Full(room)));
            let mut last = 0;
            for number in 1..=6_u8 {
                // Large enough to make the file grow.
                let blob = vec![number; 300_000];
                if b.put_session("a", &blob).await.is_ok() {
                    last = number;
                }
            }
            disk.fail(None);
            let after = Disk::of(disk.bytes());
            let session = open(&after).backend(ONE).get_session("a").await;
            let session = session.unwrap().unwrap();
            let stored = if last == 0 { b'0' } else { last };
            assert!(
                session[0] == stored || session[0] > last,
                "room for {room} writes"
            );
            b.put_session("a", b"works").await.unwrap();
            assert_eq!(b.get_session("a").await.unwrap().unwrap(), "works");
            last == 6
        });
        points += 1;
        if done {
            break;
        }
    }
    figure!("store: a disk that fills up at {points} different writes");
    assert!(points > 20);
}

/// The disk fills up at every write while messages come in, arrive and go out. What was acknowledged is
/// there after the machine died, a message and what waits because of it go together, and taking all of
/// them in once more makes it whole.
#[test]
fn whenever_the_disk_fills_up_no_message_that_was_acknowledged_is_lost() {
    let mut points = 0;
    for room in 0.. {
        let disk = Disk::new();
        let store = open(&disk);
        let all_done = block_on(async {
            store.ensure_first_account("box").await.unwrap();
            let hook = store.add_webhook(webhook("w")).await.unwrap();
            let long = |number: u64| {
                let mut message = inbound(&format!("M{number}"));
                let text = "x".repeat(200_000);
                message.content = Content::Text { text };
                message
            };
            take_in(&store, ONE, vec![long(0)]).await.unwrap();
            let first = store.places(hook).unwrap()[0].id;
            disk.fail(Some(Fault::Full(room)));
            let mut taken = vec![0];
            for number in 1..=4 {
                if take_in(&store, ONE, vec![long(number)]).await.is_ok() {
                    taken.push(number);
                }
            }
            let answered = store.delivered(first, vec![outbound("A")]).await.is_ok();
            let queued = store
                .queue(ONE, vec![outbound("Q")], None, NOW)
                .await
                .is_ok();
            disk.fail(None);
            let after = open(&Disk::of(disk.bytes()));
            let ring = ring_ids(&after, ONE);
            for number in &taken {
                assert!(
                    ring.contains(&format!("M{number}")),
                    "room for {room} writes"
                );
            }
            let sent: Vec<_> = after.send_queue(ONE).unwrap();
            let waits = |name: &str| sent.iter().any(|(_, one)| one.id == id(name));
            assert!((waits("A") || !answered) && (waits("Q") || !queued));
            assert_eq!(waits("A"), after.delivery(first).unwrap().is_none());
            let messages = ring.iter().filter(|id| id.starts_with('M')).count();
            let waiting = after.places(hook).unwrap().len();
            assert_eq!(waiting + usize::from(waits("A")), messages);
            assert_eq!(after.lines().borrow()[&hook].pending, waiting as u64);
            // The service delivers again whatever was not acknowledged.
            for number in 0..=4 {
                take_in(&store, ONE, vec![long(number)]).await.unwrap();
            }
            let mut ring = ring_ids(&store, ONE);
            ring.retain(|id| id.starts_with('M'));
            ring.sort();
            assert_eq!(ring, ["M0", "M1", "M2", "M3", "M4"]);
            taken.len() == 5 && answered && queued
        });
        points += 1;
        if all_done {
            break;
        }
    }
    figure!("store: a disk that fills up at {points} different writes while messages come in");
    assert!(points > 20);
}

#[test]
fn a_lost_sync_is_reported_and_the_next_write_is_safe() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        b.put_session("a", b"before").await.unwrap();
        disk.fail(Some(Fault::Sync));
        let error = cause(b.put_session("a", b"lost").await.unwrap_err());
        assert!(matches!(error, StoreError::Io(_)), "{error:?}");
        disk.fail(None);
        // The very bytes that were lost: they must not be taken for stored.
        b.put_session("a", b"lost").await.unwrap();
        let after = open(&Disk::of(disk.bytes())).backend(ONE);
        assert_eq!(after.get_session("a").await.unwrap().unwrap(), "lost");
    });
}

#[test]
fn all_who_wait_for_a_failed_commit_are_told() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        disk.fail(Some(Fault::Sync));
        let (session, identity, ring) = futures::join!(
            b.put_session("a", b"1"),
            b.put_identity("b", [2; 32]),
            take_in(&store, ONE, vec![inbound("M")]),
        );
        session.unwrap_err();
        identity.unwrap_err();
        ring.unwrap_err();
        disk.fail(None);
        assert_eq!(take_texts(&store, ONE, &["M"]).await, 1);
    });
}

#[test]
fn a_disk_that_does_not_answer_reads_is_waited_for() {
    let disk = Disk::new();
    block_on(async {
        let store = open(&disk);
        // More than the cache holds, so that reading needs the disk.
        for number in 0..40 {
            let blob = vec![number; 100_000];
            store
                .backend(ONE)
                .put_session(&number.to_string(), &blob)
                .await
                .unwrap();
        }
        store.close().await;
        let store = open(&disk);
        let b = store.backend(ONE);
        disk.fail(Some(Fault::Read));
        // An error would be nothing to the library, and a message it cannot read one that is gone.
        let names: Vec<_> = (0..40).map(|number| number.to_string()).collect();
        let mut looks: Vec<_> = names.iter().map(|name| b.get_session(name)).collect();
        let mut waiting = 0;
        looks.retain_mut(|look| {
            let answer = look.now_or_never();
            waiting += u32::from(answer.is_none());
            answer.is_none_or(|answer| answer.unwrap().is_none())
        });
        assert!(waiting > 0);
        disk.fail(None);
        // The writer opens the database anew; a write waits for that.
        b.put_session("a", b"works").await.unwrap();
        for look in looks {
            assert!(look.await.unwrap().is_some());
        }
        for number in 0..40_u8 {
            let row = b.get_session(&number.to_string()).await.unwrap();
            assert_eq!(row.unwrap()[0], number);
        }
        assert!(store.counters().reopened >= 1);
    });
}

#[test]
fn a_disk_that_fails_while_opening_is_reported_and_not_touched() {
    let disk = Disk::new();
    block_on(open(&disk).close());
    let bytes = disk.bytes();
    for fault in [Fault::Read, Fault::Full(0), Fault::Sync] {
        disk.fail(Some(fault));
        let medium = disk.clone();
        let error = open_on(move || Ok(medium.clone()), Commits::Durable)
            .err()
            .unwrap();
        assert!(matches!(error, OpenError::Io { .. }), "{fault:?}: {error}");
        disk.fail(None);
        assert_eq!(disk.bytes(), bytes, "{fault:?}");
    }
    open(&disk);
}

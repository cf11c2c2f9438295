//! An identity the disk did not take: it comes with whatever is written next, and never after its time.

use pairbox::snapshot::StoreHealth;
use whatsapp_rust::futures::FutureExt as _;
use whatsapp_rust::traits::Backend;
use whatsapp_rust::wacore::store::Device;

use super::disk::{Disk, Fault};
use super::{ONE, block_on, open};

fn named(name: &str) -> Device {
    let mut device = Device::new();
    device.push_name = name.into();
    device
}

async fn name(backend: &dyn Backend) -> Option<String> {
    let device = backend.load().await.unwrap();
    device.map(|device| device.push_name)
}

#[test]
fn it_is_in_the_file_as_soon_as_anything_is_and_before_the_disk_is_told_to_be_well() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        for before in [None, Some("old")] {
            if let Some(before) = before {
                b.save(&named(before)).await.unwrap();
            }
            disk.fail(Some(Fault::Full(0)));
            b.save(&named("older")).await.unwrap_err();
            // The library may stop waiting; the identity counts all the same.
            drop(b.save(&named("new")).now_or_never());
            b.put_session("a", b"lost").await.unwrap_err();
            disk.fail(None);
            b.put_session("a", b"kept").await.unwrap();
            assert_eq!(*store.health().borrow(), StoreHealth::Well);
            assert_eq!(name(&*b).await.as_deref(), Some("new"));
        }
        store.close().await;
        assert_eq!(
            name(&*open(&disk).backend(ONE)).await.as_deref(),
            Some("new")
        );
    });
}

#[test]
fn a_newer_one_is_not_overtaken() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        disk.fail(Some(Fault::Full(0)));
        b.save(&named("old")).await.unwrap_err();
        disk.fail(None);
        b.save(&named("new")).await.unwrap();
        for text in [b"1", b"2"] {
            b.put_session("a", text).await.unwrap();
            assert_eq!(name(&*b).await.as_deref(), Some("new"));
        }
        store.close().await;
    });
}

#[test]
fn it_does_not_come_back_after_a_logout() {
    let disk = Disk::new();
    let store = open(&disk);
    let b = store.backend(ONE);
    block_on(async {
        b.save(&named("before")).await.unwrap();
        disk.fail(Some(Fault::Full(0)));
        b.save(&named("unsaved")).await.unwrap_err();
        disk.fail(None);
        store.wipe_auth(ONE).await.unwrap();
        store.backend(ONE).put_session("a", b"1").await.unwrap();
        assert_eq!(name(&*b).await, None);
        // What a handle of before the logout has to say is not kept either.
        disk.fail(Some(Fault::Full(0)));
        b.save(&named("late")).await.unwrap_err();
        disk.fail(None);
        store.backend(ONE).put_session("a", b"2").await.unwrap();
        assert_eq!(name(&*b).await, None);
        store.close().await;
    });
}

/// A logout the disk did not take either: from the moment the old link can no longer write, what it could
/// not save is not brought back.
#[test]
fn it_does_not_come_back_after_half_a_logout() {
    let mut halves = 0;
    for room in 0.. {
        let disk = Disk::new();
        let store = open(&disk);
        let b = store.backend(ONE);
        let wiped = block_on(async {
            b.save(&named("before")).await.unwrap();
            disk.fail(Some(Fault::Full(0)));
            b.save(&named("unsaved")).await.unwrap_err();
            disk.fail(Some(Fault::Full(room)));
            let wiped = store.wipe_auth(ONE).await.is_ok();
            disk.fail(None);
            let over = b.put_session("a", b"old").await.is_err();
            store.backend(ONE).put_session("a", b"1").await.unwrap();
            let name = name(&*b).await;
            if over {
                assert_ne!(name.as_deref(), Some("unsaved"), "room for {room}");
            }
            halves += u32::from(over && !wiped);
            store.close().await;
            wiped
        });
        if wiped {
            break;
        }
    }
    assert!(halves > 0, "no logout broke off half-way");
}

//! The power fails while a file of the first schema is taken over: it is as it was, or taken over, and
//! either way the next start goes on with it.

use pairbox::account::AccountId;

use super::Tally;
use super::image::Cutter;
use crate::store::disk::Disk;
use crate::store::names::{write_old_messages, write_schema_1};
use crate::store::words::ring_ids;
use crate::store::{ONE, block_on, open};

#[test]
fn a_migration_that_is_cut_off_is_made_up_for() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    write_schema_1(&path, &[1, 7]);
    write_old_messages(&path);
    let old = std::fs::read(&path).unwrap();
    let disk = Disk::of(old.clone());
    disk.record();
    block_on(open(&disk).close());
    let mut cutter = Cutter::new(old, 1);
    let mut tally = Tally::default();
    for (at, op) in disk.log().iter().enumerate() {
        cutter.apply(op);
        for (kind, image) in cutter.images() {
            tally.images += 1;
            let disk = Disk::of(image);
            let store = open(&disk);
            let accounts = store.accounts().unwrap();
            let ids: Vec<_> = accounts.iter().map(|account| account.id.0).collect();
            assert_eq!(ids, [1, 7], "operation {at}, {kind}");
            assert_eq!(store.next_account().unwrap(), AccountId(8));
            assert_eq!(ring_ids(&store, ONE), ["M4", "M3", "M1"]);
            let name = store.box_id().unwrap();
            block_on(store.close());
            assert_eq!(open(&disk).box_id().unwrap(), name);
        }
    }
    let images = tally.images;
    figure!("store: a file of schema 1 was taken over from {images} images of power cuts");
    assert!(images > 20);
}

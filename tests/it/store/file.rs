//! The real file: modes, lock, and every kind of file that is not a store this program can use.
//! What is refused is named, explained, and left as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pairbox::store::probe::{Commits, open_on};
use pairbox::store::{OpenError, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::{Database, TableDefinition};

use super::behaviours::{check_filled, fill};
use super::disk::Disk;
use super::{ONE, block_on, open};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A closed store with something in it.
fn closed_store(path: &Path) {
    block_on(async {
        let store = Store::open(path).unwrap();
        fill(&*store.backend(ONE)).await;
        store.close().await;
    });
}

/// Opening must fail, name the file, and not touch it.
fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).ok();
    let error = Store::open(path).err().expect("it opened");
    assert_eq!(fs::read(path).ok(), before, "the file was touched");
    let said = error.to_string();
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    println!("store: {said}");
    error
}

#[test]
fn a_new_store_is_for_its_owner_only() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("state/box/store.redb");
    closed_store(&path);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    block_on(async {
        let store = Store::open(&path).unwrap();
        check_filled(&*store.backend(ONE)).await;
        store.close().await;
    });
}

#[test]
fn a_store_that_others_can_read_is_narrowed_and_its_directory_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = home.path().join("store.redb");
    closed_store(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    block_on(Store::open(&path).unwrap().close());
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(home.path()), 0o755);
}

#[test]
fn a_path_without_a_directory_is_in_the_current_one() {
    // Only that it is looked for there: the test must not leave a file behind.
    let error = Store::open(Path::new("/")).err().unwrap();
    assert!(matches!(error, OpenError::Io { .. }));
}

#[test]
fn a_second_opening_is_told_that_the_store_is_in_use() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    block_on(async {
        let store = Store::open(&path).unwrap();
        store.ensure_first_account("box").await.unwrap();
        assert!(matches!(refused(&path), OpenError::Held { .. }));
        store.ensure_first_account("box").await.unwrap();
        store.close().await;
        let again = Store::open(&path).unwrap();
        assert_eq!(again.accounts().unwrap().len(), 1);
    });
}

#[test]
fn a_newer_store_is_refused_and_keeps_its_rows() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        fill(&*store.backend(ONE)).await;
        store.pretend_newer().await.unwrap();
        store.close().await;
    });
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    fs::write(&path, disk.bytes()).unwrap();
    let error = Store::open(&path).err().unwrap();
    assert!(
        matches!(
            error,
            OpenError::Newer {
                found: 4,
                known: 3,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("update pairbox"));
    println!("store: {error}");
    let error = Store::open(&path).err().unwrap();
    assert!(
        matches!(error, OpenError::Newer { .. }),
        "the second time: {error}"
    );
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    for garbage in [
        b"x".to_vec(),
        b"[settings]\nlabel = 'box'\n".to_vec(),
        vec![0xff; 2 * 1024 * 1024],
        [vec![0; 5_000], vec![1]].concat(),
    ] {
        fs::write(&path, garbage).unwrap();
        assert!(matches!(refused(&path), OpenError::Foreign { .. }));
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    let table = TableDefinition::<u32, u32>::new("theirs");
    let database = Database::create(&path).unwrap();
    let tx = database.begin_write().unwrap();
    tx.open_table(table).unwrap().insert(1, 1).unwrap();
    tx.commit().unwrap();
    drop(database);
    let error = Store::open(&path).err().unwrap();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    let database = Database::open(&path).unwrap();
    let tx = redb::ReadableDatabase::begin_read(&database).unwrap();
    assert_eq!(
        tx.open_table(table)
            .unwrap()
            .get(1)
            .unwrap()
            .unwrap()
            .value(),
        1
    );
}

#[test]
fn a_truncated_store_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    closed_store(&path);
    let whole = fs::read(&path).unwrap();
    for length in [9, 100, 320, 512, 4_096, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&path);
    }
    fs::write(&path, &whole).unwrap();
    block_on(check_filled(&*Store::open(&path).unwrap().backend(ONE)));
}

#[test]
fn a_directory_in_place_of_the_file_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(&path), OpenError::Io { .. }));
}

#[test]
fn a_file_in_place_of_the_directory_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    fs::write(&state, "a file").unwrap();
    assert!(matches!(
        refused(&state.join("store.redb")),
        OpenError::Io { .. }
    ));
    assert_eq!(fs::read(&state).unwrap(), b"a file");
}

#[test]
fn an_empty_file_and_an_unfinished_creation_are_new_stores() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    for unfinished in [vec![], vec![0; 3], vec![0; 600_000]] {
        fs::write(&path, unfinished).unwrap();
        closed_store(&path);
        fs::remove_file(&path).unwrap();
    }
}

/// Bytes of a closed store rot, one at a time: it is refused, or nothing of it is different.
#[test]
fn a_rotten_store_is_refused_or_whole() {
    const ROTS: u32 = 1_500;
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        fill(&*store.backend(ONE)).await;
        let large = vec![7; 200_000];
        store.backend(ONE).put_session("a", &large).await.unwrap();
        store.close().await;
    });
    let sound = disk.bytes();
    let rows = open(&Disk::of(sound.clone())).all_rows().unwrap();
    let used = (0..sound.len())
        .filter(|at| sound[*at] != 0)
        .collect::<Vec<_>>();
    let mut rng = StdRng::seed_from_u64(1);
    let mut refused = 0;
    for rot in 0..ROTS {
        // Zeros hurt too, such as those in the list of free pages.
        let at = match rot % 2 {
            0 => used[rng.random_range(0..used.len())],
            _ => rng.random_range(0..*used.last().unwrap()),
        };
        let bit = 1 << rng.random_range(0..8);
        let rotten = Disk::of(sound.clone());
        rotten.tamper(|bytes| bytes[at] ^= bit);
        match open_on(move || Ok(rotten.clone()), Commits::Durable) {
            Ok(store) => assert!(store.all_rows().unwrap() == rows, "byte {at}, bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    figure!("store: {ROTS} flipped bits, {refused} refused, the others changed no row");
    assert!(refused > ROTS / 5);
}

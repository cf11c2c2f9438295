//! Files that wait to be sent, and files fetched by URL.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pairbox::gateway::spool::{Spool, SpoolError};
use pairbox::limits::SPOOL_FILES;
use sha2::{Digest, Sha256};

fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_file_is_taken_in_piece_by_piece_and_for_nobody_else() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("media/spool");
    let spool = Spool::new(folder.clone(), 10);
    let mut incoming = spool.begin().unwrap();
    incoming.add(b"hello").unwrap();
    incoming.add(b"world").unwrap();
    let kept = incoming.finish().unwrap();
    assert_eq!(kept.size, 10);
    let hash = Sha256::digest(b"helloworld");
    let hash = hash
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert!(kept.file.starts_with(&hash));
    let path = spool.path(&kept.file);
    assert_eq!(fs::read(&path).unwrap(), b"helloworld");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    // The same again is another file: each belongs to one message.
    assert_ne!(spool.keep(b"helloworld").unwrap().file, kept.file);
    spool.remove(&kept.file);
    spool.remove(&kept.file);
    assert_eq!(files(&folder).len(), 1);
}

#[test]
fn nothing_is_left_of_a_file_that_did_not_come_whole() {
    let home = tempfile::tempdir().unwrap();
    let spool = Spool::new(home.path().join("spool"), 4);
    let mut incoming = spool.begin().unwrap();
    incoming.add(b"1234").unwrap();
    assert!(matches!(
        incoming.add(b"5"),
        Err(SpoolError::TooLarge { max: 4 })
    ));
    drop(incoming);
    let mut cut = spool.begin().unwrap();
    cut.add(b"12").unwrap();
    drop(cut);
    assert_eq!(files(&home.path().join("spool")), [""; 0]);
}

#[test]
fn it_does_not_fill_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let spool = Spool::new(home.path().join("spool"), 4);
    for _ in 0..SPOOL_FILES {
        spool.keep(b"1234").unwrap();
    }
    assert!(matches!(spool.keep(b"1"), Err(SpoolError::Full)));
}

#[test]
fn what_nobody_wants_is_swept() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("spool");
    let spool = Spool::new(folder.clone(), 100);
    spool.sweep(|_| false).unwrap();
    let wanted = spool.keep(b"wanted").unwrap().file;
    spool.keep(b"sent").unwrap();
    fs::write(folder.join("0123.part"), b"cut off").unwrap();
    spool.sweep(|file| file == wanted).unwrap();
    assert_eq!(files(&folder), [wanted]);
    // No name leads out of the folder.
    fs::write(home.path().join("precious"), b"x").unwrap();
    spool.remove("../precious");
    assert!(home.path().join("precious").exists());
}

//! The search through all logs, as CI calls it. (That this test exists also has `cargo test` build the
//! program.)

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Searches a target folder that holds these logs.
fn search(target: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pairbox-rig"))
        .arg("--search-logs")
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap()
}

#[test]
fn a_secret_in_one_log_of_many_fails_the_search() {
    let target = tempfile::tempdir().unwrap();
    assert!(!search(target.path()).status.success(), "nothing to search");
    let logs = target.path().join("logs");
    fs::create_dir(&logs).unwrap();
    for n in 0..40 {
        fs::write(logs.join(format!("t{n}.log")), "info: all is well\n").unwrap();
        fs::write(logs.join(format!("t{n}.secrets")), "not to be told\n").unwrap();
    }
    let clean = search(target.path());
    assert!(clean.status.success(), "{clean:?}");
    fs::write(logs.join("t7.log"), "info: this is not to be told\n").unwrap();
    let found = search(target.path());
    assert!(!found.status.success());
    let words = String::from_utf8(found.stdout).unwrap();
    assert!(words.contains("t7.log:1: a secret of a test"), "{words}");
    assert!(!words.contains("not to be told"), "{words}");
}

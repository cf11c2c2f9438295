//! The walker says how it is called. (That this test exists also has `cargo test` build the program, so
//! that `tests/browser/run` need not build the workspace a second time.)

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

#[test]
fn whoever_names_no_folder_is_told_how_to() {
    let told = Command::new(env!("CARGO_BIN_EXE_pairbox-browser"))
        .output()
        .unwrap();
    assert!(!told.status.success());
    let words = String::from_utf8(told.stderr).unwrap();
    assert!(words.contains("usage: pairbox-browser FOLDER"), "{words}");
}

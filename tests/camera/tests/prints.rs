//! The printer prints what its manifest promises. (That this test exists also has `cargo test` build
//! the program, so that `tests/camera/run` need not build the workspace a second time.)

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::Command;

use pairbox_chips::Picture;
use pairbox_chips::qr_check::read_qr;
use serde_json::Value;

#[test]
fn every_board_is_printed_and_every_code_of_today_is_proper() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prints");
    let status = Command::new(env!("CARGO_BIN_EXE_pairbox-camera"))
        .arg(&folder)
        .status()
        .unwrap();
    assert!(status.success());
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let prints = manifest["prints"].as_array().unwrap();
    for board in manifest["boards"].as_array().unwrap() {
        let own = |print: &&Value| print["format"] == board["format"] && print["bytes"] == 239;
        assert!(prints.iter().filter(own).count() >= 8, "{board}");
    }
    for print in prints.iter().filter(|print| print["bytes"] == 239) {
        assert!(
            print["fault"].is_null(),
            "{}: {}",
            print["png"],
            print["fault"]
        );
        // No pairing code fits 32 rows (HARDWARE.md 1.3); on every other panel one has to be there.
        if print["format"] == "oled-128x32" {
            assert!(print["code"].is_null());
            continue;
        }
        let png = fs::read(folder.join(print["png"].as_str().unwrap())).unwrap();
        let text = read_qr(&Picture::from_png(&png).unwrap()).unwrap();
        assert_eq!(print["text"], text);
    }
}

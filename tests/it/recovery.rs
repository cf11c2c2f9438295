//! A store beyond repair: the box comes back through its identity copy, with no scan, reads and writes
//! again, and says what happened until a person has seen it.
//!
//! The file is mangled while the box is off, as a card does it.

mod logout;
mod mangled;
mod spoken;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use pairbox_rig::linking::until;
use pairbox_rig::power::PoweredBox;
use serde_json::{Value, json};

use crate::stories::scene::{ALICE, OWNER, PATIENCE, Scene};

/// The store's file.
fn store(scene: &Scene) -> PathBuf {
    scene.socket.folder.join("state/pairbox.redb")
}

/// Its identity copy.
fn copy(scene: &Scene) -> PathBuf {
    scene.socket.folder.join("state/identity.redb")
}

/// A box that is paired, connected, and has its identity copy, cut off.
fn paired_and_cut(scene: &Scene) {
    let powered = scene.paired();
    wait_copy(&powered);
    powered.cut().unwrap();
}

/// Waits until the copy holds the link; the number of the log line after that.
fn wait_copy(powered: &PoweredBox) -> usize {
    let written = |line: &str| line.contains("identity copy was written: 1 linked");
    powered.wait_log(0, PATIENCE, written).unwrap().0
}

/// Which file that is, by its number, and how long. (redb notes in a damaged file that it is open.)
fn which(path: &Path) -> (u64, u64) {
    let file = fs::metadata(path).unwrap();
    (file.ino(), file.len())
}

fn cut_to_half(scene: &Scene) {
    let file = fs::OpenOptions::new()
        .write(true)
        .open(store(scene))
        .unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len / 2).unwrap();
}

fn status(powered: &PoweredBox) -> Value {
    serde_json::from_str(&powered.get("/api/v1/status").unwrap()).unwrap()
}

fn never_scanned(log: &[String]) {
    let scan = log.iter().find(|line| line.contains("scan_qr_code"));
    assert_eq!(scan, None, "it wanted to be scanned");
}

/// Waits until the box has read a message.
fn wait_read(powered: &PoweredBox, text: &str) {
    let path = powered.path(1, "messages").unwrap();
    let read = until(|| {
        let listed: Value = serde_json::from_str(&powered.get(&path)?)?;
        let rows = listed["data"].as_array().cloned().unwrap_or_default();
        Ok(rows.iter().any(|row| row["text"] == text).then_some(()))
    });
    read.unwrap_or_else(|late| panic!("{text}: {late}\n{}", powered.log().join("\n")));
}

/// Both ways, in a chat and with the phone.
fn talks(scene: &Scene, powered: &PoweredBox, name: &str) {
    let [inbound, outbound, own] = ["in", "out", "own"].map(|way| format!("{name} {way}"));
    scene.alice.send_text(OWNER, &inbound);
    wait_read(powered, &inbound);
    let body = json!({"to": ALICE, "type": "text", "text": outbound}).to_string();
    let path = powered.path(1, "messages").unwrap();
    let (code, answer) = powered.post(&path, &body).unwrap();
    assert_eq!(code, 202, "{answer}");
    let heard = scene.alice.wait_text(PATIENCE);
    let heard = heard.unwrap_or_else(|_| panic!("{outbound}\n{}", powered.log().join("\n")));
    assert_eq!(heard.body, outbound);
    // What the owner writes on the phone comes to the box as a copy.
    scene.phone.send_text(ALICE, &own);
    wait_read(powered, &own);
    assert_eq!(scene.alice.wait_text(PATIENCE).unwrap().body, own);
}

//! A disk that misbehaves: at the start, when nothing can be read, and in the middle of a day. The box says
//! so, keeps what it has, and goes on by itself when the disk does.

use std::fs;

use super::scene::{PATIENCE, Scene};

/// Looks at the page before a state counts as one that does not come.
const LOOKS: usize = 1_000;

#[test]
fn a_disk_in_trouble_at_the_start_is_shown_and_waited_for() {
    let scene = Scene::set();
    let powered = scene.paired();
    powered.cut().unwrap();
    let disk = scene.socket.folder.join("disk");
    for word in ["read-only", "full", "io"] {
        fs::write(&disk, word).unwrap();
        let powered = scene.power_on();
        scene.wait_glass("Storage problem");
        let account = powered.account().unwrap();
        assert_eq!(account["status"], "failed", "{account}");
        assert_eq!(account["last_error"]["code"], "store", "{account}");
        assert!(account["advice"].is_string(), "{account}");
        // Nothing was put in place of what cannot be read.
        fs::write(&disk, "").unwrap();
        powered
            .wait_log(0, PATIENCE, |line| line.contains("can be used again"))
            .unwrap();
        scene.wait_connected(&powered);
        powered.cut().unwrap();
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_and_ends_nothing() {
    let scene = Scene::set();
    let powered = scene.paired();
    let disk = scene.socket.folder.join("disk");
    fs::write(&disk, "full").unwrap();
    // A wish that has to be kept: it is what meets the disk.
    let path = powered.path(1, "").unwrap();
    let path = path.trim_end_matches('/');
    let change = r#"{"label":"another name"}"#;
    let _ = powered.ask("PATCH", path, Some(change)).unwrap();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("store: writing failed"))
        .unwrap();
    // The log tells first; the status follows with the machine's next step.
    let told = || {
        let status = powered.get("/api/v1/status").unwrap();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        status["store"]["status"] == "full"
    };
    assert!((0..LOOKS).any(|_| told()));
    fs::write(&disk, "").unwrap();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("takes writes again"))
        .unwrap();
    scene.wait_connected(&powered);
    scene.hear("after the disk was full");
    scene.close(powered);
}

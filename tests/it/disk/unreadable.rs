//! A card that cannot even be read: while the box runs, and when it starts. It says so, makes nothing in
//! place of what it cannot read, and goes on with the same link when the card answers again.

use std::fs;

use crate::stories::scene::{PATIENCE, Scene};

#[test]
fn a_card_that_does_not_answer_costs_no_link() {
    let scene = Scene::set();
    let powered = scene.paired();
    let devices = scene.phone.devices();
    let disk = scene.socket.folder.join("disk");
    fs::write(&disk, "dead").unwrap();
    let path = powered.path(1, "").unwrap();
    let change = r#"{"label":"another name"}"#;
    let path = path.trim_end_matches('/');
    let _ = powered.ask("PATCH", path, Some(change)).unwrap();
    scene.wait_glass("Storage problem");
    let status = powered.get("/api/v1/status").unwrap();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["store"]["status"], "failing", "{status}");
    assert_eq!(status["sessions"][0]["linked"], true, "{status}");
    fs::write(&disk, "").unwrap();
    powered
        .wait_log(0, PATIENCE, |line| line.contains("takes writes again"))
        .unwrap();
    scene.hear("after the card answered again");

    fs::write(&disk, "dead").unwrap();
    powered.cut().unwrap();
    let powered = scene.power_on();
    scene.wait_glass("Storage problem");
    assert_eq!(powered.account().unwrap()["last_error"]["code"], "store");
    fs::write(&disk, "").unwrap();
    scene.wait_connected(&powered);
    assert_eq!(scene.phone.devices(), devices);
    scene.close(powered);
}

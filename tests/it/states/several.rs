//! A box with ten accounts: paired one after the other, all back after a power cut, and none of them
//! bothered by what befalls another.

use pairbox_rig::power::PoweredBox;
use pairbox_sim::{Phone, StreamError};
use serde_json::Value;

use super::stage::wait;
use crate::stories::scene::{PATIENCE, Scene};

const ACCOUNTS: usize = 10;

/// The number of the `n`th owner.
fn number(n: usize) -> String {
    format!("1555001{n:04}")
}

/// Adds an account over the API, waits for its QR, and lets a phone of its own scan it.
fn add(scene: &Scene, powered: &PoweredBox, n: usize) -> Phone {
    let phone = scene.service.phone(&number(n), &format!("Owner {n}"));
    powered.secret(&number(n));
    let body = format!(r#"{{"label":"Line {n}"}}"#);
    let (status, answer) = powered.post("/api/v1/sessions", &body).unwrap();
    assert_eq!(status, 201, "{answer}");
    let made: Value = serde_json::from_str(&answer).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    pair(powered, &id, &phone);
    phone
}

fn pair(powered: &PoweredBox, id: &str, phone: &Phone) {
    let path = format!("/api/v1/sessions/{id}/qr?format=raw");
    let mut qr = String::new();
    let shown = wait(2 * PATIENCE, || {
        let answer = powered.ask("GET", &path, None).unwrap();
        answer.text().unwrap().clone_into(&mut qr);
        answer.code == 200
    });
    assert!(shown, "{qr}\n{}", powered.log().join("\n"));
    powered.secret(&qr);
    phone.scan(qr.trim()).unwrap();
}

fn all(powered: &PoweredBox, status: &str, count: usize) -> bool {
    let accounts = powered.accounts().unwrap();
    let there = accounts.iter().filter(|it| it["status"] == status);
    there.count() == count
}

#[test]
fn ten_accounts_come_back_after_a_power_cut() {
    let scene = Scene::set();
    let powered = scene.power_on();
    // The account a box has from the start is the first of the ten.
    let first = powered.session(1).unwrap();
    let (status, answer) = powered
        .post(&format!("/api/v1/sessions/{first}/start"), "{}")
        .unwrap();
    assert_eq!(status, 202, "{answer}");
    pair(&powered, &first, &scene.phone);
    let mut phones = vec![scene.phone.clone()];
    for n in 2..=ACCOUNTS {
        phones.push(add(&scene, &powered, n));
    }
    let working = || all(&powered, "working", ACCOUNTS);
    assert!(wait(2 * PATIENCE, working), "{}", powered.log().join("\n"));
    let names: Vec<Value> = powered.accounts().unwrap();
    scene.check_log(&powered.cut().unwrap());

    let powered = scene.power_on();
    let back = wait(3 * PATIENCE, || all(&powered, "working", ACCOUNTS));
    assert!(back, "{}", powered.log().join("\n"));
    let again = powered.accounts().unwrap();
    for (before, after) in names.iter().zip(&again) {
        for same in ["id", "label", "phone"] {
            assert_eq!(before[same], after[same]);
        }
    }
    for phone in &phones {
        assert_eq!(phone.devices().len(), 1, "{}", phone.number());
    }

    // What befalls one is nothing to the others.
    phones[3].stream_error(StreamError::Replaced);
    let one_down = wait(PATIENCE, || {
        all(&powered, "failed", 1) && all(&powered, "working", ACCOUNTS - 1)
    });
    assert!(one_down, "{}", powered.log().join("\n"));
    let id = again[3]["id"].as_str().unwrap();
    assert_eq!(powered.nth(4).unwrap()["reason"], "stream_replaced");
    let gone = powered
        .ask("DELETE", &format!("/api/v1/sessions/{id}"), None)
        .unwrap();
    assert_eq!(gone.code, 204, "{gone:?}");
    let left = wait(PATIENCE, || {
        let accounts = powered.accounts().unwrap();
        accounts.len() == ACCOUNTS - 1 && all(&powered, "working", ACCOUNTS - 1)
    });
    assert!(left, "{}", powered.log().join("\n"));

    // Deleted is deleted, and its number is not given out again.
    scene.check_log(&powered.cut().unwrap());
    let powered = scene.power_on();
    let back = wait(3 * PATIENCE, || all(&powered, "working", ACCOUNTS - 1));
    assert!(back, "{}", powered.log().join("\n"));
    let (status, answer) = powered
        .post("/api/v1/sessions", r#"{"start":false}"#)
        .unwrap();
    assert_eq!(status, 201, "{answer}");
    let made: Value = serde_json::from_str(&answer).unwrap();
    assert!(names.iter().all(|old| old["id"] != made["id"]), "{made}");
    scene.close(powered);
}

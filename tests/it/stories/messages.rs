//! Texts, both ways, through a restart.

use pairbox_rig::power::PoweredBox;
use pairbox_sim::Event;
use serde_json::{Value, json};

use super::scene::{ALICE, OWNER, PATIENCE, Scene};

fn texts(powered: &PoweredBox) -> Vec<String> {
    let path = powered.path(1, "messages").unwrap();
    let listed: Value = serde_json::from_str(&powered.get(&path).unwrap()).unwrap();
    let rows = listed["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn texts_both_ways_after_a_restart() {
    let scene = Scene::set();
    for text in ["before the cut", "to the box", "from the box"] {
        scene.keep_secret(text);
    }
    let powered = scene.paired();
    scene.hear("before the cut");
    assert_eq!(texts(&powered), ["before the cut"]);
    scene.check_log(&powered.cut().unwrap());

    let powered = scene.power_on();
    scene.wait_connected(&powered);
    scene.hear("to the box");

    let body = json!({"to": ALICE, "type": "text", "text": "from the box"}).to_string();
    let path = powered.path(1, "messages").unwrap();
    let (code, answer) = powered.post(&path, &body).unwrap();
    assert_eq!(code, 202, "{answer}");
    let heard = scene.alice.wait_text(PATIENCE).unwrap();
    assert_eq!(heard.body, "from the box");
    assert_eq!(
        texts(&powered),
        ["from the box", "to the box", "before the cut"]
    );
    scene.close(powered);
}

#[test]
fn what_was_said_while_the_box_was_off_arrives() {
    let scene = Scene::set();
    let powered = scene.paired();
    scene.check_log(&powered.cut().unwrap());
    let mut cursor = scene.service.cursor();
    let sent: Vec<String> = (0..5)
        .map(|n| scene.alice.send_text(OWNER, &format!("while away {n}")))
        .collect();
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    // Receipts of a backlog come in any order: each is looked for from the start.
    let mut arrived = 0;
    while arrived < sent.len() {
        let any = |event: &Event| matches!(event, Event::Receipt { id, .. } if sent.contains(id));
        cursor.wait(PATIENCE, any).unwrap();
        arrived += 1;
    }
    let wanted: Vec<String> = (0..5).rev().map(|n| format!("while away {n}")).collect();
    assert_eq!(texts(&powered), wanted);
    scene.close(powered);
}

#[test]
fn a_text_that_cannot_go_out_is_refused_in_words() {
    let scene = Scene::set();
    let powered = scene.paired();
    let path = powered.path(1, "messages").unwrap();
    let post = |body: Value| powered.post(&path, &body.to_string()).unwrap();
    let (code, answer) = post(json!({"to": "hello", "type": "text", "text": "x"}));
    assert_eq!(code, 422, "{answer}");
    let (code, answer) = post(json!({"to": ALICE, "type": "text", "text": ""}));
    assert_eq!(code, 422, "{answer}");
    powered
        .post(&powered.path(1, "stop").unwrap(), "{}")
        .unwrap();
    scene.wait_glass("Disconnected");
    let (code, answer) = post(json!({"to": ALICE, "type": "text", "text": "x"}));
    assert_eq!(code, 409, "{answer}");
    assert!(
        scene
            .service
            .events()
            .iter()
            .all(|event| !matches!(event, Event::Refused { .. }))
    );
    scene.close(powered);
}

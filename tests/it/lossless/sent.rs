//! The other way: what programs send while the box is killed and the network drops is read once each, in
//! order, whatever of it went out twice.

use pairbox_rig::linking::{PATIENCE, until};
use pairbox_rig::lossless::{Stage, number};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::tally::Tally;
use serde_json::{Value, json};

/// People who are written to.
const CHATS: usize = 5;
/// Messages in all.
const MESSAGES: usize = 200;
/// One SIGKILL after so many.
const KILL_EVERY: usize = 20;
/// One lost network after so many.
const DROP_EVERY: usize = 30;

/// Asks until it is taken: right after its start a box does not know yet that it will be connected. The
/// key makes asking again safe.
fn send(powered: &PoweredBox, path: &str, n: usize) -> String {
    let body = json!({"to": format!("+{}", number(n % CHATS)), "type": "text", "text": text(n)});
    let key = format!("message-{n}");
    let taken = until(|| {
        let headers = [("Idempotency-Key", key.as_str())];
        let body = body.to_string();
        let door = pairbox_rig::doors::Door::Control;
        let reply = powered.ask_at(door, "POST", path, &headers, Some(&body))?;
        let said: Value = reply.json()?;
        Ok(match reply.code {
            202 => Some(said["id"].as_str().unwrap().to_owned()),
            409 | 429 | 503 => None,
            code => panic!("{code} {said}"),
        })
    });
    taken.unwrap_or_else(|late| panic!("{n}: {late}\n{}", powered.log().join("\n")))
}

fn text(n: usize) -> String {
    format!("number {n}")
}

#[test]
fn what_was_taken_is_read_once() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, CHATS, "pace_per_minute = 0").unwrap();
    let tally = Tally::start(0).unwrap();
    let (powered, session) = stage.linked(&tally.url()).unwrap();
    let path = format!("/api/v1/sessions/{session}/messages");
    let mut powered = Some(powered);
    let mut ids = Vec::new();
    let mut kills = 0;
    for n in 0..MESSAGES {
        ids.push(send(powered.as_ref().unwrap(), &path, n));
        if n % DROP_EVERY == DROP_EVERY - 1 {
            stage.service.reset_all();
        }
        if n % KILL_EVERY == KILL_EVERY / 2 {
            powered.take().unwrap().cut().unwrap();
            powered = Some(stage.socket.power_on().unwrap());
            kills += 1;
            // A program that does not know whether it was taken asks again: it is the same message.
            assert_eq!(
                &send(powered.as_ref().unwrap(), &path, n),
                ids.last().unwrap()
            );
        }
    }
    for (chat, contact) in stage.contacts.iter().enumerate() {
        for n in (chat..MESSAGES).step_by(CHATS) {
            let read = contact.wait_message(PATIENCE);
            let log = || powered.as_ref().unwrap().log().join("\n");
            let read = read.unwrap_or_else(|late| panic!("{n}: {late}\n{}", log()));
            assert_eq!(
                (read.id.as_str(), read.text()),
                (ids[n].as_str(), Some(text(n).as_str()))
            );
        }
        assert!(
            contact.take_messages().is_empty(),
            "something was read twice"
        );
    }
    figure!("{MESSAGES} sent through {kills} kills: each read once, in order");
    // And the box knows: nothing waits any more.
    let done = until(|| {
        let listed = powered
            .as_ref()
            .unwrap()
            .ask("GET", &format!("{path}?limit=100"), None)?;
        let listed = listed.json()?;
        let rows = listed["data"].as_array().unwrap();
        let waits = rows.iter().any(|row| row["status"] == "queued");
        Ok((!rows.is_empty() && !waits).then_some(()))
    });
    done.unwrap();
}

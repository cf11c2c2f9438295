//! A disk that is full for a while: what came meanwhile is not acknowledged, not overtaken, and there when
//! the disk is well again, without a restart.

use std::time::Duration;

use pairbox_rig::doors::Door;
use pairbox_rig::linking::{until, working};
use pairbox_rig::lossless::{OWNER, Stage, number};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::tally::{self, Tally};
use pairbox_sim::Event;

/// How long a message may take: the box looks at its disk every few seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long one may take that is in the queue: a look at the disk, and nothing that comes about by chance.
const SOON: Duration = Duration::from_secs(20);

/// Waits until the box says so of its disk.
fn wait_disk(powered: &PoweredBox, wanted: &str) {
    let there = until(|| {
        let status: serde_json::Value = serde_json::from_str(&powered.get("/api/v1/status")?)?;
        Ok((status["store"]["status"] == wanted).then_some(()))
    });
    there.unwrap_or_else(|late| panic!("{wanted}: {late}\n{}", powered.log().join("\n")));
}

#[test]
fn a_disk_that_was_full_loses_nothing() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, 2, "").unwrap();
    let tally = Tally::start(0).unwrap();
    let (powered, _session) = stage.linked(&tally.url()).unwrap();
    let say = |chat: usize, number: usize| {
        stage.contacts[chat].send_text(OWNER, &tally::text(chat, number))
    };
    for chat in 0..2 {
        say(chat, 0);
    }
    tally.wait(2, PATIENCE).unwrap();

    stage.disk("full").unwrap();
    let mut cursor = stage.service.cursor();
    let refused = say(0, 1);
    // It reached the box, which cannot keep it.
    let sent = |event: &Event| matches!(event, Event::Delivered { id, .. } if *id == refused);
    cursor.wait(PATIENCE, sent).unwrap();
    wait_disk(&powered, "full");
    for number in 1..4 {
        say(1, number);
        say(0, number + 1);
    }
    let told = |event: &Event| matches!(event, Event::Receipt { id, kind, .. } if *id == refused && kind.is_empty());
    assert!(
        !stage.service.events().iter().any(told),
        "it was acknowledged"
    );
    stage.disk("").unwrap();
    tally
        .wait(9, PATIENCE)
        .unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
    let sum = tally.sum();
    assert!(sum.wrong.is_empty(), "{:?}", sum.wrong);
    assert!(powered.switch_off().unwrap().0.success());
}

/// What the library wants to read before it can decrypt is waited for: told of an error it would have WhatsApp
/// forget the message.
#[test]
fn a_message_that_comes_while_the_store_cannot_be_read_is_read_later() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, 1, "").unwrap();
    let tally = Tally::start(0).unwrap();
    let (powered, session) = stage.linked(&tally.url()).unwrap();
    let say = |number: usize| stage.contacts[0].send_text(OWNER, &tally::text(0, number));
    say(0);
    tally.wait(1, PATIENCE).unwrap();
    // After a restart no session is in memory.
    powered.cut().unwrap();
    let powered = stage.socket.power_on().unwrap();
    working(&powered, &session).unwrap();

    stage.disk("dead").unwrap();
    let path = format!("/api/v1/sessions/{session}");
    let label = powered.ask("PATCH", &path, Some(r#"{"label":"till"}"#));
    label.unwrap();
    wait_disk(&powered, "failing");
    let mut cursor = stage.service.cursor();
    let sent = say(1);
    let came = |event: &Event| matches!(event, Event::Delivered { id, .. } if *id == sent);
    cursor.wait(PATIENCE, came).unwrap();
    stage.disk("").unwrap();
    tally
        .wait(2, PATIENCE)
        .unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
    assert!(powered.switch_off().unwrap().0.success());
}

/// A commit that is reported as failed may be on the disk all the same: whoever asks once more is told that the
/// message waits, and then it has to be sent.
#[test]
fn a_message_that_was_kept_although_the_disk_failed_is_sent() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, 1, "pace_per_minute = 0").unwrap();
    let tally = Tally::start(0).unwrap();
    let (powered, session) = stage.linked(&tally.url()).unwrap();
    let path = format!("/api/v1/sessions/{session}/messages");
    let to = format!("+{}", number(0));
    let send = |text: &str| {
        let body = serde_json::json!({"to": to, "type": "text", "text": text}).to_string();
        let key = [("Idempotency-Key", text)];
        let reply = powered.ask_at(Door::Control, "POST", &path, &key, Some(&body));
        reply.unwrap().code
    };
    let contact = &stage.contacts[0];
    assert_eq!(send("first"), 202);
    assert_eq!(contact.wait_text(PATIENCE).unwrap().body, "first");
    let mut refused = 0;
    for at in 1..=16 {
        let text = format!("text-{at}");
        stage.disk(&format!("full@{at}")).unwrap();
        refused += u32::from(send(&text) != 202);
        stage.disk("").unwrap();
        until(|| Ok((send(&text) == 202).then_some(()))).unwrap();
        let read = contact.wait_text(SOON);
        let read = read.unwrap_or_else(|late| panic!("{at}: {late}"));
        assert_eq!(read.body, text);
    }
    assert!(refused > 0, "the disk never failed");
    assert!(powered.switch_off().unwrap().0.success());
}

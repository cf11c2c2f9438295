//! A receiver that is away for more than a week: the caps hold, the oldest go first and are counted and
//! shown, and everything else arrives when it is back.

use pairbox_rig::linking::{self, until};
use pairbox_rig::lossless::{OWNER, Stage};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::tally::{self, Tally};
use serde_json::Value;
use std::time::Duration;

/// People who write every day.
const CHATS: usize = 4;
/// Messages each of them writes every day.
const EVERY_DAY: usize = 10;
/// Messages each of them writes on the last day, so long that they do not all fit.
const LONG: usize = 100;
/// Letters of a long one: with its envelope about 4 kB, and a line holds 1 MB.
const LETTERS: usize = 3500;

/// How the lines stand: pending, dead, dropped.
fn outbox(powered: &PoweredBox) -> (u64, u64, u64) {
    let status: Value = serde_json::from_str(&powered.get("/api/v1/status").unwrap()).unwrap();
    let number = |name: &str| {
        status["outbox"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{status}"))
    };
    (number("pending"), number("dead"), number("dropped"))
}

/// Waits until everything that was written waits or was dropped.
fn wait_in(powered: &PoweredBox, written: usize) -> (u64, u64, u64) {
    until(|| {
        let (pending, dead, dropped) = outbox(powered);
        let all = pending + dead + dropped == written as u64;
        Ok(all.then_some((pending, dead, dropped)))
    })
    .unwrap_or_else(|late| {
        panic!(
            "{late}: {:?} of {written}\n{}",
            outbox(powered),
            powered.log().join("\n")
        )
    })
}

/// Everybody writes so many messages, each with so many letters more.
fn write(stage: &Stage, numbers: std::ops::Range<usize>, letters: usize) {
    for number in numbers {
        for (chat, contact) in stage.contacts.iter().enumerate() {
            let text = tally::text(chat, number);
            contact.send_text(OWNER, &format!("{text} {}", "x".repeat(letters)));
        }
    }
}

#[test]
fn a_receiver_that_is_away_for_a_week() {
    let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let stage = Stage::set(program, CHATS, "outbox_mb = 1\noutbox_days = 7").unwrap();
    // An address at which nobody answers.
    let away = Tally::start(0).unwrap();
    let (url, address) = (away.url(), away.address());
    drop(away);
    let (powered, session) = stage.linked(&url).unwrap();

    let mut written = 0;
    for day in 0..=6 {
        stage.days_later(day).unwrap();
        linking::working(&powered, &session).unwrap();
        let number = written / CHATS;
        write(&stage, number..number + EVERY_DAY, 0);
        written += CHATS * EVERY_DAY;
        let (_, dead, dropped) = wait_in(&powered, written);
        assert_eq!((dead, dropped), (0, 0), "day {day}");
    }
    // The box is switched off and on: what waits is on the disk.
    powered.cut().unwrap();
    let powered = stage.socket.power_on().unwrap();
    linking::working(&powered, &session).unwrap();
    assert_eq!(outbox(&powered), (written as u64, 0, 0));

    // The ninth day: what came on the first two is too old. The box takes a moment to notice that it is
    // another day, so some of the third day count as the second's.
    stage.days_later(8).unwrap();
    linking::working(&powered, &session).unwrap();
    let number = written / CHATS;
    write(&stage, number..number + EVERY_DAY, 0);
    written += CHATS * EVERY_DAY;
    wait_in(&powered, written);
    let a_day = (CHATS * EVERY_DAY) as u64;
    let aged = until(|| {
        let (_, _, dropped) = outbox(&powered);
        Ok((dropped >= 2 * a_day).then_some(dropped))
    });
    let aged = aged.unwrap();
    assert!(aged <= 3 * a_day, "{aged} dropped");

    // And more than fits: the oldest go first.
    let number = written / CHATS;
    write(&stage, number..number + LONG, LETTERS);
    written += CHATS * LONG;
    let (pending, dead, dropped) = wait_in(&powered, written);
    assert!(dropped > aged, "{dropped} dropped");
    assert_eq!(dead, 0);
    let bytes = bytes(&powered);
    assert!((700_000..=1_048_576).contains(&bytes), "{bytes} bytes wait");

    let tally = Tally::start_at(&address.to_string(), 0).unwrap();
    let left = usize::try_from(pending).unwrap();
    tally.wait(left, Duration::from_secs(120)).unwrap();
    assert_eq!(wait_in(&powered, usize::try_from(dropped).unwrap()).0, 0);
    let sum = tally.sum();
    figure!(
        "{written} messages in 8 days: {dropped} dropped ({aged} of age), {} arrived, {} duplicates",
        sum.messages,
        sum.duplicates
    );
    assert!(sum.wrong.is_empty(), "{:?}", sum.wrong);
    assert_eq!(sum.messages, left);
    // Of every chat the newest are there, without a gap.
    for chat in 0..CHATS {
        let numbers = tally.numbers(chat);
        let last = written / CHATS;
        let all: Vec<usize> = (last - numbers.len()..last).collect();
        assert_eq!(numbers, all, "chat {chat}");
    }
    assert!(powered.switch_off().unwrap().0.success());
}

/// Bytes that wait, as the webhook tells.
fn bytes(powered: &PoweredBox) -> u64 {
    let listed = powered.ask("GET", "/api/v1/webhooks", None).unwrap();
    let listed = listed.json().unwrap();
    let queue = &listed["data"][0]["queue"];
    queue["bytes"]
        .as_u64()
        .unwrap_or_else(|| panic!("{listed}"))
}

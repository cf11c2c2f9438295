//! Replies in the answer of a receiver: checked like any message, queued in the transaction that removes
//! the delivery, and sent once however often the event was posted.

use pairbox::account::AccountId;
use pairbox::message::outbound::{Draft, Outbound};
use serde_json::json;

use super::receiver::{Answer, Receiver};
use super::rig::{Rig, chat, message};

fn queue(rig: &Rig) -> Vec<Outbound> {
    let queue = rig.store.send_queue(AccountId::FIRST).unwrap();
    queue.into_iter().map(|(_, message)| message).collect()
}

fn text(message: &Outbound) -> &str {
    match &message.content {
        Draft::Text { text } => text,
        other => panic!("{other:?} is no text"),
    }
}

fn replies(words: &str) -> Receiver {
    let body = json!({"reply": {"text": words}, "more": 1}).to_string();
    Receiver::new(move |_| Answer::Body(200, body.clone()))
}

#[test]
fn a_reply_waits_to_be_sent_when_its_delivery_is_gone() {
    let receiver = replies("hello");
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.tell(&chat(1), 1);
    // One transaction: whoever sees the line empty sees the answer.
    rig.wait_line(hook, |line| line.pending == 0);
    let queued = queue(&rig);
    assert_eq!(queued.len(), 1);
    assert_eq!(text(&queued[0]), "hello");
    assert_eq!(queued[0].chat.id(), chat(1));
    assert!(queued[0].reply);
}

#[test]
fn an_event_that_is_posted_twice_is_answered_once() {
    let receiver = replies("hello");
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.tell(&chat(1), 1);
    rig.wait_line(hook, |line| line.pending == 0);
    // As after a stop between the receiver's answer and our note of it: the same event, once more.
    rig.tell(&chat(1), 1);
    receiver.wait(|heard| heard.len() == 2);
    rig.wait_line(hook, |line| line.pending == 0);
    assert_eq!(queue(&rig).len(), 1);
    // Another event, and another webhook's own answer, are something else.
    rig.tell(&chat(1), 2);
    receiver.wait(|heard| heard.len() == 3);
    rig.wait_line(hook, |line| line.pending == 0);
    assert_eq!(queue(&rig).len(), 2);
    let other = replies("and from me");
    let second = rig.webhook(&other.url(), &["message"]);
    rig.tell(&chat(1), 2);
    other.wait_taken(1);
    rig.wait_line(second, |line| line.pending == 0);
    rig.wait_line(hook, |line| line.pending == 0);
    let texts: Vec<_> = queue(&rig).iter().map(|it| text(it).to_owned()).collect();
    assert_eq!(texts, ["hello", "hello", "and from me"]);
}

#[test]
fn an_answer_that_is_no_reply_is_none_and_the_event_is_delivered() {
    let long = "x".repeat(70 * 1024);
    for body in [
        String::new(),
        "OK".into(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        json!({"reply": null}).to_string(),
        json!({"reply": "hello"}).to_string(),
        json!({"reply": {"text": "hello", "colour": "red"}}).to_string(),
        json!({"reply": {"type": "poll"}}).to_string(),
        json!({"reply": {"text": ""}}).to_string(),
        json!({"reply": {"text": "hello", "to": "nobody"}}).to_string(),
        json!({"reply": {"text": "hello"}, "padding": long}).to_string(),
    ] {
        let words = body.chars().take(60).collect::<String>();
        let receiver = Receiver::new(move |_| Answer::Body(200, body.clone()));
        let rig = Rig::new();
        let hook = rig.webhook(&receiver.url(), &["message"]);
        rig.tell(&chat(1), 1);
        receiver.wait_taken(1);
        rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
        assert!(queue(&rig).is_empty(), "{words}");
        assert_eq!(receiver.heard().len(), 1, "{words}");
    }
}

#[test]
fn only_what_somebody_in_a_chat_did_is_answered_and_only_with_success() {
    use pairbox::journal::Kind;
    let rig = Rig::new();
    let receiver = replies("hello");
    let hook = rig.webhook(&receiver.url(), &["message.*", "group.update"]);
    for (number, kind) in [Kind::MessageAck, Kind::MessageFailed, Kind::GroupUpdate]
        .into_iter()
        .enumerate()
    {
        let mut event = message(&chat(1), number as u64);
        event.kind = kind;
        rig.runtime.block_on(rig.gateway.tell(event)).unwrap();
    }
    receiver.wait_taken(3);
    rig.wait_line(hook, |line| line.pending == 0);
    assert!(queue(&rig).is_empty());
    let body = json!({"reply": {"text": "hello"}}).to_string();
    receiver.now(move |_| Answer::Body(404, body.clone()));
    rig.tell(&chat(1), 9);
    rig.wait_line(hook, |line| line.pending == 0 && line.dead == 1);
    assert!(queue(&rig).is_empty());
}

//! Texts in both directions over real Signal sessions, and what happens to them when the companion
//! is away or does not acknowledge.

use pairbox_sim::{Event as Seen, Options, Service};
use wacore_binary::builder::NodeBuilder;

use crate::companion::{ALICE, Companion, DEADLINE, NUMBER, backend, linked};
use crate::raw::{self, Raw};

#[test]
fn texts_go_both_ways() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());

    for round in 0..3 {
        let question = format!("question {round}");
        let asked = alice.send_text(NUMBER, &question);
        assert_eq!(companion.wait_text(), (ALICE.to_owned(), question));
        service
            .wait(
                DEADLINE,
                |event| matches!(event, Seen::Receipt { id, .. } if *id == asked),
            )
            .unwrap();

        let answer = format!("answer {round}");
        let id = companion.send_text(ALICE, &answer);
        let text = alice.wait_text(DEADLINE).unwrap();
        assert_eq!((text.id, text.body), (id, answer));
        assert_eq!(text.from.to_string(), "15550001111:1@s.whatsapp.net");
    }
}

#[test]
fn the_owner_has_a_copy_and_the_companion_sees_what_the_owner_writes() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = linked(&service, &backend());

    let id = companion.send_text(ALICE, "from the companion");
    assert_eq!(phone.wait_text(DEADLINE).unwrap().id, id);
    assert_eq!(alice.wait_text(DEADLINE).unwrap().id, id);

    phone.send_text(ALICE, "from the phone");
    assert_eq!(alice.wait_text(DEADLINE).unwrap().body, "from the phone");
    let (from, body) = companion.wait_text();
    assert_eq!((from.as_str(), body.as_str()), (NUMBER, "from the phone"));
}

#[test]
fn texts_wait_while_the_companion_is_away() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let backend = backend();
    linked(&service, &backend).stop();

    // More than the service sends unasked.
    let bodies: Vec<String> = (0..12)
        .map(|nth| format!("while you were out {nth}"))
        .collect();
    for body in &bodies {
        alice.send_text(NUMBER, body);
    }
    let mut cursor = service.cursor();
    let mut companion = Companion::start(&service, &backend);
    let mut texts = Vec::new();
    while texts.len() < bodies.len() {
        texts.extend(companion.wait_texts().into_iter().map(|(_, body)| body));
    }
    assert_eq!(texts, bodies, "all of them, in order");
    let ready = cursor.wait(DEADLINE, |event| matches!(event, Seen::Ready { .. }));
    assert!(matches!(ready, Ok(Seen::Ready { offline, .. }) if offline >= 12));
}

#[test]
fn what_is_not_acknowledged_comes_again() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let (mut raw, keys, jid) = raw::linked(&service, NUMBER);
    let phone = service.phone(NUMBER, "Owner");

    alice.send_text(NUMBER, "first");
    alice.send_text(NUMBER, "second");
    let first = raw.next_named("message");
    let second = raw.next_named("message");
    raw.acknowledge(&first);
    raw.next_named("ack");
    drop(raw);

    let mut raw = Raw::connect(&service, &keys, &raw::login(&jid));
    let backlog = raw.activate();
    assert_eq!(backlog.len(), 1, "only what was not acknowledged");
    let mut again = backlog[0].clone();
    assert!(
        again
            .attrs
            .get("offline")
            .is_some_and(|offline| *offline == "0")
    );
    again.attrs.0.retain(|(key, _)| key != "offline");
    assert_eq!(again, second, "the same bytes");

    // An ack does as well as a receipt.
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", again.attrs.get("id").unwrap().clone())
        .attr("to", again.attrs.get("from").unwrap().clone());
    raw.send(&ack.build());
    service
        .wait(DEADLINE, |event| matches!(event, Seen::Acked { .. }))
        .unwrap();
    assert_eq!(phone.unacknowledged(&jid), []);
    drop(raw);
    let mut raw = Raw::connect(&service, &keys, &raw::login(&jid));
    assert_eq!(raw.activate(), []);
}

#[test]
fn a_message_that_could_not_be_read_is_encrypted_anew() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let (mut raw, _, _) = raw::linked(&service, NUMBER);
    let id = alice.send_text(NUMBER, "hard to read");
    let first = raw.next_named("message");
    for count in 1..=6_u8 {
        let retry = NodeBuilder::new("retry")
            .attr("count", count)
            .attr("id", id.as_str())
            .attr("v", 1_u8);
        let receipt = NodeBuilder::new("receipt")
            .attr("to", first.attrs.get("from").unwrap().clone())
            .attr("id", id.as_str())
            .attr("type", "retry")
            .children([retry.build()]);
        raw.send(&receipt.build());
        if count <= 5 {
            let again = raw.next_named("message");
            assert_eq!(again.attrs.get("id"), first.attrs.get("id"));
            let enc = again.get_optional_child("enc").unwrap();
            assert!(enc.attrs.get("type").is_some_and(|kind| *kind == "pkmsg"));
            assert_ne!(again.content, first.content, "another session");
        }
        raw.next_named("ack");
    }
    let count = service.events().into_iter();
    let count = count.filter(|event| matches!(event, Seen::Delivered { id: of, .. } if *of == id));
    assert_eq!(count.count(), 6, "the sixth request is one too many");
}

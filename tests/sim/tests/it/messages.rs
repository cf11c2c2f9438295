//! Messages between a contact and a companion: by number and by hidden number, out of order, twice,
//! unreadable, refused, and what their senders are told.

#![allow(clippy::default_trait_access, reason = "the types' names are far away")]

use pairbox_sim::compose::{self, Target};
use pairbox_sim::{Appears, Content, Event as Seen, Fault, Manner, Options, Order, Service};
use whatsapp_rust::types::events::Event;
use whatsapp_rust::types::presence::ReceiptType;

use crate::companion::{ALICE, DEADLINE, NUMBER, backend, linked};

fn receipt(event: &Event, id: &str) -> Option<ReceiptType> {
    match event {
        Event::Receipt(receipt) if receipt.message_ids.iter().any(|of| of.as_str() == id) => {
            Some(receipt.r#type.clone())
        }
        _ => None,
    }
}

#[test]
fn a_person_appears_under_one_address_and_then_under_another() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    let (number, hidden) = (alice.jid(), alice.lid());
    for (appears, from, beside) in [
        (Appears::Number, &number, None),
        (Appears::NumberWithHidden, &number, Some(&hidden)),
        (Appears::HiddenWithNumber, &hidden, Some(&number)),
        (Appears::Hidden, &hidden, None),
        (Appears::NumberWithHidden, &number, Some(&hidden)),
    ] {
        alice.appears(appears);
        alice.send_text(NUMBER, "it is me");
        let came = companion.wait_message();
        assert_eq!(came.message.conversation.as_deref(), Some("it is me"));
        let source = &came.info.source;
        assert_eq!(&source.sender, from, "{appears:?}");
        assert_eq!(source.sender_alt.as_ref(), beside, "{appears:?}");
        assert_eq!(came.info.push_name.as_str(), "Alice");
        for to in [&number, &hidden] {
            let id = companion.send(to, compose::text("hello you"));
            let read = alice.wait_message(DEADLINE).unwrap();
            assert_eq!(
                (read.id.as_str(), read.text()),
                (id.as_str(), Some("hello you"))
            );
        }
    }
}

#[test]
fn what_is_no_text_goes_both_ways() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    let first = alice.send_text(NUMBER, "first");
    companion.wait_message();
    let own = Target::own(alice.jid(), &first);
    let chat = service.phone(NUMBER, "").jid();
    let vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEND:VCARD";
    for message in [
        compose::mention("@15550001111 look", std::slice::from_ref(&chat)),
        compose::quote(
            "as I said",
            &Target::of(alice.jid(), &first, compose::text("first")),
        ),
        compose::location(52.5, 13.4, "Here", "Street 1"),
        compose::card("Bob", vcard),
        compose::reaction(&chat, &own, "\u{1f44d}"),
        compose::edit(&chat, &own, compose::text("second")),
        compose::revoke(&chat, &own),
    ] {
        alice.send(NUMBER, message.clone());
        let came = companion.wait_message();
        let mut inner = (*came.message).clone();
        inner.message_context_info = Default::default();
        if !message.edited_message.is_set() {
            assert_eq!(inner, message);
        }
    }
    let chat = alice.jid();
    let other = Target::of(alice.jid(), &first, compose::text("first"));
    let wanted = [
        (
            compose::location(1.5, 2.5, "", ""),
            Content::Location {
                latitude: 1.5,
                longitude: 2.5,
                name: None,
                address: None,
            },
        ),
        (
            compose::card("Bob", vcard),
            Content::Card {
                name: "Bob".to_owned(),
                vcard: vcard.to_owned(),
            },
        ),
        (
            compose::reaction(&chat, &other, "\u{2764}"),
            Content::Reaction {
                emoji: "\u{2764}".to_owned(),
                id: first.clone(),
                from_me: false,
                author: None,
            },
        ),
        (
            compose::quote("yes", &other),
            Content::Text("yes".to_owned()),
        ),
    ];
    for (message, content) in wanted {
        companion.send(&chat, message);
        let read = alice.wait_message(DEADLINE).unwrap();
        assert_eq!(read.content, content);
        if content == Content::Text("yes".to_owned()) {
            assert_eq!(read.quoted, Some(first.clone()));
        }
    }
}

#[test]
fn senders_are_told_what_became_of_their_messages() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    alice.behaves(Manner::Silent);
    let id = companion.send_text(ALICE, "anybody there?");
    let read = alice.wait_message(DEADLINE).unwrap();
    assert!(!companion.heard(|event| receipt(event, &id).is_some()));
    alice.mark_read(&read);
    let told = companion.wait(|event| receipt(event, &id));
    assert_eq!(told, ReceiptType::Read);
    alice.behaves(Manner::Read);
    let id = companion.send_text(ALICE, "now?");
    let told = companion.wait(|event| receipt(event, &id));
    assert_eq!(told, ReceiptType::Delivered);
    let told = companion.wait(|event| receipt(event, &id));
    assert_eq!(told, ReceiptType::Read);
}

#[test]
fn refused_and_lost_messages() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    service.nack_next(1, 463);
    let refused = companion.send_text(ALICE, "you do not know me");
    let code = companion.wait(|event| match event {
        Event::ServerAck(ack) if ack.id.as_str() == refused => ack.error.clone(),
        _ => None,
    });
    assert_eq!(code, "463");
    let nacked = |event: &Seen| matches!(event, Seen::Nacked { code: 463, .. });
    service.wait(DEADLINE, nacked).unwrap();
    service.set_fault(Fault::LoseMessages);
    companion.send_text(ALICE, "into the void");
    let lost = |event: &Seen| matches!(event, Seen::Lost { .. });
    service.wait(DEADLINE, lost).unwrap();
    service.clear_faults();
    companion.send_text(ALICE, "heard");
    assert_eq!(alice.wait_text(DEADLINE).unwrap().body, "heard");
}

#[test]
fn messages_overtake_each_other_and_come_twice() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    alice.hold();
    for nth in 0..5 {
        alice.send_text(NUMBER, &format!("{nth}"));
    }
    alice.release(Order::Backwards);
    let mut bodies = Vec::new();
    while bodies.len() < 5 {
        bodies.extend(companion.wait_texts().into_iter().map(|(_, body)| body));
    }
    assert_eq!(bodies, ["4", "3", "2", "1", "0"]);
    let id = alice.send_text(NUMBER, "once");
    companion.wait_message();
    // The same bytes are known to Signal; under the same id, encrypted anew, they are not.
    let mut cursor = service.cursor();
    alice.send_again(&id);
    let again = |event: &Seen| matches!(event, Seen::Receipt { id: of, .. } if *of == id);
    cursor.wait(DEADLINE, again).unwrap();
    alice.send_as(&id, NUMBER, compose::text("once"));
    let came = companion.wait_message();
    assert_eq!(came.info.id.as_str(), id);
}

#[test]
fn a_message_that_cannot_be_read_is_asked_for_until_it_can() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    alice.send_text(NUMBER, "hello");
    companion.wait_message();
    alice.spoil(2);
    let id = alice.send_text(NUMBER, "hard to read");
    let came = companion.wait_message();
    assert_eq!(came.info.id.as_str(), id);
    assert_eq!(came.message.conversation.as_deref(), Some("hard to read"));
    let asked = service.events();
    let asked = asked
        .iter()
        .filter(|event| matches!(event, Seen::RetryAsked { id: of, .. } if *of == id));
    assert_eq!(asked.count(), 2);
    // The session is as good as before.
    alice.send_text(NUMBER, "easy");
    assert_eq!(companion.wait_text().1, "easy");
}

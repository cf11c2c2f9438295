//! Groups: sender keys both ways, by number and by hidden number, and who is in them.

use pairbox_sim::{Contact, Event as Seen, Options, Service, compose};
use whatsapp_rust::types::events::Event;

use crate::companion::{ALICE, Companion, DEADLINE, NUMBER, backend, linked};

const BOB: &str = "15550003333";

fn stage(hidden: bool) -> (Service, Companion, [Contact; 2], pairbox_sim::Group) {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let bob = service.contact(BOB, "Bob");
    let companion = linked(&service, &backend());
    let group = service.group("Allotments", hidden, &[ALICE, BOB, NUMBER]);
    (service, companion, [alice, bob], group)
}

#[test]
fn members_write_with_sender_keys() {
    for hidden in [false, true] {
        let (_service, mut companion, [alice, bob], group) = stage(hidden);
        for round in 0..3 {
            for member in [&alice, &bob] {
                if round == 2 {
                    member.rotate_sender_keys();
                }
                let body = format!("round {round}");
                member.send_text(group.address(), &body);
                let came = companion.wait_message();
                assert_eq!(came.message.conversation.as_deref(), Some(body.as_str()));
                let source = &came.info.source;
                assert_eq!(&source.chat, group.jid());
                let (address, other) = if hidden {
                    (member.lid(), member.jid())
                } else {
                    (member.jid(), member.lid())
                };
                assert_eq!(source.sender, address);
                assert_eq!(source.sender_alt, Some(other));
            }
        }
    }
}

#[test]
fn the_companion_writes_and_every_member_reads() {
    for hidden in [false, true] {
        let (service, mut companion, members, group) = stage(hidden);
        for round in 0..2 {
            let body = format!("to all {round}");
            let id = companion.send(group.jid(), compose::text(&body));
            for member in &members {
                let read = member.wait_message(DEADLINE).unwrap();
                assert_eq!(
                    (read.id.as_str(), read.text()),
                    (id.as_str(), Some(body.as_str()))
                );
                assert_eq!(read.group.as_ref(), Some(group.jid()));
            }
            let mut told = Vec::new();
            while told.len() < 2 {
                told.push(companion.wait(|event| match event {
                    Event::Receipt(receipt)
                        if receipt.message_ids.iter().any(|of| of.as_str() == id) =>
                    {
                        Some(receipt.source.sender.to_string())
                    }
                    _ => None,
                }));
            }
            told.sort();
            let mut wanted = members.clone().map(|member| {
                let address = if hidden { member.lid() } else { member.jid() };
                address.to_string()
            });
            wanted.sort();
            assert_eq!(told, wanted);
        }
        let refused =
            |event: &Seen| matches!(event, Seen::Refused { .. } | Seen::Unreadable { .. });
        assert!(!service.events().iter().any(refused), "hidden: {hidden}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "there is one group")]
fn groups_are_asked_for_and_told_of() {
    let (service, mut companion, _, group) = stage(true);
    let groups = companion.with(async |client| client.groups().get_participating().await.unwrap());
    let subjects: Vec<String> = groups.values().map(|group| group.subject.clone()).collect();
    assert_eq!(subjects, ["Allotments"]);
    group.set_subject(ALICE, "Gardens");
    let updated = |event: &Event| matches!(event, Event::GroupUpdate(_)).then_some(());
    companion.wait(updated);
    let _carol = service.contact("15550004444", "Carol");
    group.add(ALICE, "15550004444");
    companion.wait(updated);
    group.remove(ALICE, BOB);
    companion.wait(updated);
    let jid = group.jid().clone();
    let info = companion.with(async |client| client.groups().get_metadata(&jid).await.unwrap());
    assert_eq!(info.subject.as_str(), "Gardens");
    assert_eq!(info.participants.len(), 3);
}

#[test]
fn who_left_can_neither_write_nor_read() {
    let (service, mut companion, [alice, bob], group) = stage(false);
    companion.send(group.jid(), compose::text("with Bob"));
    alice.wait_message(DEADLINE).unwrap();
    bob.wait_message(DEADLINE).unwrap();
    group.remove(ALICE, BOB);
    companion.wait(|event| matches!(event, Event::GroupUpdate(_)).then_some(()));
    companion.send(group.jid(), compose::text("without Bob"));
    alice.wait_message(DEADLINE).unwrap();
    assert!(bob.take_messages().is_empty());
    group.remove(ALICE, NUMBER);
    companion.wait(|event| matches!(event, Event::GroupUpdate(_)).then_some(()));
    let gone = companion.with(async |client| {
        client
            .send_message(group.jid().clone(), compose::text("hello?"))
            .await
            .is_err()
    });
    let refused = |event: &Seen| matches!(event, Seen::Refused { .. });
    assert!(gone || service.wait(DEADLINE, refused).is_ok());
}

#[test]
fn an_unreadable_group_message_is_asked_for() {
    let (_service, mut companion, [alice, _], group) = stage(true);
    alice.send_text(group.address(), "clear");
    companion.wait_message();
    alice.spoil(1);
    let id = alice.send_text(group.address(), "blurred");
    let came = companion.wait_message();
    assert_eq!(came.info.id.as_str(), id);
    assert_eq!(came.message.conversation.as_deref(), Some("blurred"));
}

//! Signs of life: of the socket, of the conversation, of the owner's phone.

use std::time::Duration;

use pairbox::event::LinkEvent;
use pairbox::time::UnixMillis;
use pairbox_sim::{Event as Seen, Fault};

use super::scene::{ALICE, OWNER, PATIENCE, Scene};

const DAY: u64 = 24 * 3600 * 1000;

fn is_phone(event: &LinkEvent) -> bool {
    *event == LinkEvent::PhoneSeen
}

#[test]
fn a_socket_that_goes_silent_is_open_and_quiet() {
    let scene = Scene::set();
    let mut running = scene.start();
    running.wait_qr();
    scene.service.set_fault(Fault::Stall);
    let quiet_for = |event: &LinkEvent| match event {
        LinkEvent::Alive {
            socket: true,
            quiet,
            ..
        } => Some(*quiet),
        _ => None,
    };
    let long = Duration::from_secs(3);
    let quiet = running.wait("a silence", |event| {
        quiet_for(event).filter(|quiet| *quiet > long)
    });
    scene.service.clear_faults();
    scene.service.ping();
    running.wait("the end of the silence", |event| {
        quiet_for(event).filter(|now| *now < quiet)
    });
    let traffic = |event: &LinkEvent| matches!(event, LinkEvent::Dropped { .. });
    assert!(!running.said(traffic), "the socket stayed open");
}

#[test]
fn messages_are_told_both_ways_without_their_contents() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let mut running = scene.linked_before();
    alice.send_text(OWNER, "hello");
    running.wait_for(|event| *event == LinkEvent::Message);
    assert!(!running.said(is_phone), "Alice's phone is not the owner's");
    // A link that has told of none yet.
    running.stop();
    let mut running = scene.start();
    running.wait_connected();
    let hello = scene.outbound(
        "3EB0000001",
        "15550002222@s.whatsapp.net",
        super::post::text("hello"),
    );
    let sent = running.link.dispatch(&hello, None);
    scene.runtime.block_on(sent).unwrap();
    running.wait_for(|event| *event == LinkEvent::Message);
}

#[test]
fn linking_is_a_sign_of_life_of_the_phone() {
    let scene = Scene::set();
    let mut running = scene.paired();
    // It shares its keys with every new companion.
    if !running.said(is_phone) {
        running.wait_for(is_phone);
    }
}

#[test]
fn what_the_owner_writes_or_reads_on_the_phone_is_one_too() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let mut running = scene.linked_before();
    assert!(!running.said(is_phone), "the box's own login is none");
    scene.phone.send_text(ALICE, "from my phone");
    running.wait_for(is_phone);
    running.stop();

    let mut running = scene.start();
    running.wait_connected();
    let id = alice.send_text(OWNER, "hello");
    running.wait_for(|event| *event == LinkEvent::Message);
    assert!(!running.said(is_phone));
    scene.phone.read(ALICE, &id);
    running.wait_for(is_phone);
}

#[test]
fn a_phone_that_was_silent_for_days_is_asked_and_answers() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let mut running = scene.linked_before();
    alice.send_text(OWNER, "something to ask for");
    running.wait_for(|event| *event == LinkEvent::Message);
    running.stop();

    let now = scene.clock.now().wall.unwrap();
    let mut asked = scene.service.cursor();
    let mut running = scene.start_seen(Some(UnixMillis(now.0 - 4 * DAY)));
    running.wait_connected();
    asked
        .wait(PATIENCE, |event| matches!(event, Seen::PhoneAsked { .. }))
        .unwrap();
    running.wait_for(is_phone);
    running.stop();

    // One that was seen yesterday is left alone.
    let asked = scene.service.cursor();
    let mut running = scene.start_seen(Some(UnixMillis(now.0 - DAY)));
    running.wait_connected();
    running.wait_for(|event| matches!(event, LinkEvent::Alive { online: true, .. }));
    alice.send_text(OWNER, "done");
    running.wait_for(|event| *event == LinkEvent::Message);
    let was_asked = |event: &Seen| matches!(event, Seen::PhoneAsked { .. });
    assert!(!asked.rest().iter().any(was_asked));
}

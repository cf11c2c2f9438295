//! Lines that chatter: how much gets through, what the box does about it, and that it ends.

use pairbox::button::storm::Contact;
use pairbox::button::watcher::News;
use pairbox::event::Button;
use pairbox::limits;
use pairbox::time::Mono;
use proptest::prelude::*;

use super::rig::{Box, Wire, millis, secs};

#[test]
fn a_storm_does_nothing_and_costs_nothing() {
    let mut it = Box::boot(Wire::default());
    let minute = secs(60);
    it.chatter(Button::Disconnect, 10_000, minute);
    let (heard, requests) = {
        let state = it.wire.state();
        (state.heard, state.requests)
    };
    figure!(
        "a minute of 10 000 edges/s: {heard} of 600000 heard, {} told, {requests} requests, said {}",
        it.edges,
        it.said.len()
    );
    assert_eq!(it.asked(), [""; 0]);
    assert!(it.edges <= limits::STORM_BURST + 1, "{}", it.edges);
    assert!(heard < 1_000 && requests < 12, "{heard}, {requests}");
    assert_eq!(it.said, [News::Chatters]);
    assert!(it.snapshot().hold.is_none());
    // The other button works all the time, and this one when it is calm.
    it.press(Button::Connect, millis(100));
    it.set(Button::Disconnect, true);
    it.pass(limits::STORM_MUTE_MAX + limits::STORM_TRIAL + secs(1));
    assert_eq!(it.times(|news| *news == News::Calm), 1);
    it.press(Button::Connect, millis(100)); // wakes the panel
    it.press(Button::Disconnect, millis(100));
    assert_eq!(it.asked(), ["stop"]);
}

#[test]
fn every_storm_is_said_and_so_is_its_end() {
    let mut it = Box::boot(Wire::default());
    let calm = limits::STORM_MUTE_MAX + limits::STORM_TRIAL + secs(1);
    for _ in 0..3 {
        it.chatter(Button::Disconnect, 10_000, secs(10));
        it.set(Button::Disconnect, true);
        it.pass(calm);
    }
    let storm = || [News::Chatters, News::Calm];
    assert_eq!(it.said, [storm(), storm(), storm()].concat());
}

#[test]
fn a_storm_that_ends_in_a_short_is_no_hold() {
    let mut it = Box::boot(Wire::default());
    it.chatter(Button::Disconnect, 10_000, secs(2));
    it.set(Button::Disconnect, false);
    it.pass(secs(120));
    assert_eq!(it.asked(), [""; 0]);
    assert!(it.snapshot().hold.is_none());
    assert_eq!(it.times(|news| *news == News::Held), 1);
}

#[test]
fn every_speed_of_storm_leaves_the_account_alone() {
    for hz in [100, 200, 500, 1_000, 3_000, 20_000] {
        let mut it = Box::boot(Wire::default());
        it.chatter(Button::Disconnect, hz, secs(20));
        assert_eq!(it.asked(), [""; 0], "{hz} edges/s");
        assert!(it.times(|news| *news == News::Calm) == 0, "{hz} edges/s");
    }
}

#[test]
fn five_storms_leave_room_in_the_queue() {
    let room = limits::EVENT_QUEUE - Button::ALL.len() * (limits::STORM_BURST as usize + 1);
    assert!(room >= 32, "{room}");
}

/// Steps of a wire: microseconds to the next edge. Storms, bounces, presses and pauses.
fn steps() -> impl Strategy<Value = Vec<u64>> {
    let step = prop_oneof![
        4 => 1_u64..200,
        2 => 200_u64..5_000,
        2 => 5_000_u64..200_000,
        1 => 200_000_u64..4_000_000,
    ];
    let run = (step, 1_usize..120).prop_map(|(micros, times)| vec![micros; times]);
    prop::collection::vec(run, 1..12).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_wire_makes_more_than_it_may_and_the_last_word_is_true(steps in steps(), held in any::<bool>()) {
        let mut contact = Contact::default();
        let mut now = Mono(secs(1));
        let mut told: Vec<(Mono, bool)> = Vec::new();
        let (mut pressed, mut listening_from) = (held, None);
        let mut muted = 0;
        told.extend(contact.begins(pressed, now).tell.map(|level| (now, level)));
        // What the watcher does, for one line.
        let pass = |contact: &mut Contact, from: Mono, to: Mono, pressed: bool, listening_from: &mut Option<Mono>, told: &mut Vec<(Mono, bool)>| {
            if let Some(at) = listening_from.filter(|at| *at <= to) {
                *listening_from = None;
                let at = at.max(from);
                told.extend(contact.begins(pressed, at).tell.map(|level| (at, level)));
            }
            while let Some(at) = contact.deadline().filter(|at| *at <= to && listening_from.is_none()) {
                told.extend(contact.turn(at).tell.map(|level| (at, level)));
            }
        };
        for micros in steps {
            let next = now + std::time::Duration::from_micros(micros);
            pass(&mut contact, now, next, pressed, &mut listening_from, &mut told);
            now = next;
            pressed = !pressed;
            if listening_from.is_none() {
                let outcome = contact.edge(pressed, now);
                told.extend(outcome.tell.map(|level| (now, level)));
                if let Some(pause) = outcome.mute {
                    muted += 1;
                    listening_from = Some(now + pause);
                }
            }
        }
        // In any second: one full bucket, what runs into it, and the release that begins a silence.
        let most = (limits::STORM_BURST + limits::STORM_EDGES_A_SECOND + 1) as usize;
        for (first, (from, _)) in told.iter().enumerate() {
            let within = told[first..].iter().take_while(|(at, _)| at.since(*from) < secs(1));
            prop_assert!(within.count() <= most);
        }
        // A silence begins with a release, and nobody holds a button through it.
        let end = now + limits::STORM_MUTE_MAX + limits::STORM_TRIAL;
        pass(&mut contact, now, end, pressed, &mut listening_from, &mut told);
        prop_assert_eq!(contact.deadline(), None);
        let believed = told.last().is_some_and(|(_, level)| *level);
        if pressed && (muted > 0 || held) {
            // Pressed since before it counted: not told, or pressed since.
        } else {
            prop_assert_eq!(believed, pressed);
        }
        // Once it is released and pressed, everybody knows.
        if pressed {
            contact.edge(false, end + secs(1));
        }
        prop_assert_eq!(contact.edge(true, end + secs(2)).tell, Some(true));
        prop_assert_eq!(contact.edge(false, end + secs(3)).tell, Some(false));
    }
}

//! What a person, a bad contact and a broken wire do.

use pairbox::button::watcher::News;
use pairbox::event::{Button, Event};
use pairbox::limits;
use pairbox::snapshot::Light;

use super::rig::{Box, Wire, millis, secs};

fn boot() -> Box {
    Box::boot(Wire::default())
}

#[test]
fn a_press_gets_to_the_machine() {
    let mut it = boot();
    it.press(Button::Disconnect, millis(120));
    assert_eq!(it.asked(), ["stop"]);
    assert_eq!(it.edges, 2);
    assert!(it.said.is_empty(), "{:?}", it.said);
}

#[test]
fn a_bouncing_press_is_one_press() {
    let mut it = boot();
    for (level, wait) in [
        (0, 2),
        (1, 1),
        (0, 3),
        (1, 2),
        (0, 150),
        (1, 1),
        (0, 2),
        (1, 60),
    ] {
        it.set(Button::Disconnect, level == 1);
        it.pass(millis(wait));
    }
    assert_eq!(it.asked(), ["stop"]);
    // And a glitch is none.
    it.press(Button::Connect, millis(10));
    assert_eq!(it.asked(), [""; 0]);
}

#[test]
fn a_long_hold_logs_out_and_an_early_release_does_not() {
    let mut it = boot();
    it.press(Button::Disconnect, secs(4));
    assert_eq!(it.asked(), [""; 0]);
    it.set(Button::Disconnect, false);
    it.pass(secs(6));
    assert_eq!(it.asked(), ["unlink"]);
    it.set(Button::Disconnect, true);
    it.pass(secs(1));
    assert_eq!(it.asked(), [""; 0]);
}

#[test]
fn both_at_once_are_neither() {
    let mut it = boot();
    it.set(Button::Connect, false);
    it.pass(millis(40));
    it.set(Button::Disconnect, false);
    it.pass(millis(500));
    it.set(Button::Connect, true);
    it.pass(millis(40));
    it.set(Button::Disconnect, true);
    it.pass(secs(1));
    assert_eq!(it.asked(), [""; 0]);
}

#[test]
fn a_line_held_at_boot_is_nothing_until_it_was_released() {
    let wire = Wire::default();
    wire.state().low.insert(Button::Disconnect);
    let mut it = Box::boot(wire);
    assert_eq!(it.said, [News::Held]);
    it.pass(secs(60));
    assert_eq!(it.edges, 0);
    // Let go, with the bounces of a contact that opens.
    for (level, wait) in [(1, 2), (0, 3), (1, 1), (0, 2), (1, 500)] {
        it.set(Button::Disconnect, level == 1);
        it.pass(millis(wait));
    }
    assert_eq!(it.asked(), [""; 0]);
    it.press(Button::Disconnect, millis(100));
    assert_eq!(it.asked(), ["stop"]);
    assert_eq!(it.said, [News::Held]);
}

#[test]
fn a_press_that_wakes_the_panel_does_nothing_else() {
    let mut it = boot();
    it.pass(limits::PANEL_OFF + secs(1));
    assert_eq!(it.snapshot().light, Light::Off);
    it.press(Button::Disconnect, millis(100));
    assert_eq!(it.snapshot().light, Light::Bright);
    assert_eq!(it.asked(), [""; 0]);
    it.press(Button::Disconnect, millis(100));
    assert_eq!(it.asked(), ["stop"]);
}

#[test]
fn a_line_without_edges_is_looked_at() {
    let wire = Wire::default();
    wire.state().mute = true;
    let mut it = Box::boot(wire);
    assert_eq!(it.said, [News::Polled, News::Polled]);
    it.press(Button::Disconnect, limits::BUTTON_POLL + millis(10));
    it.pass(secs(1));
    assert_eq!(it.asked(), ["stop"]);
    it.pass(secs(60));
    assert_eq!(it.edges, 2);
    assert_eq!(it.said, [News::Polled, News::Polled]);
}

#[test]
fn an_edge_that_got_lost_is_found_by_looking() {
    let mut it = boot();
    it.set(Button::Disconnect, false);
    it.pass(millis(100));
    it.wire.state().deaf = true;
    it.set(Button::Disconnect, true);
    it.wire.state().deaf = false;
    // A release is found before it can be taken for a hold.
    it.pass(limits::BUTTON_POLL + limits::DEBOUNCE);
    assert_eq!((it.edges, it.asked()), (2, vec!["stop"]));
    // A lost press takes longer, but the next ones are found at once, until an edge is told again.
    it.set(Button::Connect, false);
    it.set(Button::Connect, true);
    it.wire.state().deaf = true;
    it.set(Button::Disconnect, false);
    it.pass(limits::BUTTON_LOOK);
    it.set(Button::Disconnect, true);
    it.pass(secs(1));
    let edges = it.edges;
    it.press(Button::Disconnect, limits::BUTTON_POLL + millis(10));
    it.pass(limits::BUTTON_POLL);
    assert_eq!(it.edges, edges + 2);
}

#[test]
fn lines_that_vanish_are_said_once_and_come_back() {
    let mut it = boot();
    it.set(Button::Disconnect, false);
    it.pass(secs(1));
    it.wire.state().broken = true;
    it.pass(secs(60));
    assert_eq!(it.times(|news| matches!(news, News::Gone(_))), 2);
    assert_eq!(it.said.len(), 2);
    assert_eq!(it.asked(), [""; 0], "a hold that was cut off is no press");
    it.wire.state().broken = false;
    it.pass(limits::BUTTON_RETRY);
    assert_eq!(it.times(|news| *news == News::Back), 2);
    // Still pressed: no new press, and no hold.
    assert_eq!(it.times(|news| *news == News::Held), 1);
    it.pass(secs(30));
    it.set(Button::Disconnect, true);
    it.pass(secs(1));
    assert_eq!(it.asked(), [""; 0]);
    it.press(Button::Disconnect, millis(100));
    assert_eq!(it.asked(), ["stop"]);
}

#[test]
fn an_edge_that_finds_the_queue_full_is_told_later() {
    let mut it = boot();
    it.stalled = true;
    while it.inbox.try_send(Event::NetworkUp).is_ok() {}
    it.set(Button::Disconnect, false);
    it.pass(millis(100));
    it.stalled = false;
    it.pass(limits::BUTTON_POLL);
    it.set(Button::Disconnect, true);
    it.pass(millis(100));
    assert_eq!((it.edges, it.asked()), (2, vec!["stop"]));
}

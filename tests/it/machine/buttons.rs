//! Stories of the two buttons: presses, holds, bounces, lines stuck at boot, storms.

use pairbox::event::{Button, Edge, Event};
use pairbox::limits::{DEBOUNCE, HOLD_BAR_AFTER, HOLD_LOGOUT};
use pairbox::snapshot::{HoldAction, Light};
use pairbox::time::Mono;

use super::bench::{Bench, millis, qr, secs};

/// A train of edges on one line, `(milliseconds from now, pressed)`, read when they happen.
fn train(bench: &mut Bench, button: Button, edges: &[(u64, bool)]) {
    let start = bench.now;
    for &(at, pressed) in edges {
        let at = start + millis(at);
        bench.pass(at.since(bench.now));
        bench.edge(button, pressed);
    }
    bench.pass(millis(50));
}

#[test]
fn a_short_press_connects_and_disconnects() {
    let mut bench = Bench::new(false, true);
    bench.press(Button::Connect, millis(120));
    assert_eq!(bench.asked(), ["save", "start"]);
    bench.press(Button::Disconnect, millis(120));
    assert_eq!(bench.asked(), ["stop", "save"]);
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_press_while_a_code_is_up_asks_for_a_fresh_one() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.press(Button::Connect, secs(2));
    assert_eq!(bench.asked(), ["stop"]);
    assert_eq!(bench.word(), "starting");
}

#[test]
fn bounces_make_one_press_and_glitches_none() {
    let mut bench = Bench::working();
    // Contacts that chatter for 20 ms on the way down and up again.
    let bouncy = [
        (0, true),
        (2, false),
        (3, true),
        (9, false),
        (20, true),
        (150, false),
        (151, true),
        (155, false),
        (170, true),
        (171, false),
    ];
    train(&mut bench, Button::Disconnect, &bouncy);
    assert_eq!(bench.word(), "stopped");
    assert_eq!(bench.asked(), ["stop", "save"]);
    // A spike of a relay nearby, and a missing edge, are no press.
    let mut bench = Bench::working();
    train(&mut bench, Button::Disconnect, &[(0, true), (29, false)]);
    train(
        &mut bench,
        Button::Disconnect,
        &[(0, true), (20, true), (40, false)],
    );
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_loop_that_is_late_still_sees_what_the_time_stamps_say() {
    let mut bench = Bench::working();
    let start = bench.now;
    bench.now = start + secs(1);
    for (at, pressed) in [(0, true), (10, false), (300, true), (310, false)] {
        let edge = Edge {
            button: Button::Disconnect,
            pressed,
            at: start + millis(at),
        };
        bench.send(Event::Edge(edge));
    }
    bench.tell_time();
    assert_eq!(bench.word(), "working", "two spikes, read a second late");
    // A whole hold that waited in the queue.
    let start = bench.now;
    bench.now = start + secs(10);
    for (at, pressed) in [(0, true), (6000, false)] {
        let edge = Edge {
            button: Button::Disconnect,
            pressed,
            at: start + millis(at),
        };
        bench.send(Event::Edge(edge));
    }
    assert_eq!(bench.asked(), ["unlink", "save"]);
}

#[test]
fn holding_disconnect_shows_a_bar_and_logs_out() {
    let mut bench = Bench::working();
    let began = bench.now;
    bench.edge(Button::Disconnect, true);
    bench.pass(HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.snapshot().hold, None);
    bench.pass(millis(1));
    let hold = bench.snapshot().hold.unwrap();
    assert_eq!(
        (hold.action, hold.began, hold.needs),
        (HoldAction::Logout, began, HOLD_LOGOUT)
    );
    bench.pass(HOLD_LOGOUT - HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(bench.asked(), ["unlink", "save"]);
    assert_eq!(bench.snapshot().hold, None);
    // What is still held, and its release, mean nothing.
    bench.connect();
    bench.pass(secs(20));
    bench.edge(Button::Disconnect, false);
    bench.pass(secs(1));
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), ["save"]);
}

#[test]
fn letting_go_early_cancels_and_is_no_press() {
    for held in [HOLD_BAR_AFTER, secs(3), HOLD_LOGOUT - millis(1)] {
        let mut bench = Bench::working();
        bench.press(Button::Disconnect, held);
        assert_eq!(bench.word(), "working", "{held:?}");
        assert_eq!(bench.snapshot().hold, None);
        assert_eq!(bench.asked(), [""; 0]);
    }
    let mut bench = Bench::working();
    bench.press(Button::Disconnect, HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_bounce_does_not_break_a_hold_nor_complete_it() {
    let mut bench = Bench::working();
    bench.edge(Button::Disconnect, true);
    // The finger trembles over the very end.
    bench.pass(HOLD_LOGOUT - millis(5));
    bench.edge(Button::Disconnect, false);
    bench.pass(millis(10));
    assert_eq!(bench.asked(), [""; 0]);
    bench.edge(Button::Disconnect, true);
    bench.pass(millis(1));
    assert_eq!(bench.asked(), ["unlink", "save"]);
}

#[test]
fn both_buttons_together_are_nobodys() {
    let mut bench = Bench::working();
    bench.edge(Button::Disconnect, true);
    bench.pass(secs(1));
    assert!(bench.snapshot().hold.is_some());
    bench.edge(Button::Connect, true);
    bench.pass(secs(20));
    assert_eq!(bench.snapshot().hold, None);
    bench.edge(Button::Disconnect, false);
    bench.pass(secs(1));
    // Connect is still down: a second press of disconnect is none.
    bench.press(Button::Disconnect, millis(100));
    bench.edge(Button::Connect, false);
    bench.pass(secs(1));
    assert_eq!(bench.asked(), [""; 0]);
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_line_held_at_boot_does_nothing_until_released_once() {
    let mut bench = Bench::working();
    bench.pass(secs(30));
    // The first edge is a release; its bounces are not presses.
    let release = [(0, false), (2, true), (4, false), (9, true), (60, false)];
    train(&mut bench, Button::Disconnect, &release);
    bench.pass(secs(8));
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.asked(), [""; 0]);
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_shorted_line_does_not_take_the_other_button_along() {
    let mut bench = Bench::working();
    // Chatters at boot, then stays down for good.
    train(&mut bench, Button::Connect, &[(0, false), (3, true)]);
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn the_first_edge_may_be_a_press() {
    let mut bench = Bench::working();
    bench.press(Button::Disconnect, millis(31));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn time_stamps_from_the_past_or_future_are_taken_as_now() {
    let mut bench = Bench::working();
    for at in [Mono(secs(1_000_000)), Mono::START] {
        for pressed in [true, false] {
            bench.send(Event::Edge(Edge {
                button: Button::Disconnect,
                pressed,
                at,
            }));
        }
    }
    bench.pass(secs(10));
    assert_eq!(bench.word(), "working");
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_storm_of_edges_does_nothing() {
    let mut bench = Bench::working();
    bench.pass(secs(61));
    assert_eq!(bench.snapshot().light, Light::Dim);
    let seq = bench.snapshot().seq;
    for n in 0..10_000u64 {
        bench.now = bench.now + std::time::Duration::from_micros(700);
        let button = if n % 3 == 0 {
            Button::Connect
        } else {
            Button::Disconnect
        };
        bench.edge(button, n % 2 == 0);
        // At most one deadline a line is pending, however long the storm.
        if n % 100 == 0
            && bench
                .machine
                .poll_timeout()
                .is_some_and(|(at, _)| at <= bench.now)
        {
            bench.tell_time();
        }
    }
    let storm_end = bench.now;
    assert_eq!(bench.snapshot().seq, seq);
    for button in [Button::Connect, Button::Disconnect] {
        bench.edge(button, false);
    }
    bench.pass(secs(1));
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.asked(), [""; 0]);
    assert!(bench.now.since(storm_end) >= DEBOUNCE);
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn buttons_are_dead_once_the_process_ends() {
    let mut bench = Bench::working();
    bench.edge(Button::Disconnect, true);
    bench.pass(secs(2));
    bench.send(Event::Shutdown);
    assert_eq!(bench.snapshot().hold, None);
    bench.pass(secs(10));
    bench.now = bench.now + secs(10);
    bench.tell_time();
    bench.edge(Button::Disconnect, false);
    bench.press(Button::Connect, millis(100));
    assert_eq!(bench.asked(), ["stop"]);
}

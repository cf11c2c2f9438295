//! Stories of the buttons: presses, holds, bounces, lines stuck at boot, storms.

use pairbox::account::AccountId;
use pairbox::event::{Button, Edge, Event, StoreEvent};
use pairbox::limits::{
    DEBOUNCE, HOLD_ADD_ACCOUNT, HOLD_BAR_AFTER, HOLD_LOGOUT, HOLD_RESET_TOKENS, STUCK,
};
use pairbox::snapshot::{HoldAction, Light};
use pairbox::time::Mono;

use super::bench::{Bench, ME, millis, qr, secs};

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
    bench.press(Button::Connect, HOLD_BAR_AFTER - millis(1));
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
fn another_button_cancels_a_hold_and_nothing_counts_until_all_are_up() {
    for other in Button::ALL {
        for held in [Button::Connect, Button::Disconnect] {
            if held == other {
                continue;
            }
            let mut bench = Bench::working();
            bench.edge(held, true);
            bench.pass(secs(1));
            assert!(bench.snapshot().hold.is_some());
            bench.edge(other, true);
            bench.pass(secs(20));
            assert_eq!(bench.snapshot().hold, None);
            bench.edge(held, false);
            bench.pass(secs(1));
            // The other is still down: a second press is none.
            bench.press(held, millis(100));
            bench.edge(other, false);
            bench.pass(secs(1));
            assert_eq!(bench.asked(), [""; 0], "{held:?} and {other:?}");
            bench.press(Button::Disconnect, millis(100));
            assert_eq!(bench.word(), "stopped");
        }
    }
}

#[test]
fn holding_connect_shows_a_bar_and_adds_an_account() {
    let mut bench = Bench::working();
    let began = bench.now;
    bench.edge(Button::Connect, true);
    bench.pass(HOLD_BAR_AFTER);
    let hold = bench.snapshot().hold.unwrap();
    assert_eq!(
        (hold.action, hold.began, hold.needs),
        (HoldAction::AddAccount, began, HOLD_ADD_ACCOUNT)
    );
    bench.pass(HOLD_ADD_ACCOUNT - HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(bench.asked(), ["save", "start"]);
    let snapshot = bench.snapshot();
    assert_eq!(
        (snapshot.accounts.len(), snapshot.selected),
        (2, AccountId(2))
    );
    assert_eq!(bench.word(), "starting");
    // Once is enough, however long it goes on.
    bench.pass(secs(8));
    bench.edge(Button::Connect, false);
    bench.pass(secs(1));
    assert_eq!(bench.snapshot().accounts.len(), 2);
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn holding_both_shows_a_bar_and_resets_the_tokens() {
    let mut bench = Bench::working();
    bench.edge(Button::Disconnect, true);
    bench.pass(millis(300));
    let began = bench.now;
    bench.edge(Button::Connect, true);
    bench.pass(HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.snapshot().hold, None);
    bench.pass(millis(1));
    let hold = bench.snapshot().hold.unwrap();
    assert_eq!(
        (hold.action, hold.began, hold.needs),
        (HoldAction::ResetTokens, began, HOLD_RESET_TOKENS)
    );
    bench.pass(HOLD_RESET_TOKENS - HOLD_BAR_AFTER - millis(1));
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(bench.asked(), ["reset"]);
    bench.pass(secs(5));
    bench.edge(Button::Connect, false);
    bench.pass(secs(5));
    bench.edge(Button::Disconnect, false);
    bench.pass(secs(1));
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(bench.word(), "working");
}

/// Every length of every hold, with fingers that tremble: nothing, once, and never twice.
#[test]
fn a_hold_happens_once_or_not_at_all() {
    let holds: [(&[Button], _, &[&str]); 3] = [
        (&[Button::Connect], HOLD_ADD_ACCOUNT, &["save", "start"]),
        (&[Button::Disconnect], HOLD_LOGOUT, &["unlink", "save"]),
        (
            &[Button::Connect, Button::Disconnect],
            HOLD_RESET_TOKENS,
            &["reset"],
        ),
    ];
    for (buttons, needs, does) in holds {
        for held in (600..14_000).step_by(100).map(millis) {
            let mut bench = Bench::working();
            for button in buttons {
                bench.edge(*button, true);
            }
            bench.pass(millis(50));
            for tremor in 0..(held.as_millis() - 50) / 100 {
                let shaky = buttons[tremor as usize % buttons.len()];
                bench.edge(shaky, false);
                bench.pass(millis(7));
                bench.edge(shaky, true);
                bench.pass(millis(93));
            }
            bench.pass(millis(50));
            for button in buttons {
                bench.edge(*button, false);
            }
            bench.pass(secs(1));
            let expected = if held >= needs { does } else { &[] };
            let mut asked = bench.asked();
            if does.contains(&"start") {
                // After ten seconds a start that leads nowhere is made anew: that is no finger.
                asked.retain(|word| *word != "stop");
            }
            assert_eq!(asked, expected, "{buttons:?} for {held:?}");
        }
    }
}

#[test]
fn pressed_together_they_are_neither_and_choose_the_next_account() {
    for apart in (0..560).step_by(20).map(millis) {
        for (first, second) in [
            (Button::Connect, Button::Disconnect),
            (Button::Disconnect, Button::Connect),
        ] {
            for first_up_first in [true, false] {
                let mut bench = Bench::with_accounts(3);
                bench.edge(first, true);
                bench.pass(apart);
                bench.edge(second, true);
                bench.pass(millis(100));
                let (one, other) = if first_up_first {
                    (first, second)
                } else {
                    (second, first)
                };
                bench.edge(one, false);
                bench.pass(millis(300));
                bench.edge(other, false);
                bench.pass(secs(1));
                assert_eq!(bench.snapshot().selected, AccountId(2), "{apart:?}");
                assert_eq!(bench.asked(), [""; 0], "{apart:?}");
            }
        }
    }
    // With one account there is no next.
    let mut bench = Bench::working();
    let before = bench.snapshot();
    bench.press_both();
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(bench.snapshot().accounts, before.accounts);
}

#[test]
fn a_line_down_for_too_long_is_stuck_until_it_is_up() {
    for stuck in Button::ALL {
        let mut bench = Bench::with_accounts(2);
        bench.edge(stuck, true);
        bench.pass(STUCK - millis(1));
        assert_eq!(bench.snapshot().stuck, []);
        bench.pass(millis(1));
        assert_eq!(bench.snapshot().stuck, [stuck]);
        if bench.ledger.is_wiping(ME) {
            bench.store(StoreEvent::AuthWiped);
        }
        bench.asked();
        let accounts = bench.snapshot().accounts.len();
        // The others are what they were, alone.
        let other = Button::ALL.into_iter().find(|it| *it != stuck).unwrap();
        bench.press(other, millis(100));
        match other {
            Button::Connect => assert_eq!(bench.asked(), ["save", "start"]),
            _ => assert_eq!(bench.word(), "stopped"),
        }
        bench.pass(secs(1000));
        bench.edge(stuck, false);
        bench.pass(secs(1));
        assert_eq!(bench.snapshot().stuck, []);
        assert_eq!(bench.snapshot().accounts.len(), accounts);
        bench.asked();
        // A button again, once the panel is awake.
        bench.press(stuck, millis(100));
        let before = bench.snapshot();
        bench.press(other, millis(100));
        bench.press(stuck, millis(100));
        match stuck {
            Button::Connect => assert_eq!(bench.word(), "starting"),
            Button::Disconnect => assert_eq!(bench.word(), "stopped"),
            Button::Previous | Button::Next => {
                assert_ne!(bench.snapshot().selected, before.selected);
            }
            Button::Select => assert!(bench.snapshot().overview),
        }
    }
}

#[test]
fn a_line_held_at_boot_does_nothing_until_released_once() {
    let mut bench = Bench::working();
    bench.pass(secs(1));
    let before = bench.snapshot();
    for button in Button::ALL {
        // The first edge is a release; its bounces are not presses.
        let release = [(0, false), (2, true), (4, false), (9, true), (60, false)];
        train(&mut bench, button, &release);
        bench.pass(secs(8));
        assert_eq!(bench.snapshot(), before, "{button:?}");
        assert_eq!(bench.asked(), [""; 0]);
    }
    bench.press(Button::Disconnect, millis(100));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_shorted_line_does_not_take_the_other_button_along() {
    let mut bench = Bench::working();
    // They chatter at boot, then stay down for good.
    for button in Button::ALL {
        if button != Button::Disconnect {
            train(&mut bench, button, &[(0, false), (3, true)]);
        }
    }
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

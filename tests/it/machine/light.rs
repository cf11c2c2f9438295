//! Stories of the panel's light: dim, off, and what keeps or brings it back.

use pairbox::event::{Button, Event, PanelEvent};
use pairbox::limits::{PANEL_DIM, PANEL_OFF};
use pairbox::snapshot::{Light, PanelHealth};
use pairbox::time::Now;

use super::bench::{Bench, ME, alive, connected, millis, qr, secs, stored, why};

#[test]
fn it_dims_and_goes_off_when_nothing_happens() {
    let mut bench = Bench::working();
    bench.pass(PANEL_DIM - millis(1));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(millis(1));
    assert_eq!(bench.snapshot().light, Light::Dim);
    bench.pass(PANEL_OFF - PANEL_DIM);
    assert_eq!(bench.snapshot().light, Light::Off);
    assert!(bench.is_idle());
    // Looking at the socket is no reason to wake anybody.
    bench.link(alive(true, true, 0));
    assert_eq!(bench.snapshot().light, Light::Off);
    // Losing it is.
    bench.link(alive(false, false, 0));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(PANEL_OFF);
    bench.link(alive(false, false, 7));
    assert_eq!(bench.snapshot().light, Light::Off, "counting is no change");
    bench.link(connected());
    assert_eq!(bench.snapshot().light, Light::Bright);
}

#[test]
fn a_qr_keeps_it_bright_and_the_time_counts_from_its_end() {
    let mut bench = Bench::pairing();
    bench.pass(PANEL_DIM);
    assert_eq!(bench.snapshot().light, Light::Dim);
    bench.ended();
    bench.link(qr("one", 300));
    bench.pass(secs(290));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.disconnect();
    bench.pass(PANEL_DIM - millis(1));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(millis(1));
    assert_eq!(bench.snapshot().light, Light::Dim);
}

#[test]
fn any_button_brightens_and_starts_the_time_anew() {
    let mut bench = Bench::working();
    bench.pass(PANEL_DIM);
    assert_eq!(bench.snapshot().light, Light::Dim);
    bench.press(Button::Connect, millis(100));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(PANEL_DIM - millis(60));
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(millis(60));
    assert_eq!(bench.snapshot().light, Light::Dim);
}

#[test]
fn the_press_that_wakes_does_nothing_else() {
    let mut bench = Bench::working();
    bench.pass(PANEL_OFF);
    assert_eq!(bench.snapshot().light, Light::Off);
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.snapshot().light, Light::Bright);
    assert_eq!(bench.word(), "working");
    // Not even when it goes on for long.
    bench.pass(PANEL_OFF);
    assert_eq!(bench.snapshot().light, Light::Off);
    bench.press(Button::Disconnect, secs(8));
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.asked(), [""; 0]);
    // The next one counts.
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn e_paper_never_goes_dark_and_every_press_counts() {
    let mut bench = Bench::working();
    let now = Now {
        mono: bench.now,
        wall: None,
    };
    bench.machine = bench.machine.clone().on_paper(now);
    assert!(bench.is_idle());
    bench.pass(PANEL_OFF * 3);
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn whatever_wakes_does_nothing_else() {
    for button in Button::ALL {
        for held in [millis(100), secs(20)] {
            let mut bench = Bench::with_accounts(3);
            bench.pass(PANEL_OFF);
            let before = bench.snapshot();
            assert_eq!((before.light, before.overview), (Light::Off, true));
            bench.press(button, held);
            let after = bench.snapshot();
            assert_eq!(after.light, Light::Bright);
            assert_eq!(
                (after.selected, after.overview),
                (before.selected, true),
                "{button:?}"
            );
            assert_eq!(after.accounts, before.accounts, "{button:?}");
            assert_eq!(bench.asked(), [""; 0]);
        }
    }
    let mut bench = Bench::with_accounts(3);
    bench.pass(PANEL_OFF);
    let before = bench.snapshot();
    bench.press_both();
    assert_eq!(bench.snapshot().selected, before.selected);
    bench.press_both();
    assert_ne!(bench.snapshot().selected, before.selected);
}

#[test]
fn a_dim_panel_takes_a_press_as_a_press() {
    let mut bench = Bench::working();
    bench.pass(PANEL_DIM);
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn without_a_glass_nothing_dims_and_every_press_counts() {
    let mut bench = Bench::boot(vec![stored(ME, true, true)], PanelHealth::Headless);
    bench.link(connected());
    bench.asked();
    assert!(bench.is_idle());
    bench.now = bench.now + secs(100_000);
    bench.tell_time();
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.word(), "stopped");
}

#[test]
fn a_panel_that_is_lost_or_found_is_told_and_found_ones_are_bright() {
    let mut bench = Bench::working();
    bench.pass(PANEL_OFF);
    assert_eq!(bench.snapshot().light, Light::Off);
    bench.send(Event::Panel(PanelEvent::Lost { why: why() }));
    assert_eq!(bench.snapshot().panel, PanelHealth::Lost { why: why() });
    // Nobody sees it: a press is a press.
    bench.press(Button::Disconnect, millis(200));
    assert_eq!(bench.word(), "stopped");
    bench.pass(secs(1000));
    bench.send(Event::Panel(PanelEvent::Attached));
    assert_eq!(bench.snapshot().panel, PanelHealth::Attached);
    assert_eq!(bench.snapshot().light, Light::Bright);
    bench.pass(PANEL_DIM);
    assert_eq!(bench.snapshot().light, Light::Dim);
}

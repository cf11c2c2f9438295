//! Stories of a store that was restored: it is said until somebody who can see it says that they know.

use pairbox::event::{Button, Intent};
use pairbox::limits::PANEL_OFF;
use pairbox::snapshot::Light;

use super::bench::{Bench, millis};

#[test]
fn it_is_said_until_connect_is_pressed_on_an_account_that_works() {
    let mut bench = Bench::working().restored();
    assert!(bench.snapshot().restored.is_some());
    bench.effects();
    // A press that wakes the panel is no answer: nobody had read anything.
    bench.pass(PANEL_OFF);
    assert_eq!(bench.snapshot().light, Light::Off);
    bench.press(Button::Connect, millis(100));
    assert!(bench.snapshot().restored.is_some());
    bench.press(Button::Connect, millis(100));
    assert!(bench.snapshot().restored.is_none());
    assert_eq!(bench.asked(), ["forget restored"]);
    bench.press(Button::Connect, millis(100));
    assert!(!bench.asked().contains(&"forget restored"), "twice");
}

#[test]
fn a_press_that_connects_is_no_answer() {
    let mut bench = Bench::new(false, true).restored();
    bench.press(Button::Connect, millis(100));
    assert!(bench.snapshot().restored.is_some());
    bench.intent(Intent::AcknowledgeRestore);
    assert!(bench.snapshot().restored.is_none());
}

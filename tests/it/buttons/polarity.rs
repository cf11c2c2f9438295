//! High or low, pulled or not: a press is a press.

use pairbox::board::{ButtonLine, Level, Pull};
use pairbox::event::Button;

use super::rig::{Box, Wire, millis, two_lines};

#[test]
fn a_button_to_the_supply_is_pressed_while_high() {
    let wire = Wire::default();
    // Low is its rest.
    wire.state().low.insert(Button::Disconnect);
    let mut lines = two_lines();
    lines.disconnect = ButtonLine {
        line: 6,
        pull: Pull::Down,
        pressed: Level::High,
    };
    let mut it = Box::with(wire, &lines);
    assert!(it.said.is_empty(), "{:?}", it.said);
    it.set(Button::Disconnect, true);
    it.pass(millis(100));
    assert_eq!(it.asked(), [""; 0]);
    it.set(Button::Disconnect, false);
    it.pass(millis(100));
    assert_eq!(it.asked(), ["stop"]);
}

#[test]
fn the_wrong_polarity_is_a_button_that_is_held() {
    let mut lines = two_lines();
    lines.connect.pressed = Level::High;
    let it = Box::with(Wire::default(), &lines);
    assert_eq!(it.said.len(), 1, "{:?}", it.said);
}

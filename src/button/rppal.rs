//! Buttons on the header of a Raspberry Pi, through rppal.
//!
//! Lines are inputs as the board file describes them; both edges are told, undebounced, with the time
//! the kernel stamped on them. The callback does nothing but hand the edge on.

use ::rppal::gpio::{Error, Gpio, InputPin, Trigger};

use super::{ButtonError, on_our_clock};
use crate::board::{ButtonLine, ButtonLines, Level, Pull};
use crate::clock::Clock;
use crate::event::{Button, Edge, Event};
use crate::inbox::{Inbox, InboxError};

/// The watched lines. Dropping it ends the watching.
pub struct Buttons {
    _pins: Vec<InputPin>,
}

/// Starts watching the lines and sends [`Event::Edge`] for every change.
///
/// # Errors
/// [`ButtonError::NoGpio`] away from a Raspberry Pi or without the right to its GPIO,
/// [`ButtonError::Line`] for a line that cannot be used.
pub fn watch(lines: &ButtonLines, inbox: &Inbox, clock: Clock) -> Result<Buttons, ButtonError> {
    let gpio = Gpio::new().map_err(ButtonError::NoGpio)?;
    let pins = lines.iter().map(|(button, line)| {
        watch_line(&gpio, line, button, inbox.clone(), clock).map_err(|error| ButtonError::Line {
            line: line.line,
            why: error.to_string(),
        })
    });
    let pins = pins.collect::<Result<_, _>>()?;
    Ok(Buttons { _pins: pins })
}

fn watch_line(
    gpio: &Gpio,
    spec: ButtonLine,
    button: Button,
    inbox: Inbox,
    clock: Clock,
) -> Result<InputPin, Error> {
    let pin = gpio.get(spec.line)?;
    let mut pin = match spec.pull {
        Pull::Up => pin.into_input_pullup(),
        Pull::Down => pin.into_input_pulldown(),
        Pull::Off => pin.into_input(),
    };
    // No debouncing here: the machine does it, with the times of the edges.
    pin.set_async_interrupt(Trigger::Both, None, move |event| {
        let edge = Edge {
            button,
            pressed: event.trigger == pressing(spec.pressed),
            at: on_our_clock(event.timestamp, clock),
        };
        match inbox.try_send(Event::Edge(edge)) {
            Ok(()) | Err(InboxError::Closed) => {}
            Err(InboxError::Full) => {
                log::warn!("too many events: an edge of GPIO {} is lost", spec.line);
            }
        }
    })?;
    Ok(pin)
}

/// The edge that means "pressed": towards the level that the line has while the button is pressed.
fn pressing(pressed: Level) -> Trigger {
    match pressed {
        Level::Low => Trigger::FallingEdge,
        Level::High => Trigger::RisingEdge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_to_ground_is_pressed_by_a_falling_edge() {
        assert_eq!(pressing(Level::Low), Trigger::FallingEdge);
        assert_eq!(pressing(Level::High), Trigger::RisingEdge);
    }

    #[test]
    fn without_gpio_the_error_says_so() {
        let spec = ButtonLine {
            line: 5,
            pull: Pull::Up,
            pressed: Level::Low,
        };
        let lines = ButtonLines {
            connect: spec,
            disconnect: ButtonLine { line: 6, ..spec },
            previous: None,
            next: None,
            select: None,
        };
        let (inbox, _events) = Inbox::new();
        // On a Raspberry Pi the lines may well be there.
        if let Err(error) = watch(&lines, &inbox, Clock::start()) {
            let said = error.to_string();
            let names_it = said.starts_with("no GPIO for the buttons: ")
                || said.starts_with("GPIO 5 cannot be a button: ");
            assert!(names_it, "{said}");
        }
    }
}

//! Button lines to [`Event::Edge`](crate::event::Event::Edge): which line is which button, and nothing
//! about what a press means (that is `machine/`).
//!
//! There is no trait: a source is a function that starts watching and returns a guard. This file holds
//! what sources share; `rppal.rs` is the one for Raspberry Pi boards.

pub mod rppal;

use thiserror::Error;

use crate::event::Button;

/// The GPIO lines of the buttons, by BCM number. A pressed button pulls its line to ground.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lines {
    /// Pair / connect.
    pub connect: u8,
    /// Disconnect; held: log out.
    pub disconnect: u8,
}

impl Lines {
    /// Header pins 29 and 31: free on every board profile, next to a ground pin.
    pub const DEFAULT: Self = Self {
        connect: 5,
        disconnect: 6,
    };

    /// Each line with its button.
    #[must_use]
    pub fn each(self) -> [(u8, Button); 2] {
        [
            (self.connect, Button::Connect),
            (self.disconnect, Button::Disconnect),
        ]
    }
}

/// Why buttons cannot be watched.
#[derive(Debug, Error)]
pub enum ButtonError {
    /// This machine has no GPIO that can be used.
    #[error("no GPIO for the buttons: {0}")]
    NoGpio(#[source] ::rppal::gpio::Error),
    /// A line that does not exist, is taken, or refuses interrupts.
    #[error("GPIO {line} cannot be a button: {why}")]
    Line {
        /// Its BCM number.
        line: u8,
        /// The reason.
        why: String,
    },
}

//! Button lines to [`Event::Edge`](crate::event::Event::Edge): which line is which button, and nothing
//! about what a press means (that is `machine/`).
//!
//! There is no trait: a source is a function that starts watching and returns a guard. This file holds
//! what sources share; `rppal.rs` is the one for Raspberry Pi boards.

pub mod rppal;

use thiserror::Error;

pub use self::rppal::Buttons;

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

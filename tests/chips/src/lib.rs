//! Simulated hardware for pairbox's tests: panel chips, button lines, and a bench that offers both to
//! another process over a Unix socket.
//!
//! The chips are written from their datasheets, not from what pairbox sends: they keep display RAM,
//! refuse what the real ones would not understand, and hand out the picture a person would see.
//! This crate does not depend on pairbox, so that both sides cannot share a mistake.
#![forbid(unsafe_code)]

pub mod bench;
pub mod cable;
pub mod lines;
pub mod picture;
pub mod qr_check;
mod reading;
pub mod ssd1306;

pub use bench::Bench;
pub use cable::Cable;
pub use lines::{Bounce, Button, Lines};
pub use picture::Picture;
pub use ssd1306::Ssd1306;

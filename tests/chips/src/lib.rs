//! Simulated hardware for pairbox's tests: panel chips, button lines, and a bench that offers both to
//! another process over a Unix socket.
//!
//! The chips are written from their datasheets, not from what pairbox sends: they keep display RAM,
//! refuse what the real ones would not understand, and hand out the picture a person would see.
//! This crate does not depend on pairbox, so that both sides cannot share a mistake.
#![forbid(unsafe_code)]

pub mod bench;
pub mod cable;
pub mod clock;
pub mod lines;
mod noise;
pub mod oled;
pub mod picture;
pub mod qr_check;
mod reading;
mod sh1106;
mod sh1107;
pub mod spi_cable;
mod ssd1306;
pub mod ssd168x;
mod stats;
mod violation;
mod watch;

pub use bench::Bench;
pub use cable::Cable;
pub use clock::Clock;
pub use lines::{Bounce, Button, Lines};
pub use oled::{OledModule, OledState};
pub use picture::Picture;
pub use spi_cable::{Line, SpiCable};
pub use ssd168x::{PaperModule, PingPong, Refresh, RefreshKind};
pub use stats::Stats;
pub use violation::Violation;

//! The bench: everything around the real program, simulated.
//!
//! A [`Bench`](pairbox_chips::bench::Bench) owns the panel chip and the button lines, a
//! [`Service`](pairbox_sim::Service) plays WhatsApp with its phones and contacts, and [`power`] runs
//! the real program as a process of its own that can be killed like a box that loses power. Tests
//! drive it from `tests/it/stories`; people drive it through the program of this package.

pub mod bad_disk;
pub mod doors;
pub mod linking;
pub mod lossless;
pub mod power;
pub mod receiver;
pub mod record;
pub mod search;
pub mod stats;
pub mod tally;
pub mod trust;
pub mod workbench;

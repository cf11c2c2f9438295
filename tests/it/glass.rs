//! Glass and buttons: pictures, the driver against the simulated chip, the panel thread, the bench.
//!
//! This file holds what those tests share: snapshots of every screen.

mod golden;
mod scenes;

//! The integration suites, in one binary (linking whatsapp-rust is what takes long).
//!
//! `stories/` drives the real program through simulated hardware, service and phone. The other
//! folders test one layer each, through its public face.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

/// Prints a figure past the test harness, which keeps to itself what passing tests print.
macro_rules! figure {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stderr().lock(), $($words)*).unwrap();
    }};
}

mod backup;
mod buttons;
mod check;
mod cli;
mod config;
mod glass;
mod health;
mod link;
mod lossless;
mod machine;
mod message;
mod messages;
mod outgoing;
mod states;
mod store;
mod stories;
mod tidy;
mod trial;
mod web;
mod webhooks;

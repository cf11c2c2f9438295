//! The integration suites, in one binary: building many would take many times as long.
//!
//! One module a part of the program. Nothing here sleeps: a test waits for an event, with a deadline
//! that only a broken program reaches.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in what it shares with others"
)]

mod config;
mod health;
mod web;

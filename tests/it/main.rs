//! The integration suites, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in what it shares with others"
)]

mod config;
mod health;
mod web;

//! The integration suites, in one binary (linking whatsapp-rust is what takes long).
//!
//! `stories/` drives the real program through simulated hardware, service and phone. The other
//! folders test one layer each, through its public face.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod config;
mod glass;
mod health;
mod machine;
mod store;
mod stories;
mod tidy;
mod web;

//! pairbox: a Raspberry Pi appliance that links WhatsApp accounts and works as their gateway.
#![forbid(unsafe_code)]

pub mod account;
pub mod args;
pub mod board;
pub mod clock;
pub mod config;
pub mod event;
pub mod fault;
pub mod health;
pub mod inbox;
pub mod limits;
pub mod machine;
pub mod secret;
pub mod snapshot;
pub mod time;
pub mod web;

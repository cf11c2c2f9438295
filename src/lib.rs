//! pairbox: a Raspberry Pi appliance that links WhatsApp accounts and works as their gateway.
//!
//! What happens becomes an [`event`]; the pure [`machine`] answers with effects; what everybody sees is
//! an immutable [`snapshot`]. `ARCHITECTURE.md` is the map: who may know whom, and which invariants hold.
#![forbid(unsafe_code)]

pub mod account;
pub mod args;
pub mod backup;
#[cfg(feature = "bench")]
pub mod bench;
pub mod board;
pub mod button;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod event;
pub mod fault;
pub mod gateway;
pub mod health;
pub mod inbox;
pub mod journal;
pub mod limits;
pub mod line;
pub mod logging;
pub mod machine;
pub mod message;
pub mod metrics;
pub mod network;
pub mod panel;
pub mod program;
pub mod secret;
pub mod snapshot;
pub mod store;
pub mod ticket;
pub mod time;
pub mod token;
pub mod trial;
pub mod ulid;
pub mod view;
pub mod web;
pub mod whatsapp;

//! pairbox: a Raspberry Pi appliance that links WhatsApp accounts and works as their gateway.
#![forbid(unsafe_code)]

pub mod account;
#[cfg(feature = "bench")]
pub mod bench;
pub mod button;
pub mod clock;
pub mod event;
pub mod fault;
pub mod inbox;
pub mod limits;
pub mod panel;
pub mod secret;
pub mod snapshot;
pub mod time;
pub mod view;

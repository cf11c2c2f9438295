//! pairbox: a Raspberry Pi appliance that links WhatsApp accounts and works as their gateway.
#![forbid(unsafe_code)]

pub mod account;
pub mod clock;
pub mod event;
pub mod fault;
pub mod inbox;
pub mod limits;
pub mod secret;
pub mod snapshot;
pub mod store;
pub mod time;

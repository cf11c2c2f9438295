//! WhatsApp: the only module that names whatsapp-rust.
//!
//! A [`link`] is one run of the library's client for one account: it is built from the store, speaks
//! to the service, and ends. A client that was stopped is dead, so every start builds a new one. What
//! the library says becomes a [`LinkEvent`](crate::event::LinkEvent) in [`translate`] and nothing else
//! of it gets out of this folder. The library's own log lines carry numbers and codes: see
//! [`crate::logging`] for why they are held at `warn` and scrubbed.

pub mod compose;
pub mod content;
pub mod desk;
pub mod dial;
pub mod dispatch;
pub mod groups;
pub mod http;
pub mod inbound;
pub mod link;
pub mod mail;
pub mod media;
pub mod obstacle;
pub mod people;
pub mod phone;
pub mod receipt;
pub mod receive;
pub mod runtime;
pub mod traffic;
pub mod translate;
pub mod transport;
pub mod unread;
pub mod version;
pub mod voice;

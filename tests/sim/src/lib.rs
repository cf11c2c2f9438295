//! A simulated WhatsApp service with phones and contacts, on loopback, for tests.
//!
//! It speaks the wire protocol: a WebSocket, Noise XX, IK and `XXfallback` with a really
//! signed certificate chain under a root of its own, binary stanzas, pairing by QR text and by typed code,
//! logins, app-state sync, and texts over real Signal sessions. Nothing in it is made for one client
//! library: what the protocol allows is accepted, what the real service refuses is refused
//! ([`Refusal`]), and what goes wrong in the real world can be ordered ([`Fault`]).
//!
//! ```no_run
//! use std::time::Duration;
//! use pairbox_sim::{Event, Options, Service};
//!
//! let service = Service::start(Options::default())?;
//! let phone = service.phone("15550001111", "Owner");
//! let alice = service.contact("15550002222", "Alice");
//! // A client connects to service.url() and shows a QR code; its text goes to the phone:
//! # let qr_text = "";
//! let companion = phone.scan(qr_text)?;
//! service.wait(Duration::from_secs(10), |event| matches!(event, Event::Ready { .. }))?;
//! alice.send_text(phone.number(), "hi");
//! let answer = alice.wait_text(Duration::from_secs(10))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The map: [`service`] is the handle; `service/listener`, `connection`, `framing` and `handshake`
//! bring stanzas in and out; `state` holds what the service knows, and one file for each subject
//! extends it (`login`, `pairing`, `link_code`, `iq`, `usync`, `app_state`, `mail`, `messages`, `phones`,
//! `posts`, `envelope`, `groups`, `media`, `passkey`, `one_account`, `faults`). [`phone`], [`contact`] and [`group`] are the people;
//! [`compose`] is what they write and [`reading`] what they read; `party`, `group_keys`, `signal_store` and `bundle`
//! are their Signal keys. [`event_log`] is what tests wait on.

pub mod compose;
pub mod contact;
pub mod event_log;
pub mod group;
pub mod options;
pub mod phone;
pub mod reading;
pub mod refusal;
pub mod service;

mod bundle;
mod clock;
mod group_keys;
mod keys;
mod party;
mod qr;
mod signal_store;
mod stanza;

pub use compose::{Attachment, FileKind, Target};
pub use contact::{Appears, Contact, Manner, Order};
pub use event_log::{Conn, Cursor, Event, Pattern, RemovedBy, TimedOut};
pub use group::{Group, Rank};
pub use options::Options;
pub use phone::{CodeError, Phone, ScanError};
pub use reading::{Content, Received, Text};
pub use refusal::Refusal;
pub use service::{CodeRefusal, Failure, Fault, Letter, MediaFault, Portal, Service, StreamError};
/// An address on the wire, as events name devices.
pub use wacore_binary::Jid;
/// How such a message holds another one.
pub use waproto::buffa::MessageField;
/// The messages that phones and clients exchange.
pub use waproto::whatsapp as wa;

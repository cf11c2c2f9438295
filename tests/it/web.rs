//! The page and its API over real sockets, with a machine that says what it is told, or the real one.
//!
//! `routes` asks as an ordinary client, `strangers` as those who must not get anything, `hostile` and
//! `survival` as those who mean harm or are broken; `router` tries random heads without a socket,
//! `fuzz` whole requests; `contract` holds document, router and replies together.

mod access;
mod contract;
mod counters;
mod entrance;
mod errands;
mod fuzz;
mod hostile;
mod qr;
mod redaction;
pub mod rig;
mod router;
mod routes;
mod slow;
mod strangers;
mod streams;
mod survival;
mod tokens;
mod uploads;
mod webhooks;
mod well;
mod wishes;

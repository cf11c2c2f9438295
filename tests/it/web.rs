//! The page and its API over real sockets, with a machine that is only a snapshot and an inbox.
//!
//! `routes` asks as an ordinary client, `strangers` as those who must not get anything, `hostile` and
//! `survival` as those who mean harm or are broken; `router` tries random heads without a socket.

mod hostile;
mod qr;
pub mod rig;
mod router;
mod routes;
mod slow;
mod strangers;
mod streams;
mod survival;
mod well;
mod wishes;

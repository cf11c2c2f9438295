//! The page and its API over real sockets, with a machine that is only a snapshot and an inbox.

mod hostile;
pub mod rig;
mod router;
mod routes;
mod strangers;
mod survival;

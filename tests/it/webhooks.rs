//! Webhooks: who is posted next (against a naive model), signatures (against other people's code), and
//! the real gateway and store in front of a real receiver.

mod answers;
mod envelope;
mod line;
mod receiver;
mod refused;
mod replies;
mod rig;
mod signatures;
mod telling;

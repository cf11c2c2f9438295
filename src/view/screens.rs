//! Which screen a snapshot gets. One file a screen; each has a `draw` and, when its picture depends on
//! the time, a `next_change`.
//!
//! A hold covers everything: whoever holds a button wants to see what it will do.

mod connected;
mod fault;
mod hold;
mod passkey;
mod qr;
mod reconnecting;
mod starting;
mod stopped;
mod unlinked;

use crate::snapshot::{Snapshot, Status};
use crate::time::Mono;

use super::frame::Frame;

/// Draws the screen into a dark frame.
pub fn draw(frame: &mut Frame, snapshot: &Snapshot, now: Mono) {
    let account = snapshot.current();
    if let Some(hold) = &snapshot.hold {
        return hold::draw(frame, account, hold, now);
    }
    match &account.status {
        Status::Stopped => stopped::draw(frame, account),
        Status::Starting { pairing_done, slow } => {
            starting::draw(frame, account, *pairing_done, slow.as_deref(), now);
        }
        Status::ScanQrCode(pairing) => qr::draw(frame, pairing, now),
        Status::PasskeyRequired => passkey::draw(frame),
        Status::Working => connected::draw(frame, account, now),
        Status::Reconnecting { attempt, next_at } => {
            reconnecting::draw(frame, account, *attempt, *next_at, now);
        }
        Status::Failed { fault, retry_at } => fault::draw(frame, *fault, *retry_at, now),
        Status::LoggedOut => unlinked::draw(frame, account),
    }
}

/// When the screen changes by itself.
pub fn next_change(snapshot: &Snapshot, now: Mono) -> Option<Mono> {
    let account = snapshot.current();
    if let Some(hold) = &snapshot.hold {
        return hold::next_change(hold, now);
    }
    match &account.status {
        Status::Stopped | Status::PasskeyRequired | Status::LoggedOut => None,
        Status::Starting { .. } => Some(starting::next_change(account, now)),
        Status::ScanQrCode(pairing) => qr::next_change(pairing, now),
        Status::Working => Some(connected::next_change(account, now)),
        Status::Reconnecting { next_at, .. } => {
            Some(reconnecting::next_change(account, *next_at, now))
        }
        Status::Failed { retry_at, .. } => fault::next_change(*retry_at, now),
    }
}

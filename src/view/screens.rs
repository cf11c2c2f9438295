//! Which screen a snapshot gets. One file a screen; each has a `draw` and, when its picture depends on
//! the time, a `next_change`.
//!
//! A hold covers everything: whoever holds a button wants to see what it will do. A code for the page
//! covers all but that: whoever asked for it stands there, for a minute. Somebody who waits to be let
//! in comes before what is well.

mod access;
mod caller;
mod connected;
mod fault;
mod hold;
mod obstacle;
mod outbox;
mod overview;
mod page;
mod passkey;
mod qr;
mod reconnecting;
mod shutdown;
mod starting;
mod stopped;
mod storage;
mod typed;
mod unlinked;

use crate::snapshot::{AccountView, Snapshot, Status, StoreHealth};
use crate::time::Mono;

use super::block::Block;
use super::canvas::Canvas;
use super::frame::Medium;
use super::stack::{self, Item};
use super::text;
use super::tick;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, snapshot: &Snapshot, now: Mono) {
    let account = snapshot.current();
    if snapshot.shutting_down {
        return shutdown::draw(canvas, now);
    }
    if let Some(hold) = &snapshot.hold {
        return hold::draw(canvas, account, hold, now);
    }
    if let Some(access) = &snapshot.access {
        return access::draw(canvas, access, now);
    }
    if let Some(caller) = &snapshot.caller {
        return caller::draw(canvas, snapshot, caller, now);
    }
    if snapshot.overview {
        return overview::draw(canvas, snapshot, now);
    }
    canvas.badge = badge(snapshot);
    canvas.card = storage::is_marked(snapshot);
    match &account.status {
        Status::Stopped => stopped::draw(canvas, snapshot, account, now),
        Status::Starting { pairing_done, slow } => {
            starting::draw(canvas, account, *pairing_done, slow.as_ref(), now);
        }
        // A code would invite to a pairing that cannot be kept.
        Status::ScanQrCode(_) if snapshot.store != StoreHealth::Well => {
            storage::draw(canvas, account, &snapshot.store, now);
        }
        Status::ScanQrCode(pairing) => {
            qr::draw(canvas, account, pairing, snapshot.page.as_deref(), now);
        }
        Status::PasskeyRequired { code } => {
            let page = snapshot.page.as_deref();
            passkey::draw(canvas, account, code.as_ref(), page, now);
        }
        Status::Working => connected::draw(canvas, snapshot, account, now),
        Status::Reconnecting {
            attempt,
            next_at,
            trouble,
        } => {
            let attempts = reconnecting::Attempts {
                failed: *attempt,
                next_at: *next_at,
                trouble: trouble.as_ref(),
            };
            reconnecting::draw(canvas, account, &attempts, now);
        }
        Status::Failed { fault, retry_at } => {
            fault::draw(canvas, account, *fault, *retry_at, now);
        }
        Status::LoggedOut => unlinked::draw(canvas, account, now),
    }
}

/// When the screen changes by itself.
pub fn next_change(snapshot: &Snapshot, medium: Medium, now: Mono) -> Option<Mono> {
    let account = snapshot.current();
    if let Some(hold) = &snapshot.hold {
        return hold::next_change(hold, medium, now);
    }
    if let Some(access) = &snapshot.access {
        return access::next_change(access, medium, now);
    }
    if snapshot.caller.is_some() {
        return page_turn(medium, now);
    }
    if snapshot.overview {
        return overview::next_change(snapshot, medium, now);
    }
    match &account.status {
        Status::Stopped | Status::LoggedOut => None,
        Status::PasskeyRequired { .. } => page_turn(medium, now),
        Status::Starting { .. } => starting::next_change(account, medium, now),
        Status::ScanQrCode(_) if snapshot.store != StoreHealth::Well => page_turn(medium, now),
        Status::ScanQrCode(pairing) => qr::next_change(pairing, medium, now),
        Status::Working => connected::next_change(account, medium, now),
        Status::Reconnecting { next_at, .. } => {
            reconnecting::next_change(account, *next_at, medium, now)
        }
        Status::Failed { fault, retry_at } => {
            let retry = fault::next_change(account, *fault, *retry_at, medium, now);
            retry.into_iter().chain(page_turn(medium, now)).min()
        }
    }
}

/// Running text turns its pages where it does not fit, which depends on the panel: whoever shows it
/// looks, and finds the same picture most of the time.
fn page_turn(medium: Medium, now: Mono) -> Option<Mono> {
    (medium == Medium::Oled).then(|| tick::after(Mono::START, stack::PAGE, now))
}

/// Which account of how many, when there are several.
fn badge(snapshot: &Snapshot) -> Option<String> {
    let count = snapshot.accounts.len();
    let index = snapshot
        .accounts
        .iter()
        .position(|account| account.id == snapshot.selected)?;
    (count > 1).then(|| format!("{}/{count}", index + 1))
}

/// The account's label.
fn name(account: &AccountView) -> Block {
    Block::Name(text::label(&account.label, account.id))
}

/// The account's label, where there are several and the screen is about something else.
fn whose(canvas: &Canvas, account: &AccountView) -> Option<Item> {
    canvas.badge.as_ref()?;
    let label = text::label(&account.label, account.id);
    Some(stack::spare(Block::Note(label)))
}

/// The account's label and the end of its number.
fn who(account: &AccountView) -> Block {
    let last4 = account.phone.as_ref().map(|phone| phone.last4().to_owned());
    Block::Who(text::label(&account.label, account.id), last4)
}

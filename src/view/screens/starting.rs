//! On the way to WhatsApp: dots that run, and the reason once it takes long.

use std::time::Duration;

use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::{icon, tick, widgets};

/// From one dot to the next.
const STEP: Duration = Duration::from_millis(500);

pub fn draw(
    frame: &mut Frame,
    account: &AccountView,
    pairing_done: bool,
    slow: Option<&str>,
    now: Mono,
) {
    let bottom = widgets::height(frame.geometry());
    let words = if pairing_done { "Linking" } else { "Starting" };
    let dots = 1 + tick::passed(account.since, STEP, now) % 3;
    let dots = ".".repeat(usize::try_from(dots).unwrap_or(1));
    widgets::headline(frame, &icon::HOURGLASS, &format!("{words}{dots}"));
    match slow {
        None => widgets::name(frame, &account.label, widgets::BODY_TOP + 1),
        Some(why) => widgets::paragraph(frame, why, widgets::BODY_TOP, bottom),
    }
}

pub fn next_change(account: &AccountView, now: Mono) -> Mono {
    tick::after(account.since, STEP, now)
}

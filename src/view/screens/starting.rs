//! On the way to WhatsApp: dots that run on an OLED, and what is in the way once it takes long.

use std::time::Duration;

use super::{name, obstacle, whose};
use crate::fault::Trouble;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item};
use crate::view::{headline, icon, tick};

/// From one dot to the next.
const STEP: Duration = Duration::from_millis(500);

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    pairing_done: bool,
    slow: Option<&Trouble>,
    now: Mono,
) {
    let words = if pairing_done { "Linking" } else { "Starting" };
    let dots = if canvas.moves() {
        1 + tick::passed(account.since, STEP, now) % 3
    } else {
        3
    };
    let dots = ".".repeat(usize::try_from(dots).unwrap_or(1));
    let icon = obstacle::symbol(slow, &icon::HOURGLASS);
    let body = headline::draw(canvas, icon, &format!("{words}{dots}"));
    let mut items = Vec::new();
    match slow {
        None => items.push(item(name(account))),
        Some(trouble) => {
            items.push(obstacle::name(trouble));
            items.extend(whose(canvas, account));
            items.extend(obstacle::more(canvas, trouble));
        }
    }
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(account: &AccountView, medium: Medium, now: Mono) -> Option<Mono> {
    (medium == Medium::Oled).then(|| tick::after(account.since, STEP, now))
}

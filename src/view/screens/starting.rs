//! On the way to WhatsApp: dots that run on an OLED, and the reason once it takes long.

use std::time::Duration;

use super::{name, whose};
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item};
use crate::view::{headline, icon, text, tick};

/// From one dot to the next.
const STEP: Duration = Duration::from_millis(500);

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    pairing_done: bool,
    slow: Option<&str>,
    now: Mono,
) {
    let words = if pairing_done { "Linking" } else { "Starting" };
    let dots = if canvas.moves() {
        1 + tick::passed(account.since, STEP, now) % 3
    } else {
        3
    };
    let dots = ".".repeat(usize::try_from(dots).unwrap_or(1));
    let body = headline::draw(canvas, &icon::HOURGLASS, &format!("{words}{dots}"));
    let items = match slow {
        None => vec![item(name(account))],
        Some(why) => {
            let why = item(Block::Text(text::plain(why)));
            [why].into_iter().chain(whose(canvas, account)).collect()
        }
    };
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(account: &AccountView, medium: Medium, now: Mono) -> Option<Mono> {
    (medium == Medium::Oled).then(|| tick::after(account.since, STEP, now))
}

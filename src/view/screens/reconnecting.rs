//! The connection is gone and is being remade: the seconds to the next attempt, or since the loss.

use std::time::Duration;

use embedded_graphics::pixelcolor::BinaryColor::On;

use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::text::{self, Face};
use crate::view::{icon, tick, widgets};

const SECOND: Duration = Duration::from_secs(1);

pub fn draw(
    frame: &mut Frame,
    account: &AccountView,
    attempt: u32,
    next_at: Option<Mono>,
    now: Mono,
) {
    widgets::headline(frame, &icon::RETRY, "Reconnecting");
    widgets::name(frame, &account.label, widgets::BODY_TOP);
    let below = widgets::BODY_TOP + widgets::NAME + 2;
    let words = match next_at.filter(|next_at| *next_at > now) {
        Some(next_at) => format!("Next try in {} s", tick::left(next_at, SECOND, now)),
        None => format!("Offline for {} s", tick::passed(account.since, SECOND, now)),
    };
    text::line(frame, &words, Face::Text, (widgets::LEFT, below), On);
    if attempt > 0 {
        let words = format!("Failed attempts: {attempt}");
        text::line(frame, &words, Face::Text, (widgets::LEFT, below + 11), On);
    }
}

pub fn next_change(account: &AccountView, next_at: Option<Mono>, now: Mono) -> Mono {
    next_at
        .and_then(|next_at| tick::before(next_at, SECOND, now))
        .unwrap_or_else(|| tick::after(account.since, SECOND, now))
}

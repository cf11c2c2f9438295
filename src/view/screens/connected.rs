//! Online: whose box this is, the number's last digits, and a dot that beats once a second.

use std::time::Duration;

use embedded_graphics::pixelcolor::BinaryColor::On;

use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::text::{self, Face};
use crate::view::{icon, tick, widgets};

/// The dot is there for one beat and gone for the next.
const BEAT: Duration = Duration::from_secs(1);

/// Pixels on a side of the dot.
const DOT: u32 = 3;

pub fn draw(frame: &mut Frame, account: &AccountView, now: Mono) {
    let width = widgets::width(frame.geometry());
    let height = widgets::height(frame.geometry());
    widgets::headline(frame, &icon::CHECK, "Connected");
    let below = widgets::name(frame, &account.label, widgets::BODY_TOP + 2);
    if let Some(number) = super::masked(account) {
        text::line(frame, &number, Face::Large, (0, below + 4), On);
    }
    if tick::passed(account.since, BEAT, now).is_multiple_of(2) {
        widgets::fill(frame, (width - DOT - 1, height - DOT - 1), (DOT, DOT), On);
    }
}

pub fn next_change(account: &AccountView, now: Mono) -> Mono {
    tick::after(account.since, BEAT, now)
}

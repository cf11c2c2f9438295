//! Online: whose box this is, the number's last digits, and a dot that beats once a second.

use std::time::Duration;

use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::text::Face;
use crate::view::{icon, tick, widgets};

/// The dot is there for one beat and gone for the next.
const BEAT: Duration = Duration::from_secs(1);

pub fn draw(frame: &mut Frame, account: &AccountView, now: Mono) {
    let right = widgets::LEFT + widgets::width(frame.geometry());
    widgets::headline(frame, &icon::CHECK, "Connected");
    if tick::passed(account.since, BEAT, now).is_multiple_of(2) {
        // A disc of 5 pixels: two bars crossed.
        let left = right.saturating_sub(5);
        frame.fill((left, 5), (5, 3), true);
        frame.fill((left + 1, 4), (3, 5), true);
    }
    widgets::name(frame, &account.label, widgets::BODY_TOP + 1);
    if let Some(phone) = &account.phone {
        let y = widgets::BODY_TOP + widgets::NAME + 4;
        widgets::number(frame, phone.last4(), Face::Large, y);
    }
}

pub fn next_change(account: &AccountView, now: Mono) -> Mono {
    tick::after(account.since, BEAT, now)
}

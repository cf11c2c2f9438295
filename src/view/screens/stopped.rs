//! Off on purpose: which account, and that a press brings it back.

use embedded_graphics::pixelcolor::BinaryColor::On;

use crate::snapshot::AccountView;
use crate::view::frame::Frame;
use crate::view::text::{self, Face};
use crate::view::{icon, widgets};

pub fn draw(frame: &mut Frame, account: &AccountView) {
    widgets::headline(frame, &icon::POWER, "Disconnected");
    let below = widgets::name(frame, &account.label, widgets::BODY_TOP);
    if let Some(number) = super::masked(account) {
        text::line(frame, &number, Face::Text, (0, below + 1), On);
    }
    let hint = if account.linked {
        "Press to connect"
    } else {
        "Press to pair"
    };
    widgets::footer(frame, hint);
}

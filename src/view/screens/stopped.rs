//! Off on purpose: which account, and that a press brings it back.

use crate::snapshot::AccountView;
use crate::view::frame::Frame;
use crate::view::text::Face;
use crate::view::{icon, widgets};

pub fn draw(frame: &mut Frame, account: &AccountView) {
    widgets::headline(frame, &icon::POWER, "Disconnected");
    widgets::name(frame, &account.label, widgets::BODY_TOP - 1);
    if let Some(phone) = &account.phone {
        let y = widgets::BODY_TOP - 1 + widgets::NAME;
        widgets::number(frame, phone.last4(), Face::Text, y);
    }
    let hint = if account.linked {
        "Press to connect"
    } else {
        "Press to pair"
    };
    widgets::footer(frame, hint);
}

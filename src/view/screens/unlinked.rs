//! The link was removed: by the phone, or by a long press here.

use crate::snapshot::AccountView;
use crate::view::frame::Frame;
use crate::view::{icon, widgets};

pub fn draw(frame: &mut Frame, account: &AccountView) {
    widgets::headline(frame, &icon::BROKEN, "Unlinked");
    widgets::name(frame, &account.label, widgets::BODY_TOP + 1);
    widgets::footer(frame, "Press to pair");
}

//! WhatsApp wants more than a scan: the phone's owner has to confirm there.

use crate::view::frame::Frame;
use crate::view::{icon, widgets};

pub fn draw(frame: &mut Frame) {
    let bottom = widgets::height(frame.geometry());
    widgets::headline(frame, &icon::PHONE, "Confirm on your phone");
    widgets::paragraph(
        frame,
        "WhatsApp asks for a passkey. Follow the steps on the phone.",
        widgets::BODY_TOP + 1,
        bottom,
    );
}

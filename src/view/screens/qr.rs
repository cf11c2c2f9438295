//! The code to scan, and how to get to the scanner: dark on a lit panel.
//!
//! The whole panel is lit, the code stands flush left with the same quiet zone above, below (give or
//! take a pixel) and to its left, and nothing comes nearer than [`GAP`] on the right (HARDWARE.md 1.4). The
//! bar that runs down is at the bottom of the text column, so that the code itself never changes
//! while it is up.

use embedded_graphics::pixelcolor::BinaryColor::{Off, On};

use crate::snapshot::Pairing;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::qr::{self, Fit};
use crate::view::text::{self, Face};
use crate::view::{icon, widgets};

/// Lit columns between the code and the text.
const GAP: u32 = 4;

/// Columns the text needs: 11 of the small face.
const TEXT: u32 = 56;

/// Rows of the bar.
const BAR: u32 = 7;

/// The way to the scanner in the phone's app, a line each, with its row.
const STEPS: [(&str, u32); 4] = [
    ("\u{bb} Linked", 17),
    ("  devices", 25),
    ("\u{bb} Link a", 36),
    ("  device", 44),
];

pub fn draw(frame: &mut Frame, pairing: &Pairing, now: Mono) {
    let geometry = frame.geometry();
    let side = geometry.height.min(geometry.width);
    let Some(Fit { code, scale }) = qr::fit(pairing.code.expose().as_bytes(), side) else {
        return too_big(frame);
    };
    widgets::fill(frame, (0, 0), (geometry.width, geometry.height), On);
    let span = code.size * scale;
    let top = (geometry.height - span) / 2;
    let left = top.max(qr::QUIET_MIN);
    for y in 0..code.size {
        for x in (0..code.size).filter(|&x| code.dark(x, y)) {
            widgets::fill(
                frame,
                (left + x * scale, top + y * scale),
                (scale, scale),
                Off,
            );
        }
    }
    let column = Column {
        left: left + span + GAP,
        right: geometry.width - 1,
    };
    if column.left + TEXT <= column.right {
        column.draw(frame, pairing, now);
    }
}

pub fn next_change(pairing: &Pairing, now: Mono) -> Option<Mono> {
    // The width of the column differs by a few pixels between codes; asking at the steps of the
    // widest one costs nothing when the picture turns out equal.
    let left = pairing.expires_at().since(now);
    let _ = left;
    crate::view::tick::before(pairing.expires_at(), pairing.lifetime / BAR_STEPS, now)
}

/// Steps in which the bar runs down, whatever its width.
const BAR_STEPS: u32 = 40;

/// The text beside the code.
struct Column {
    left: u32,
    right: u32,
}

impl Column {
    fn draw(&self, frame: &mut Frame, pairing: &Pairing, now: Mono) {
        let width = self.right - self.left;
        let x = self.left;
        text::line(frame, "WhatsApp", Face::Bold, (x, 1), Off);
        for (words, y) in STEPS {
            text::line(frame, words, Face::Small, (x, y), Off);
        }
        let steps = widgets::bar_steps(width);
        let step = pairing.lifetime / BAR_STEPS;
        let left = crate::view::tick::left(pairing.expires_at(), step, now);
        let left = u32::try_from(left).unwrap_or(BAR_STEPS).min(BAR_STEPS);
        let y = frame.geometry().height - 2 - BAR;
        widgets::bar(
            frame,
            (x, y),
            (width, BAR),
            (steps * left).div_ceil(BAR_STEPS),
            Off,
        );
    }
}

/// Drawn when no scale fits: the code has more modules than the panel has rows.
fn too_big(frame: &mut Frame) {
    let bottom = widgets::height(frame.geometry());
    widgets::headline(frame, &icon::PHONE, "Scan on the page");
    widgets::paragraph(
        frame,
        "This code is too large for the panel. Open the box's page to scan it.",
        widgets::BODY_TOP,
        bottom,
    );
}

//! The code to scan, and how to get to the scanner: dark on a lit panel.
//!
//! The whole panel is lit. The code stands at the left with the same quiet zone above, to its left and
//! below (give or take a pixel), and nothing comes nearer than that or [`GAP`] on its right
//! (HARDWARE.md 1.4). The bar that runs down stands in the text column, so that the code itself never changes
//! while it is up.

use std::time::Duration;

use embedded_graphics::pixelcolor::BinaryColor::Off;

use crate::snapshot::Pairing;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::qr::{self, Fit};
use crate::view::text::{self, Face};
use crate::view::{icon, tick, widgets};

/// Lit columns between the code and the text.
const GAP: u32 = 4;

/// Lit columns and rows between the text and the edge of the panel.
const EDGE: u32 = 2;

/// Columns the text needs.
const TEXT: u32 = 56;

/// Rows of the bar.
const BAR: u32 = 7;

/// Steps in which the bar runs down.
const BAR_STEPS: u32 = 40;

/// Where the scanner is in the phone's app.
const APP: &str = "WhatsApp";

/// The way from there, with the row of each line.
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
    frame.fill((0, 0), (geometry.width, geometry.height), true);
    let span = code.size * scale;
    let top = (geometry.height - span) / 2;
    let gap = top.max(GAP);
    let wide = geometry.width >= top + span + gap + TEXT + EDGE;
    // Without room for the text the code stands in the middle.
    let left = if wide {
        top
    } else {
        (geometry.width - span) / 2
    };
    for y in 0..code.size {
        for x in (0..code.size).filter(|&x| code.dark(x, y)) {
            let corner = (left + x * scale, top + y * scale);
            frame.fill(corner, (scale, scale), false);
        }
    }
    if wide {
        text_column(frame, left + span + gap, pairing, now);
    }
}

pub fn next_change(pairing: &Pairing, now: Mono) -> Option<Mono> {
    tick::before(pairing.expires_at(), bar_step(pairing), now)
}

/// The way to the scanner, and the bar, from column `left` to the right edge.
fn text_column(frame: &mut Frame, left: u32, pairing: &Pairing, now: Mono) {
    let geometry = frame.geometry();
    let width = geometry.width - EDGE - left;
    text::line(frame, APP, Face::Bold, (left, 1), Off);
    for (words, y) in STEPS {
        text::line(frame, words, Face::Small, (left, y), Off);
    }
    let steps_left = tick::left(pairing.expires_at(), bar_step(pairing), now);
    // Rounding the step down can leave one too many.
    let steps_left = u32::try_from(steps_left)
        .unwrap_or(BAR_STEPS)
        .min(BAR_STEPS);
    let filled = (widgets::bar_steps(width) * steps_left).div_ceil(BAR_STEPS);
    let corner = (left, geometry.height - EDGE - BAR);
    widgets::bar(frame, corner, (width, BAR), filled, false);
}

fn bar_step(pairing: &Pairing) -> Duration {
    (pairing.lifetime / BAR_STEPS).max(Duration::from_nanos(1))
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

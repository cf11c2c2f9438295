//! What the glass shows: one pure function from the [`Snapshot`] to a [`Frame`].
//!
//! Every screen is a file in `screens/`; the words and numbers come from the snapshot, the sizes from
//! the [`Geometry`], the time is an argument. Same arguments, same picture. Nothing here knows a
//! driver, a clock or a bus. [`next_change`] says when a picture changes without a new snapshot, so
//! that whoever shows it can sleep until then.

mod area;
mod block;
mod canvas;
mod cards;
mod face;
pub mod frame;
mod grid;
mod headline;
mod icon;
pub mod qr;
mod screens;
mod stack;
mod text;
mod tick;
mod when;

use std::time::Duration;

use crate::snapshot::{Light, Pairing, Snapshot, Status};
use crate::time::Mono;

use canvas::Canvas;

pub use area::{Area, Kind, Mark};
pub use cards::{TEST_CARD_STEPS, parting, test_card};
pub use frame::{Format, Frame, Geometry, Medium};

/// Status screens move by a pixel this often: an OLED keeps the shadow of what never moves
/// (HARDWARE.md 1.5).
const WANDER: Duration = Duration::from_secs(60);

/// A code is shown low, middle and high for this long each (HARDWARE.md 1.5): one of them suits the
/// light in the room, and the change makes the phone's camera measure again.
const GLOW_STEP: Duration = Duration::from_secs(4);

/// How strongly lit pixels are to shine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Glow {
    /// Not at all: the panel may sleep.
    Off,
    /// Nobody looked for a while.
    Dim,
    /// The usual.
    Normal,
    /// A QR is up, and a bright panel would blind the camera.
    CodeLow,
    /// The same, for a room with daylight.
    CodeMiddle,
    /// The same, in the sun.
    CodeHigh,
}

/// Draws the picture for this moment.
#[must_use]
pub fn draw(snapshot: &Snapshot, format: Format, now: Mono) -> Frame {
    match format.medium {
        Medium::Oled if is_dark(snapshot) => return Frame::new(format.geometry),
        // Its last picture takes as long as the program still has.
        Medium::Paper if snapshot.shutting_down => return cards::parting(format),
        Medium::Oled | Medium::Paper => {}
    }
    let frame = canvas(snapshot, format, now).into_frame();
    if format.medium == Medium::Paper || shows_code(snapshot) || snapshot.shutting_down {
        return frame;
    }
    let step = now.0.as_secs() / WANDER.as_secs();
    frame.shifted(u32::from(step % 2 == 1), u32::from(step / 2 % 2 == 1))
}

/// What stands where on the picture of this moment, before it wanders: for tests, and for whoever
/// cannot see it.
#[must_use]
pub fn marks(snapshot: &Snapshot, format: Format, now: Mono) -> Vec<Mark> {
    canvas(snapshot, format, now).into_marks()
}

fn canvas(snapshot: &Snapshot, format: Format, now: Mono) -> Canvas {
    let mut canvas = Canvas::new(format);
    screens::draw(&mut canvas, snapshot, now);
    canvas
}

/// When the picture or its glow may change by itself, if the snapshot stays as it is. Always after
/// `now`. Paper changes only where its picture would become false.
#[must_use]
pub fn next_change(snapshot: &Snapshot, medium: Medium, now: Mono) -> Option<Mono> {
    if snapshot.shutting_down || (medium == Medium::Oled && is_dark(snapshot)) {
        return None;
    }
    let own = screens::next_change(snapshot, medium, now);
    if medium == Medium::Paper {
        return own;
    }
    let shared = match qr_shown_at(snapshot) {
        Some(shown_at) => tick::after(shown_at, GLOW_STEP, now),
        None => tick::after(Mono::START, WANDER, now),
    };
    Some(own.map_or(shared, |own| own.min(shared)))
}

/// How strongly the picture of this moment is to shine.
#[must_use]
pub fn glow(snapshot: &Snapshot, now: Mono) -> Glow {
    if let Some(shown_at) = qr_shown_at(snapshot).filter(|_| snapshot.light != Light::Off) {
        let step = now.since(shown_at).as_secs() / GLOW_STEP.as_secs();
        return [Glow::CodeLow, Glow::CodeMiddle, Glow::CodeHigh][(step % 3) as usize];
    }
    match snapshot.light {
        _ if snapshot.shutting_down => Glow::Normal,
        // Whoever asked for it on the page stands here now.
        _ if snapshot.access.is_some() => Glow::Normal,
        Light::Off => Glow::Off,
        Light::Dim => Glow::Dim,
        Light::Bright => Glow::Normal,
    }
}

/// Nobody looks; but the last words are said to be seen, and so is a code that was asked for.
fn is_dark(snapshot: &Snapshot) -> bool {
    snapshot.light == Light::Off && !snapshot.shutting_down && snapshot.access.is_none()
}

/// Whether a code is on the picture, to scan, to type, to compare, or of somebody who waits: such a picture
/// stands still, and must not stay when the code ends.
#[must_use]
pub fn shows_code(snapshot: &Snapshot) -> bool {
    let covered = snapshot.hold.is_some() || snapshot.shutting_down;
    let compared = match &snapshot.current().status {
        Status::PasskeyRequired { code } => code.is_some() && !snapshot.overview,
        _ => false,
    };
    let asked = snapshot.access.is_some() || snapshot.caller.is_some();
    pairing(snapshot).is_some() || (!covered && (asked || compared))
}

/// When the QR was put up that a camera is to read; a code to type needs no such care.
fn qr_shown_at(snapshot: &Snapshot) -> Option<Mono> {
    pairing(snapshot)
        .filter(|pairing| pairing.typed.is_none())
        .and_then(|pairing| Some(pairing.qr.as_ref()?.shown_at))
}

fn pairing(snapshot: &Snapshot) -> Option<&Pairing> {
    let covered = snapshot.hold.is_some()
        || snapshot.access.is_some()
        || snapshot.caller.is_some()
        || snapshot.overview
        || snapshot.shutting_down;
    match &snapshot.current().status {
        Status::ScanQrCode(pairing) if !covered => Some(pairing),
        _ => None,
    }
}

//! What the glass shows: one pure function from the [`Snapshot`] to a [`Frame`].
//!
//! Every screen is a file in `screens/`; the words and numbers come from the snapshot, the sizes from
//! the [`Geometry`], the time is an argument. Same arguments, same picture. Nothing here knows a
//! driver, a clock or a bus. [`next_change`] says when a picture changes without a new snapshot, so
//! that whoever shows it can sleep until then.

mod cards;
pub mod frame;
mod icon;
pub mod qr;
mod screens;
mod text;
mod tick;
mod widgets;

use std::time::Duration;

use crate::snapshot::{Light, Snapshot, Status};
use crate::time::Mono;

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
    let mut frame = Frame::new(format.geometry);
    if is_blank(snapshot) {
        return frame;
    }
    screens::draw(&mut frame, snapshot, now);
    if shows_code(snapshot) {
        return frame;
    }
    let step = now.0.as_secs() / WANDER.as_secs();
    frame.shifted(u32::from(step % 2 == 1), u32::from(step / 2 % 2 == 1))
}

/// When the picture or its glow changes by itself, if the snapshot stays as it is. Always after `now`.
#[must_use]
pub fn next_change(snapshot: &Snapshot, _medium: Medium, now: Mono) -> Option<Mono> {
    if is_blank(snapshot) {
        return None;
    }
    let own = screens::next_change(snapshot, now);
    let shared = match code_shown_at(snapshot) {
        Some(shown_at) => tick::after(shown_at, GLOW_STEP, now),
        None => tick::after(Mono::START, WANDER, now),
    };
    Some(own.map_or(shared, |own| own.min(shared)))
}

/// How strongly the picture of this moment is to shine.
#[must_use]
pub fn glow(snapshot: &Snapshot, now: Mono) -> Glow {
    if is_blank(snapshot) {
        return Glow::Off;
    }
    if let Some(shown_at) = code_shown_at(snapshot) {
        let step = now.since(shown_at).as_secs() / GLOW_STEP.as_secs();
        return [Glow::CodeLow, Glow::CodeMiddle, Glow::CodeHigh][(step % 3) as usize];
    }
    match snapshot.light {
        Light::Off => Glow::Off,
        Light::Dim => Glow::Dim,
        Light::Bright => Glow::Normal,
    }
}

fn is_blank(snapshot: &Snapshot) -> bool {
    snapshot.shutting_down || snapshot.light == Light::Off
}

/// Whether a QR or a typed code is on the picture: such a picture fills the panel to its edges, stands
/// still, and must not stay when it ends.
#[must_use]
pub fn shows_code(snapshot: &Snapshot) -> bool {
    code_shown_at(snapshot).is_some()
}

fn code_shown_at(snapshot: &Snapshot) -> Option<Mono> {
    match &snapshot.current().status {
        Status::ScanQrCode(pairing) if snapshot.hold.is_none() => Some(pairing.shown_at),
        _ => None,
    }
}

//! Glass and buttons: pictures, the driver against the simulated chip, the panel thread, the bench.
//!
//! This file holds what those tests share; the snapshots of every screen are in `scenes`.

mod bench_wire;
mod bytes;
mod contact_sheet;
mod driver;
mod golden;
mod layout;
mod life;
mod modules;
mod panel_thread;
mod pictures;
mod policy;
mod poster;
mod qr_glass;
mod qr_mutants;
mod scenes;
mod stand;
mod words;

use std::time::Duration;

use pairbox::view::{self, Format, Frame, Geometry};
use pairbox_chips::Picture;

use scenes::Scene;

/// Nothing here takes longer; whoever waits this long has failed.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a scene should look like.
fn frame_of(scene: &Scene) -> Frame {
    view::draw(&scene.snapshot, Format::OLED_128X64, scene.now)
}

/// A frame as if it were on glass.
fn as_picture(frame: &Frame) -> Picture {
    let Geometry { width, height } = frame.geometry();
    Picture::from_fn(width, height, |x, y| frame.is_lit(x, y))
}

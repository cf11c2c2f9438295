//! Pictures that show no account: the test cards of `pairbox panel-test`, and what stays on the glass
//! when the program ends.

use super::canvas::Canvas;
use super::face::Face;
use super::frame::{Format, Frame, Geometry, Medium};
use super::icon;
use super::text;

/// Test cards there are; a step beyond them starts again.
pub const TEST_CARD_STEPS: u32 = 4;

/// Pixels from one line of the grid to the next.
const GRID: u32 = 4;

/// Pixels on a side of the checker's fields.
const FIELD: u32 = 8;

/// What stays when the program ends: an OLED goes dark, paper says that nothing else will come.
#[must_use]
pub fn parting(format: Format) -> Frame {
    if format.medium == Medium::Oled {
        return Frame::new(format.geometry);
    }
    let mut canvas = Canvas::new(format);
    let (all, scale) = (canvas.all(), canvas.grid().icon);
    let side = icon::SIZE * scale;
    let words = "pairbox is off";
    let faces = canvas.grid().headline;
    let face = faces.iter().find(|face| face.width(words) <= all.width);
    let face = face.copied().unwrap_or(Face::Small);
    let gap = face.height() / 2;
    let top = all.height.saturating_sub(side + gap + face.height()) / 2;
    let middle = |width: u32| all.width.saturating_sub(width) / 2;
    canvas.icon(&icon::POWER, (middle(side), top), scale, true);
    canvas.text(words, face, (middle(face.width(words)), top + side + gap));
    canvas.into_frame()
}

/// A picture that makes a wrong panel, a wrong rotation and dead rows visible. Step 0: a checker in a
/// border that touches every edge, with the board's title; 1: all lit; 2: all dark; 3: a fine grid.
#[must_use]
pub fn test_card(format: Format, title: &str, step: u32) -> Frame {
    let mut frame = Frame::new(format.geometry);
    let (width, height) = (format.geometry.width, format.geometry.height);
    let lit = |x: u32, y: u32| match step % TEST_CARD_STEPS {
        0 => {
            x == 0
                || y == 0
                || x + 1 == width
                || y + 1 == height
                || (x / FIELD + y / FIELD).is_multiple_of(2)
        }
        1 => true,
        2 => false,
        _ => x.is_multiple_of(GRID) || y.is_multiple_of(GRID),
    };
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        frame.set(x, y, lit(x, y));
    }
    if step.is_multiple_of(TEST_CARD_STEPS) {
        title_box(&mut frame, title);
    }
    frame
}

/// Dark boxes for the board's title in the middle, and for which side is up.
fn title_box(frame: &mut Frame, title: &str) {
    let Geometry { width, height } = frame.geometry();
    let room = width.saturating_sub(2 * FIELD);
    let title = text::plain(title);
    let faces = [
        Face::LargeTwice,
        Face::NarrowTwice,
        Face::Large,
        Face::Bold,
        Face::Text,
    ];
    let face = faces.into_iter().find(|face| face.width(&title) <= room);
    let face = face.unwrap_or(Face::Small);
    let lines = text::wrap_within(&title, face.columns(room), 2);
    let top = height.saturating_sub(face.rows(lines.len())) / 2;
    boxed(frame, &lines, face, top);
    let up = Face::Small;
    if top > up.height() + FIELD / 2 {
        boxed(frame, &["top".to_owned()], up, 2);
    }
}

/// Lit lines in the middle of the width, on a dark ground.
fn boxed(frame: &mut Frame, lines: &[String], face: Face, top: u32) {
    let width = frame.geometry().width;
    let widest = lines.iter().map(|line| face.width(line)).max().unwrap_or(0) + 6;
    let corner = (width.saturating_sub(widest) / 2, top.saturating_sub(1));
    frame.fill(corner, (widest, face.rows(lines.len()) + 2), false);
    for (line, index) in lines.iter().zip(0..) {
        let left = width.saturating_sub(face.width(line)) / 2;
        face.draw(frame, line, (left, top + index * face.leading()), true);
    }
}

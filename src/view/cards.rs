//! Pictures that show no account: the test cards of `pairbox panel-test`, and what stays on the glass
//! when the program ends.

use embedded_graphics::pixelcolor::BinaryColor::{Off, On};

use super::frame::{Format, Frame, Medium};
use super::text::{self, Face};

/// Test cards there are; a step beyond them starts again.
pub const TEST_CARD_STEPS: u32 = 4;

/// Pixels from one line of the grid to the next.
const GRID: u32 = 4;

/// Pixels on a side of the checker's fields.
const FIELD: u32 = 8;

/// What stays when the program ends: an OLED goes dark, paper says that nothing else will come.
#[must_use]
pub fn parting(format: Format) -> Frame {
    let mut frame = Frame::new(format.geometry);
    if format.medium == Medium::Paper {
        let (width, height) = (format.geometry.width, format.geometry.height);
        frame.fill((0, 0), (width, height), true);
        let words = "pairbox is off";
        let face = Face::Large;
        let left = width.saturating_sub(face.width(words)) / 2;
        let top = height.saturating_sub(face.height()) / 2;
        text::line(&mut frame, words, face, (left, top), Off);
    }
    frame
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

fn title_box(frame: &mut Frame, title: &str) {
    let (width, height) = (frame.geometry().width, frame.geometry().height);
    let face = Face::Small;
    let room = width.saturating_sub(16);
    let lines = text::wrap_within(&text::plain(title), face.columns(room), 2);
    let rows = u32::try_from(lines.len()).unwrap_or(0) * face.leading();
    let top = height.saturating_sub(rows) / 2;
    frame.fill(
        (4, top.saturating_sub(2)),
        (width.saturating_sub(8), rows + 4),
        false,
    );
    for (line, index) in lines.iter().zip(0..) {
        let left = width.saturating_sub(face.width(line)) / 2;
        text::line(frame, line, face, (left, top + index * face.leading()), On);
    }
}

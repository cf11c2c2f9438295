//! The parts that screens share: headline, name, number, paragraph, call to action, bar.
//!
//! All measures of the status screens are here, so that every screen has the same grid: a headline
//! with its icon, a hairline, a body, and an optional footer. Widgets draw inside the content area
//! only, which leaves the last column and row to the wandering of the picture (see `view.rs`).

use embedded_graphics::Drawable;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::BinaryColor::{Off, On};
use embedded_graphics::primitives::{
    CornerRadii, Primitive, PrimitiveStyle, Rectangle, RoundedRectangle,
};

use super::frame::{Frame, Geometry};
use super::icon::{self, Icon};
use super::text::{self, Face};

/// The first column of everything.
pub const LEFT: u32 = 1;

/// Columns and rows at the right and bottom edge that stay free.
const WANDER_ROOM: u32 = 1;

/// The row of the line below the headline.
const HAIRLINE: u32 = 15;

/// The first row below headline and hairline.
pub const BODY_TOP: u32 = 19;

/// Rows of a name: two lines of running text, or one larger line.
pub const NAME: u32 = 20;

/// Rows of the call to action, its gap above included.
const FOOTER: u32 = 14;

/// From the headline's icon to its text: as it should be, and as it is when the text is long.
const ICON_GAPS: [u32; 2] = [5, 3];

/// Columns that screens may use, from [`LEFT`] on.
pub fn width(geometry: Geometry) -> u32 {
    geometry.width.saturating_sub(LEFT + WANDER_ROOM)
}

/// Rows that screens may use.
pub fn height(geometry: Geometry) -> u32 {
    geometry.height.saturating_sub(WANDER_ROOM)
}

/// The first row of the call to action: what stands above it ends here.
pub fn footer_top(geometry: Geometry) -> u32 {
    height(geometry).saturating_sub(FOOTER)
}

/// Draws the headline: an icon, the boldest face that fits beside it, a hairline below. A text too
/// long for that loses its icon.
pub fn headline(frame: &mut Frame, icon: &Icon, words: &str) {
    let width = width(frame.geometry());
    let words = text::plain(words);
    let beside = [Face::Bold, Face::Narrow].into_iter().find_map(|face| {
        let indents = ICON_GAPS.map(|gap| icon::SIZE + gap);
        let indent = indents
            .into_iter()
            .find(|indent| indent + face.width(&words) <= width)?;
        Some((face, indent))
    });
    if let Some((face, indent)) = beside {
        icon::draw(frame, icon, (LEFT, 1));
        text::line(frame, &words, face, (LEFT + indent, 0), On);
    } else {
        let face = Face::largest(&[Face::Narrow, Face::Small], &words, width);
        let words = text::shorten(&words, face.columns(width));
        text::line(frame, &words, face, (LEFT, 0), On);
    }
    frame.fill((LEFT, HAIRLINE), (width, 1), true);
}

/// Draws a name into the [`NAME`] rows from `top`: in the largest face that holds it in one line,
/// else in two lines of running text, the second cut off with dots when even that is too short.
pub fn name(frame: &mut Frame, name: &str, top: u32) {
    let width = width(frame.geometry());
    let name = text::plain(name);
    let face = Face::largest(&[Face::Large, Face::Bold, Face::Text], &name, width);
    let lines = text::wrap_within(&name, face.columns(width), 2);
    // A single line stands on the upper part of its room, nearer to what it heads.
    let indent = if lines.len() == 1 {
        (NAME - face.height()) / 2
    } else {
        0
    };
    for (line, index) in lines.iter().zip(0..) {
        let y = top + indent + index * face.height();
        text::line(frame, line, face, (LEFT, y), On);
    }
}

/// Draws the end of a phone number behind three dots that stand for the rest of it.
pub fn number(frame: &mut Frame, last4: &str, face: Face, y: u32) {
    const DOT: u32 = 2;
    let middle = y + face.height() / 2;
    let step = face.advance() / 2 + 1;
    for dot in 0..3 {
        frame.fill((LEFT + dot * step, middle), (DOT, DOT), true);
    }
    text::line(frame, last4, face, (LEFT + 3 * step + DOT, y), On);
}

/// Draws words between the rows `top` and `bottom`: in running text when all of it fits, else small,
/// and cut off with dots only when even that is too much.
pub fn paragraph(frame: &mut Frame, words: &str, top: u32, bottom: u32) {
    let width = width(frame.geometry());
    let words = text::plain(words);
    let height = bottom.saturating_sub(top);
    let rows = |face: Face| (height / face.leading()) as usize;
    let whole = text::wrap(&words, Face::Text.columns(width)).len() <= rows(Face::Text);
    let face = if whole { Face::Text } else { Face::Small };
    let lines = text::wrap_within(&words, face.columns(width), rows(face));
    for (line, index) in lines.iter().zip(0..) {
        let y = top + index * face.leading();
        text::line(frame, line, face, (LEFT, y), On);
    }
}

/// Draws what a press does, at the bottom: dark words on a lit pill, like a key cap.
pub fn footer(frame: &mut Frame, words: &str) {
    let geometry = frame.geometry();
    let words = text::plain(words);
    let face = Face::Text;
    let pill = Size::new((face.width(&words) + 12).min(width(geometry)), FOOTER - 1);
    let left = LEFT + (width(geometry) - pill.width) / 2;
    let top = footer_top(geometry) + 1;
    let corner = Point::new(left.cast_signed(), top.cast_signed());
    let shape = RoundedRectangle::new(
        Rectangle::new(corner, pill),
        CornerRadii::new(Size::new_equal(4)),
    );
    let Ok(()) = shape.into_styled(PrimitiveStyle::with_fill(On)).draw(frame);
    text::line(frame, &words, face, (left + 6, top + 2), Off);
}

/// Draws a framed bar, filled from the left by `filled` of its [`bar_steps`].
pub fn bar(
    frame: &mut Frame,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    filled: u32,
    lit: bool,
) {
    let inside = |border: u32| {
        let shrunk = |size: u32| size.saturating_sub(2 * border);
        ((x + border, y + border), (shrunk(width), shrunk(height)))
    };
    let (corner, size) = inside(0);
    frame.fill(corner, size, lit);
    let (corner, size) = inside(1);
    frame.fill(corner, size, !lit);
    let (corner, (steps, height)) = inside(2);
    frame.fill(corner, (filled.min(steps), height), lit);
}

/// Columns that fill a bar of this width.
pub fn bar_steps(width: u32) -> u32 {
    width.saturating_sub(4)
}

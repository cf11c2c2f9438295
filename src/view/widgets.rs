//! The parts that screens share: headline, paragraph, call to action, bar.
//!
//! All measures of the status screens are here, so that every screen has the same grid: a headline
//! with its icon, a hairline, a body, and an optional footer. Widgets draw inside the content area
//! only, which leaves the last column and row to the wandering of the picture (see `view.rs`).

use embedded_graphics::Drawable;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::BinaryColor::{self, Off, On};
use embedded_graphics::primitives::{
    CornerRadii, Primitive, PrimitiveStyle, Rectangle, RoundedRectangle,
};

use super::frame::{Frame, Geometry};
use super::icon::{self, Icon};
use super::text::{self, Face};

/// Columns and rows at the right and bottom edge that stay free.
const WANDER_ROOM: u32 = 1;

/// The first row below headline and hairline.
pub const BODY_TOP: u32 = 19;

/// Rows of the call to action, its gap above included.
const FOOTER: u32 = 14;

/// From the headline's icon to its text.
const ICON_GAP: u32 = 5;

/// Pixels between two lines of a paragraph.
const LEADING: u32 = 1;

/// Columns that screens may use.
pub fn width(geometry: Geometry) -> u32 {
    geometry.width.saturating_sub(WANDER_ROOM)
}

/// Rows that screens may use.
pub fn height(geometry: Geometry) -> u32 {
    geometry.height.saturating_sub(WANDER_ROOM)
}

/// The first row of the call to action: what stands above it ends here.
pub fn footer_top(geometry: Geometry) -> u32 {
    height(geometry).saturating_sub(FOOTER)
}

/// Draws the headline: an icon, the largest of the bold faces that fits beside it, a hairline below.
/// A text too long for that loses its icon first.
pub fn headline(frame: &mut Frame, icon: &Icon, words: &str) {
    let width = width(frame.geometry());
    let words = text::plain(words);
    let indent = icon::SIZE + ICON_GAP;
    let faces = [Face::Bold, Face::Narrow];
    let face = Face::largest(&faces, &words, width - indent);
    if face.width(&words) <= width - indent {
        icon::draw(frame, icon, (0, 1));
        text::line(frame, &words, face, (indent, 0), On);
    } else {
        let face = Face::largest(&[Face::Narrow, Face::Small], &words, width);
        let words = text::shorten(&words, face.columns(width));
        text::line(frame, &words, face, (0, 0), On);
    }
    fill(frame, (0, BODY_TOP - 4), (width, 1), On);
}

/// Draws a name at `y` in the largest face that holds it whole, or shortened in the smallest.
/// Returns the row below it.
pub fn name(frame: &mut Frame, name: &str, y: u32) -> u32 {
    let width = width(frame.geometry());
    let name = text::plain(name);
    let face = Face::largest(&[Face::Large, Face::Bold, Face::Text], &name, width);
    let name = text::shorten(&name, face.columns(width));
    text::line(frame, &name, face, (0, y), On);
    y + face.height()
}

/// Draws words between `top` and `bottom`: in running text when all of it fits, else small, and cut
/// off with dots only when even that is too much.
pub fn paragraph(frame: &mut Frame, words: &str, top: u32, bottom: u32) {
    let width = width(frame.geometry());
    let words = text::plain(words);
    let rows =
        |face: Face| ((bottom.saturating_sub(top) + LEADING) / (face.height() + LEADING)) as usize;
    let whole = text::wrap(&words, Face::Text.columns(width)).len() <= rows(Face::Text);
    let face = if whole { Face::Text } else { Face::Small };
    let lines = text::wrap_within(&words, face.columns(width), rows(face));
    for (line, index) in lines.iter().zip(0..) {
        let y = top + index * (face.height() + LEADING);
        text::line(frame, line, face, (0, y), On);
    }
}

/// Draws what a press does, at the bottom: dark words on a lit pill, like a key cap.
pub fn footer(frame: &mut Frame, words: &str) {
    let geometry = frame.geometry();
    let words = text::plain(words);
    let face = Face::Text;
    let pill = Size::new((face.width(&words) + 12).min(width(geometry)), FOOTER - 1);
    let left = (width(geometry) - pill.width) / 2;
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
    color: BinaryColor,
) {
    let corner = Point::new(x.cast_signed(), y.cast_signed());
    let outline = Rectangle::new(corner, Size::new(width, height));
    let Ok(()) = outline
        .into_styled(PrimitiveStyle::with_stroke(color, 1))
        .draw(frame);
    fill(
        frame,
        (x + 2, y + 2),
        (filled.min(bar_steps(width)), height - 4),
        color,
    );
}

/// Columns that fill a bar of this width.
pub fn bar_steps(width: u32) -> u32 {
    width.saturating_sub(4)
}

/// Fills a rectangle.
pub fn fill(
    frame: &mut Frame,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    color: BinaryColor,
) {
    let corner = Point::new(x.cast_signed(), y.cast_signed());
    let area = Rectangle::new(corner, Size::new(width, height));
    let Ok(()) = area
        .into_styled(PrimitiveStyle::with_fill(color))
        .draw(frame);
}

//! The faces text is set in: the ISO 8859-1 sets of `embedded-graphics`, four of them doubled, and one
//! doubled twice.
//!
//! A doubled glyph has its corners rounded (Scale2x), so that it is crisp without looking like
//! bricks. What is written, and where it breaks, is `text.rs`.

use embedded_graphics::Drawable;
use embedded_graphics::geometry::Point;
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_4X6, FONT_5X8, FONT_6X10, FONT_6X13, FONT_7X13, FONT_7X13_BOLD, FONT_8X13, FONT_9X15,
    FONT_9X15_BOLD, FONT_9X18_BOLD, FONT_10X20,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};

use super::frame::{Frame, Geometry};

/// A font with the name of its job. Sizes are cell sizes in pixels; capitals are 2 to 4 rows lower
/// (doubled: 8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// 4x6: addresses that fit no other way.
    Tiny,
    /// 5x8: long advice.
    Small,
    /// 6x10: running text.
    Text,
    /// 6x13: long headlines.
    Narrow,
    /// 7x13: running text where there is room.
    Roomy,
    /// 8x13: the same, wider.
    Wide,
    /// 7x13 bold: headlines.
    Bold,
    /// 9x15: running text of paper.
    Book,
    /// 9x15 bold: names and numbers.
    Large,
    /// 9x18 bold: headlines of paper.
    Tall,
    /// 10x20: running text of large paper.
    Giant,
    /// 6x13, doubled: codes, and headlines that are too long for bold ones.
    NarrowTwice,
    /// 7x13 bold, doubled.
    BoldTwice,
    /// 9x15 bold, doubled.
    LargeTwice,
    /// 10x20, doubled: names on large paper.
    GiantTwice,
    /// 10x20, doubled twice: codes to read from across the room.
    GiantFour,
}

impl Face {
    /// The font, and the pixels on a side of each of its pixels.
    fn font(self) -> (&'static MonoFont<'static>, u32) {
        match self {
            Self::Tiny => (&FONT_4X6, 1),
            Self::Small => (&FONT_5X8, 1),
            Self::Text => (&FONT_6X10, 1),
            Self::Narrow => (&FONT_6X13, 1),
            Self::Roomy => (&FONT_7X13, 1),
            Self::Wide => (&FONT_8X13, 1),
            Self::Bold => (&FONT_7X13_BOLD, 1),
            Self::Book => (&FONT_9X15, 1),
            Self::Large => (&FONT_9X15_BOLD, 1),
            Self::Tall => (&FONT_9X18_BOLD, 1),
            Self::Giant => (&FONT_10X20, 1),
            Self::NarrowTwice => (&FONT_6X13, 2),
            Self::BoldTwice => (&FONT_7X13_BOLD, 2),
            Self::LargeTwice => (&FONT_9X15_BOLD, 2),
            Self::GiantTwice => (&FONT_10X20, 2),
            Self::GiantFour => (&FONT_10X20, 4),
        }
    }

    /// Rows of a line.
    pub fn height(self) -> u32 {
        let (font, scale) = self.font();
        font.character_size.height * scale
    }

    /// Pixels from one line of a paragraph to the next.
    pub fn leading(self) -> u32 {
        match self {
            // Their descenders leave a row free as it is.
            Self::Tiny | Self::Small => self.height(),
            _ => self.height() + 1,
        }
    }

    /// Rows that so many lines take.
    pub fn rows(self, lines: usize) -> u32 {
        match u32::try_from(lines) {
            Ok(0) | Err(_) => 0,
            Ok(lines) => (lines - 1) * self.leading() + self.height(),
        }
    }

    /// Lines that fit so many rows.
    pub fn lines(self, rows: u32) -> usize {
        let between = self.leading() - self.height();
        ((rows + between) / self.leading()) as usize
    }

    /// Pixels from one character to the next.
    pub fn advance(self) -> u32 {
        let (font, scale) = self.font();
        (font.character_size.width + font.character_spacing) * scale
    }

    /// Characters that fit `width` pixels.
    pub fn columns(self, width: u32) -> usize {
        (width / self.advance()) as usize
    }

    /// Pixels a text of [`super::text::plain`] takes.
    pub fn width(self, text: &str) -> u32 {
        u32::try_from(text.chars().count())
            .unwrap_or(u32::MAX)
            .saturating_mul(self.advance())
    }

    /// Draws a line with its cell's top left corner at `(x, y)`.
    pub fn draw(self, frame: &mut Frame, text: &str, (x, y): (u32, u32), lit: bool) {
        let (font, scale) = self.font();
        if scale == 1 {
            let style = MonoTextStyle::new(font, BinaryColor::from(lit));
            let corner = Point::new(x.cast_signed(), y.cast_signed());
            let Ok(_) = Text::with_baseline(text, corner, style, Baseline::Top).draw(frame);
            return;
        }
        for (index, glyph) in text.chars().enumerate() {
            let left = x + u32::try_from(index).unwrap_or(u32::MAX) * self.advance();
            enlarged(font, glyph, scale, |column, row| {
                frame.set(left + column, y + row, lit);
            });
        }
    }

    /// Whether the face has a glyph of its own for the character.
    #[cfg(test)]
    pub fn knows(self, c: char) -> bool {
        let mapping = self.font().0.glyph_mapping;
        c == '?' || mapping.index(c) != mapping.index('?')
    }
}

/// Calls `ink` with every pixel of a glyph drawn twice as large, or four times.
fn enlarged(font: &'static MonoFont<'static>, glyph: char, scale: u32, ink: impl FnMut(u32, u32)) {
    let (width, height) = (font.character_size.width, font.character_size.height);
    let mut small = Frame::new(Geometry { width, height });
    let style = MonoTextStyle::new(font, BinaryColor::On);
    let mut buffer = [0; 4];
    let glyph: &str = glyph.encode_utf8(&mut buffer);
    let Ok(_) = Text::with_baseline(glyph, Point::zero(), style, Baseline::Top).draw(&mut small);
    if scale <= 2 {
        return smooth_twice(&small, ink);
    }
    let mut larger = Frame::new(Geometry {
        width: 2 * width,
        height: 2 * height,
    });
    smooth_twice(&small, |x, y| larger.set(x, y, true));
    smooth_twice(&larger, ink);
}

/// Calls `ink` with every lit pixel of a picture twice as large, its stairs smoothed: Scale2x, by which
/// a quarter of a pixel takes the colour of the two neighbours it touches where those agree and the
/// two opposite them do not.
pub fn smooth_twice(small: &Frame, mut ink: impl FnMut(u32, u32)) {
    let Geometry { width, height } = small.geometry();
    let at = |x: Option<u32>, y: Option<u32>| match (x, y) {
        (Some(x), Some(y)) => small.is_lit(x, y),
        _ => false,
    };
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let own = small.is_lit(x, y);
        let (up, down) = (at(Some(x), y.checked_sub(1)), at(Some(x), Some(y + 1)));
        let (left, right) = (at(x.checked_sub(1), Some(y)), at(Some(x + 1), Some(y)));
        let smooth = up != down && left != right;
        let quarter = |beside: bool, above: bool| {
            if smooth && beside == above {
                above
            } else {
                own
            }
        };
        let quarters = [
            (0, 0, quarter(left, up)),
            (1, 0, quarter(right, up)),
            (0, 1, quarter(left, down)),
            (1, 1, quarter(right, down)),
        ];
        for (dx, dy, on) in quarters {
            if on {
                ink(2 * x + dx, 2 * y + dy);
            }
        }
    }
}

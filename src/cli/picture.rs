//! Pictures made of half blocks, two pixels a character. Pure.
//!
//! A QR has to be dark on light whatever the terminal's colours are, so on a terminal it brings its
//! own two. Without colours (a pipe, a file) it is drawn for a dark background, as most terminals
//! have: light modules are the blocks.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_8X13_BOLD;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Pixel, Point, Size};
use embedded_graphics::text::{Baseline, Text};

use super::ink::Ink;
use crate::view::qr;

/// Light modules around a code: the standard wants four; a terminal that leaves a line between two
/// rows of text, or has a dark frame, needs each of them.
const QUIET: u32 = 4;

/// Black on white of the 256 colours, which no theme changes (it changes the first 16).
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const AS_BEFORE: &str = "\x1b[0m";

/// Pixels, each set or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    set: Vec<bool>,
}

impl Picture {
    fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            set: vec![false; (width * height) as usize],
        }
    }

    /// The smallest code that holds the text, with its quiet zone; set is dark. `None` for a text that
    /// no QR holds.
    #[must_use]
    pub fn qr(text: &str) -> Option<Self> {
        let sizes = (1..=40).map(|version| 17 + 4 * version);
        let code = sizes
            .into_iter()
            .find_map(|size| qr::encode(text.as_bytes(), size))?;
        let side = code.size + 2 * QUIET;
        let mut picture = Self::new(side, side);
        for y in 0..code.size {
            for x in 0..code.size {
                picture.put(x + QUIET, y + QUIET, code.dark(x, y));
            }
        }
        Some(picture)
    }

    /// Large letters, 8 by 13; set is ink.
    #[must_use]
    pub fn words(text: &str) -> Self {
        let columns = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let mut picture = Self::new(columns.min(100) * 8, 13);
        let style = MonoTextStyle::new(&FONT_8X13_BOLD, BinaryColor::On);
        let text = Text::with_baseline(text, Point::zero(), style, Baseline::Top);
        match text.draw(&mut picture) {
            Ok(_) => picture,
            Err(never) => match never {},
        }
    }

    /// Columns and rows of characters.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height.div_ceil(2))
    }

    fn is_set(&self, x: u32, y: u32) -> bool {
        // Below an odd height there is nothing.
        y < self.height && self.set[(y * self.width + x) as usize]
    }

    fn put(&mut self, x: u32, y: u32, set: bool) {
        self.set[(y * self.width + x) as usize] = set;
    }

    /// As lines: set is ink, in the terminal's own colours.
    #[must_use]
    pub fn drawn(&self) -> Vec<String> {
        self.lines(|x, y| self.is_set(x, y))
    }

    /// As lines: set is dark, the rest light, on any terminal with `Ink::Colour`, on a dark one
    /// without.
    #[must_use]
    pub fn dark_on_light(&self, ink: Ink) -> Vec<String> {
        match ink {
            Ink::Plain => self.lines(|x, y| y < self.height && !self.is_set(x, y)),
            Ink::Colour => self
                .drawn()
                .into_iter()
                .map(|line| format!("{BLACK_ON_WHITE}{line}{AS_BEFORE}"))
                .collect(),
        }
    }

    fn lines(&self, filled: impl Fn(u32, u32) -> bool) -> Vec<String> {
        let block = |x, y| match (filled(x, y), filled(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        let rows = (0..self.height).step_by(2);
        rows.map(|y| (0..self.width).map(|x| block(x, y)).collect())
            .collect()
    }
}

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

impl DrawTarget for Picture {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        for Pixel(at, color) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y))
                && x < self.width
                && y < self.height
            {
                self.put(x, y, color.is_on());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_as_small_as_it_can_be() {
        // What pairing texts are like: 239 bytes (HARDWARE.md 1.2) need version 10 at L, 57 modules.
        let picture = Picture::qr(&"x".repeat(239)).unwrap();
        assert_eq!(Picture::size(&picture), (65, 33));
        assert!(Picture::qr(&"x".repeat(3000)).is_none());
    }

    #[test]
    fn polarity() {
        let picture = Picture::qr("x").unwrap();
        let plain = picture.dark_on_light(Ink::Plain);
        let colour = picture.dark_on_light(Ink::Colour);
        // The quiet zone: blocks without colours, paper with them.
        assert!(plain[0].chars().all(|c| c == '█'), "{}", plain[0]);
        let paper = colour[0]
            .strip_prefix(BLACK_ON_WHITE)
            .and_then(|line| line.strip_suffix(AS_BEFORE))
            .unwrap();
        assert!(paper.chars().all(|c| c == ' '), "{paper}");
        // The corner mark begins after it, dark.
        assert_eq!(plain[2].chars().nth(4), Some(' '));
        assert!(colour[2].contains("    █"));
    }

    #[test]
    fn letters_are_large() {
        let picture = Picture::words("ABCD-1234");
        assert_eq!(Picture::size(&picture), (72, 7));
        let lines = picture.drawn();
        assert!(lines.iter().any(|line| line.contains('█')));
        assert_eq!(Picture::words("").drawn().len(), 7);
    }
}

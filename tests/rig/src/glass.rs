//! Reads what the chip shows: words, as an eye would find them.
//!
//! The pixels come from the chip model, not from the program's frame. A word counts as shown when its
//! glyphs, in any of the fonts a panel of this size can carry, stand somewhere on the glass: lit on
//! dark or dark on lit.

use std::convert::Infallible;

use embedded_graphics::mono_font::iso_8859_1::{
    FONT_5X8, FONT_6X10, FONT_6X13_BOLD, FONT_7X13_BOLD, FONT_9X15_BOLD,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use embedded_graphics::text::{Baseline, Text};
use pairbox_chips::Picture;

const FONTS: [&MonoFont<'static>; 5] = [
    &FONT_5X8,
    &FONT_6X10,
    &FONT_6X13_BOLD,
    &FONT_7X13_BOLD,
    &FONT_9X15_BOLD,
];

/// Whether `words` stand somewhere on the glass, in one line.
#[must_use]
pub fn shows(picture: &Picture, words: &str) -> bool {
    FONTS.iter().any(|font| {
        let stamp = Stamp::of(words, font);
        stamp.is_on(picture, true) || stamp.is_on(picture, false)
    })
}

/// The glyphs of a text as a small bitmap.
struct Stamp {
    width: u32,
    height: u32,
    lit: Vec<bool>,
}

impl Stamp {
    fn of(words: &str, font: &MonoFont<'static>) -> Self {
        let letters = u32::try_from(words.chars().count()).unwrap_or(0);
        let width = letters * (font.character_size.width + font.character_spacing);
        let height = font.character_size.height;
        let mut stamp = Self {
            width,
            height,
            lit: vec![false; (width * height) as usize],
        };
        let style = MonoTextStyle::new(font, BinaryColor::On);
        let Ok(_) =
            Text::with_baseline(words, Point::zero(), style, Baseline::Top).draw(&mut stamp);
        stamp
    }

    fn is_on(&self, picture: &Picture, lit: bool) -> bool {
        if self.width > picture.width() || self.height > picture.height() {
            return false;
        }
        (0..=picture.height() - self.height).any(|top| {
            (0..=picture.width() - self.width).any(|left| self.is_at(picture, left, top, lit))
        })
    }

    fn is_at(&self, picture: &Picture, left: u32, top: u32, lit: bool) -> bool {
        (0..self.height).all(|y| {
            (0..self.width).all(|x| {
                let ink = self.lit[(y * self.width + x) as usize];
                picture.lit(left + x, top + y) == (ink == lit)
            })
        })
    }
}

impl OriginDimensions for Stamp {
    fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

impl DrawTarget for Stamp {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        let area = self.bounding_box();
        for Pixel(at, color) in pixels {
            if area.contains(at) {
                // Inside the area both coordinates are non-negative.
                let at = at.y.unsigned_abs() * self.width + at.x.unsigned_abs();
                self.lit[at as usize] = color.is_on();
            }
        }
        Ok(())
    }
}

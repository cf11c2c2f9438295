//! Whether a picture shows some words: they are set in every font pairbox uses and looked for, pixel
//! by pixel, lit on dark and dark on lit.
//!
//! Exact by design: words that run into something else, or are cut off, are not found.

use std::convert::Infallible;

use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_4X6, FONT_5X8, FONT_6X10, FONT_6X13, FONT_7X13, FONT_7X13_BOLD, FONT_8X13, FONT_9X15,
    FONT_9X15_BOLD, FONT_9X18_BOLD, FONT_10X20,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};
use embedded_graphics::{Drawable, Pixel, draw_target::DrawTarget};

use crate::picture::Picture;

/// The fonts, each with how often it is doubled.
const FONTS: [(&MonoFont<'static>, u32); 16] = [
    (&FONT_4X6, 0),
    (&FONT_5X8, 0),
    (&FONT_6X10, 0),
    (&FONT_6X13, 0),
    (&FONT_7X13, 0),
    (&FONT_7X13_BOLD, 0),
    (&FONT_8X13, 0),
    (&FONT_9X15, 0),
    (&FONT_9X15_BOLD, 0),
    (&FONT_9X18_BOLD, 0),
    (&FONT_10X20, 0),
    (&FONT_6X13, 1),
    (&FONT_7X13_BOLD, 1),
    (&FONT_9X15_BOLD, 1),
    (&FONT_10X20, 1),
    (&FONT_10X20, 2),
];

impl Picture {
    /// Whether these words stand somewhere on the picture, in one line.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        FONTS.iter().any(|(font, doubled)| {
            let ink = match *doubled {
                0 => Ink::of(words, font),
                times => Ink::doubled(words, font, times),
            };
            let corners = (0..(self.height() + 1).saturating_sub(ink.height)).flat_map(|y| {
                (0..(self.width() + 1).saturating_sub(ink.width)).map(move |x| (x, y))
            });
            ink.width > 0
                && corners.into_iter().any(|(left, top)| {
                    [true, false].into_iter().any(|lit| {
                        let mut pixels = ink.pixels();
                        pixels.all(|(x, y, on)| self.lit(left + x, top + y) == (on == lit))
                    })
                })
        })
    }
}

/// Words set in a font, cut to the box that holds all their ink.
struct Ink {
    width: u32,
    height: u32,
    on: Vec<bool>,
}

impl Ink {
    fn of(words: &str, font: &'static MonoFont<'static>) -> Self {
        let mut canvas = Canvas(Vec::new());
        let style = MonoTextStyle::new(font, BinaryColor::On);
        let Ok(_) =
            Text::with_baseline(words, Point::zero(), style, Baseline::Top).draw(&mut canvas);
        Self::from_points(&canvas.0)
    }

    /// Every glyph twice as large, so many times, by the rule of Scale2x within its cell.
    fn doubled(words: &str, font: &'static MonoFont<'static>, times: u32) -> Self {
        let advance = (font.character_size.width + font.character_spacing).cast_signed() << times;
        let cell = (
            font.character_size.width.cast_signed(),
            font.character_size.height.cast_signed(),
        );
        let mut points = Vec::new();
        for (glyph, index) in words.chars().zip(0..) {
            let mut canvas = Canvas(Vec::new());
            let style = MonoTextStyle::new(font, BinaryColor::On);
            let Ok(_) =
                Text::with_baseline(&glyph.to_string(), Point::zero(), style, Baseline::Top)
                    .draw(&mut canvas);
            let glyph = (0..times).fold(canvas.0, |points, time| {
                twice(&points, (cell.0 << time, cell.1 << time))
            });
            let shift = Point::new(index * advance, 0);
            points.extend(glyph.into_iter().map(|point| point + shift));
        }
        Self::from_points(&points)
    }

    fn from_points(points: &[Point]) -> Self {
        let range = |of: fn(&Point) -> i32| {
            let first = points.iter().map(of).min().unwrap_or(0);
            let last = points.iter().map(of).max().unwrap_or(-1);
            (first, (last - first + 1).cast_unsigned())
        };
        let ((left, width), (top, height)) = (range(|point| point.x), range(|point| point.y));
        let mut on = vec![false; (width * height) as usize];
        for point in points {
            let (x, y) = (
                (point.x - left).cast_unsigned(),
                (point.y - top).cast_unsigned(),
            );
            on[(y * width + x) as usize] = true;
        }
        Self { width, height, on }
    }

    fn pixels(&self) -> impl Iterator<Item = (u32, u32, bool)> {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        places.zip(&self.on).map(|((x, y), on)| (x, y, *on))
    }
}

/// The points of a cell twice as large, by the rule of Scale2x.
fn twice(points: &[Point], (width, height): (i32, i32)) -> Vec<Point> {
    let mut lit = vec![false; (width * height).cast_unsigned() as usize];
    for Point { x, y } in points {
        lit[(y * width + x).cast_unsigned() as usize] = true;
    }
    let is = |x: i32, y: i32| {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        inside && lit[(y * width + x).cast_unsigned() as usize]
    };
    let mut larger = Vec::new();
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let (above, right) = (is(x, y - 1), is(x + 1, y));
        let (left, below) = (is(x - 1, y), is(x, y + 1));
        let corner = |this: bool, that: bool, other: bool, another: bool| {
            let smooth = this == that && this != other && that != another;
            if smooth { this } else { is(x, y) }
        };
        let quarters = [
            (0, 0, corner(left, above, below, right)),
            (1, 0, corner(above, right, left, below)),
            (0, 1, corner(below, left, right, above)),
            (1, 1, corner(right, below, above, left)),
        ];
        for (dx, dy, _) in quarters.into_iter().filter(|(_, _, on)| *on) {
            larger.push(Point::new(2 * x + dx, 2 * y + dy));
        }
    }
    larger
}

/// Collects the points that are inked.
struct Canvas(Vec<Point>);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(4096, 64)
    }
}

impl DrawTarget for Canvas {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        let inked = pixels.into_iter().filter(|Pixel(_, color)| color.is_on());
        self.0.extend(inked.map(|Pixel(point, _)| point));
        Ok(())
    }
}

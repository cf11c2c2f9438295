//! A one-bit picture of the panel's size: what every screen draws into.
//!
//! Only storage and pixel access belong here; how a frame reaches glass is `panel/`. Drawing cannot
//! fail: pixels outside the frame are dropped, as `embedded-graphics` asks of a [`DrawTarget`].

use std::convert::Infallible;
use std::fmt;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Size};
use embedded_graphics::pixelcolor::BinaryColor;

/// The size of a panel in pixels, as a person looks at it (after rotation).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Geometry {
    /// The common OLED modules: SSD1306, SH1106 and SSD1309 boards from 0.96" to 2.42".
    pub const OLED_128X64: Self = Self {
        width: 128,
        height: 64,
    };
}

/// What a panel is made of, as far as pictures depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Medium {
    /// Shines: lit on dark, may move every second, wears where it is lit.
    Oled,
    /// E-paper: dark on light, keeps its picture without power, and takes seconds and some of its
    /// life for every change, so that nothing on it moves by itself.
    Paper,
}

/// Size and kind of a panel: what a picture is drawn for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Its size.
    pub geometry: Geometry,
    /// What it is made of.
    pub medium: Medium,
}

impl Format {
    /// The common OLED modules.
    pub const OLED_128X64: Self = Self::oled(128, 64);

    /// An OLED of this size.
    #[must_use]
    pub const fn oled(width: u32, height: u32) -> Self {
        Self {
            geometry: Geometry { width, height },
            medium: Medium::Oled,
        }
    }

    /// An e-paper panel of this size.
    #[must_use]
    pub const fn paper(width: u32, height: u32) -> Self {
        Self {
            geometry: Geometry { width, height },
            medium: Medium::Paper,
        }
    }
}

/// One picture. Row-major, 8 pixels a byte, leftmost in the highest bit, 1 = lit; every row starts
/// on a byte, and the bits beyond the width are 0, so that equal pictures are equal bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    geometry: Geometry,
    bytes: Vec<u8>,
}

impl Frame {
    /// A dark frame.
    #[must_use]
    pub fn new(geometry: Geometry) -> Self {
        let stride = geometry.width.div_ceil(8) as usize;
        Self {
            geometry,
            bytes: vec![0; stride * geometry.height as usize],
        }
    }

    /// Its size.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Whether the pixel is lit; `false` outside the frame.
    #[must_use]
    pub fn is_lit(&self, x: u32, y: u32) -> bool {
        self.place(x, y)
            .is_some_and(|(index, mask)| self.bytes[index] & mask != 0)
    }

    /// Lights or darkens a pixel; nothing happens outside the frame.
    pub fn set(&mut self, x: u32, y: u32, lit: bool) {
        if let Some((index, mask)) = self.place(x, y) {
            if lit {
                self.bytes[index] |= mask;
            } else {
                self.bytes[index] &= !mask;
            }
        }
    }

    /// Lights or darkens a rectangle, as far as it lies inside the frame.
    pub fn fill(&mut self, (x, y): (u32, u32), (width, height): (u32, u32), lit: bool) {
        let right = x.saturating_add(width).min(self.geometry.width);
        let bottom = y.saturating_add(height).min(self.geometry.height);
        // The pixels of a row from `x` to `right`, a byte at a time.
        for y in y..bottom {
            let mut x = x;
            while x < right {
                let end = (x / 8 * 8 + 8).min(right);
                let past_end = 0xff_u8.checked_shr(end - x / 8 * 8).unwrap_or(0);
                let mask = (0xff >> (x % 8)) & !past_end;
                if let Some((index, _)) = self.place(x, y) {
                    if lit {
                        self.bytes[index] |= mask;
                    } else {
                        self.bytes[index] &= !mask;
                    }
                }
                x = end;
            }
        }
    }

    /// The same picture `right` and `down` by so many pixels; what leaves the frame is lost.
    #[must_use]
    pub fn shifted(self, right: u32, down: u32) -> Self {
        if (right, down) == (0, 0) {
            return self;
        }
        let mut shifted = Self::new(self.geometry);
        for y in down..self.geometry.height {
            for x in right..self.geometry.width {
                shifted.set(x, y, self.is_lit(x - right, y - down));
            }
        }
        shifted
    }

    /// The rows from top to bottom, packed as the type says.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        // A frame without columns has no bytes; `chunks_exact` refuses a size of 0.
        let stride = (self.geometry.width.div_ceil(8) as usize).max(1);
        self.bytes.chunks_exact(stride)
    }

    /// All rows in one piece, packed as the type says.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Byte and bit of a pixel, unless it lies outside.
    fn place(&self, x: u32, y: u32) -> Option<(usize, u8)> {
        let Geometry { width, height } = self.geometry;
        (x < width && y < height).then(|| {
            let index = y as usize * width.div_ceil(8) as usize + x as usize / 8;
            (index, 0x80 >> (x % 8))
        })
    }
}

impl OriginDimensions for Frame {
    fn size(&self) -> Size {
        Size::new(self.geometry.width, self.geometry.height)
    }
}

impl DrawTarget for Frame {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        for Pixel(point, color) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(point.x), u32::try_from(point.y)) {
                self.set(x, y, color.is_on());
            }
        }
        Ok(())
    }
}

/// The size and how many pixels are lit: a frame can hold a QR, and a QR is a credential.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lit: u32 = self.bytes.iter().map(|byte| byte.count_ones()).sum();
        let Geometry { width, height } = self.geometry;
        write!(f, "Frame({width}x{height}, {lit} lit)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_land_where_the_layout_says() {
        let mut frame = Frame::new(Geometry {
            width: 10,
            height: 2,
        });
        frame.set(0, 0, true);
        frame.set(9, 1, true);
        frame.set(10, 1, true);
        frame.set(0, 2, true);
        assert_eq!(frame.as_bytes(), [0x80, 0x00, 0x00, 0x40]);
        assert!(frame.is_lit(9, 1) && !frame.is_lit(10, 1) && !frame.is_lit(8, 1));
        frame.set(9, 1, false);
        assert_eq!(frame.rows().last(), Some([0x00, 0x00].as_slice()));
    }

    #[test]
    fn a_filled_rectangle_is_its_pixels() {
        let geometry = Geometry {
            width: 29,
            height: 2,
        };
        for (left, right) in (0..30).flat_map(|left| (left..32).map(move |right| (left, right))) {
            for lit in [true, false] {
                let mut filled = Frame::new(geometry);
                filled.fill((0, 0), (29, 2), !lit);
                filled.fill((left, 1), (right - left, 1), lit);
                for x in 0..29 {
                    assert_eq!(filled.is_lit(x, 1) == lit, (left..right).contains(&x));
                    assert_eq!(filled.is_lit(x, 0), !lit);
                }
            }
        }
    }

    #[test]
    fn debug_does_not_show_the_picture() {
        let mut frame = Frame::new(Geometry::OLED_128X64);
        frame.set(3, 4, true);
        assert_eq!(format!("{frame:?}"), "Frame(128x64, 1 lit)");
    }
}

//! What a person sees on a panel: a grid of lit and dark pixels, with PNG in and out.
//!
//! Brightness is not part of it; ask the chip for its contrast.

use std::fmt;
use std::io::Cursor;

/// A picture as seen on the glass, rotation and remapping already applied by the chip.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    lit: Vec<bool>,
}

impl Picture {
    /// Asks `lit` about every pixel.
    pub fn from_fn(width: u32, height: u32, mut lit: impl FnMut(u32, u32) -> bool) -> Self {
        let lit = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| lit(x, y))
            .collect();
        Self { width, height, lit }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether a pixel is lit; the bezel around the picture is dark.
    #[must_use]
    pub fn lit(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.lit[(y * self.width + x) as usize]
    }

    /// How many pixels are lit.
    #[must_use]
    pub fn lit_count(&self) -> usize {
        self.lit.iter().filter(|lit| **lit).count()
    }

    /// Nothing is lit.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        self.lit_count() == 0
    }

    /// The same glass, all dark unless it has its supply: what an OLED that was pulled out shows.
    pub(crate) fn lit_if(self, supplied: bool) -> Self {
        if supplied {
            return self;
        }
        Self::from_fn(self.width(), self.height(), |_, _| false)
    }

    /// The picture turned anticlockwise by so many quarters of a turn.
    #[must_use]
    pub fn turned(&self, quarters: u32) -> Self {
        match quarters % 4 {
            0 => self.clone(),
            // What was the right edge is the upper one.
            1 => Self::from_fn(self.height, self.width, |x, y| {
                self.lit(self.width - 1 - y, x)
            }),
            2 => Self::from_fn(self.width, self.height, |x, y| {
                self.lit(self.width - 1 - x, self.height - 1 - y)
            }),
            _ => Self::from_fn(self.height, self.width, |x, y| {
                self.lit(y, self.height - 1 - x)
            }),
        }
    }

    /// A one-bit greyscale PNG, every pixel `scale` pixels wide and high.
    ///
    /// # Panics
    /// When `scale` is 0.
    #[must_use]
    pub fn to_png(&self, scale: u32) -> Vec<u8> {
        assert!(scale > 0, "a picture cannot be scaled to nothing");
        let (width, height) = (self.width * scale, self.height * scale);
        let mut rows = Vec::new();
        for y in 0..height {
            for left in (0..width).step_by(8) {
                let byte = (0..8).fold(0u8, |byte, bit| {
                    let x = left + bit;
                    let lit = x < width && self.lit(x / scale, y / scale);
                    byte << 1 | u8::from(lit)
                });
                rows.push(byte);
            }
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&rows));
        assert!(
            written.is_ok(),
            "writing to memory cannot fail: {written:?}"
        );
        file
    }

    /// Reads a PNG of greyscale pixels; the lighter half counts as lit.
    ///
    /// # Errors
    /// What the PNG decoder says, or that the file is not greyscale.
    pub fn from_png(file: &[u8]) -> Result<Self, PngError> {
        let mut decoder = png::Decoder::new(Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info()?;
        let size = reader.output_buffer_size().ok_or(PngError::NotGreyscale)?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels)?;
        if info.color_type != png::ColorType::Grayscale {
            return Err(PngError::NotGreyscale);
        }
        let lit = |x, y| pixels[y as usize * info.line_size + x as usize] > 127;
        Ok(Self::from_fn(info.width, info.height, lit))
    }
}

/// Why a file is not a picture.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// Not a PNG, or a broken one.
    #[error("not a readable PNG: {0}")]
    Broken(#[from] png::DecodingError),
    /// A PNG with colours or transparency.
    #[error("not a greyscale PNG")]
    NotGreyscale,
}

/// Two rows of pixels a line, as block characters: what a failing test prints.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for y in (0..self.height).step_by(2) {
            for x in 0..self.width {
                let block = match (self.lit(x, y), self.lit(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                };
                write!(f, "{block}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Picture {}x{}, {} lit",
            self.width,
            self.height,
            self.lit_count()
        )?;
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_keeps_every_pixel() {
        let picture = Picture::from_fn(13, 5, |x, y| (x * 7 + y * 3) % 4 == 0);
        assert_eq!(Picture::from_png(&picture.to_png(1)).unwrap(), picture);
        let large = Picture::from_png(&picture.to_png(3)).unwrap();
        assert_eq!((large.width(), large.height()), (39, 15));
        assert_eq!(large.lit_count(), picture.lit_count() * 9);
    }
}

//! A [`Frame`] as a PNG: for the page, and for pictures in documents.
//!
//! One bit a pixel, lit is white. At 128x64 the file has a few hundred bytes.

use crate::view::Frame;

/// The frame as a PNG file, every pixel `scale` (at least 1) pixels wide and high.
///
/// # Errors
/// A frame without pixels: PNG has no such thing.
pub fn encode(frame: &Frame, scale: u32) -> Result<Vec<u8>, png::EncodingError> {
    let scale = scale.max(1);
    let geometry = frame.geometry();
    let (width, height) = (geometry.width * scale, geometry.height * scale);
    let mut rows = Vec::with_capacity((width.div_ceil(8) * height) as usize);
    for y in 0..height {
        for left in (0..width).step_by(8) {
            let byte = (left..left + 8).fold(0, |byte: u8, x| {
                let lit = x < width && frame.is_lit(x / scale, y / scale);
                byte << 1 | u8::from(lit)
            });
            rows.push(byte);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header()?.write_image_data(&rows)?;
    Ok(file)
}

//! What eyes and a phone's camera see: the QR on a screenshot, and six digits on the panel.

use anyhow::{Context as _, Result, ensure};
use pairbox_chips::Picture;
use rqrr::PreparedImage;

/// Reads the one QR on a screenshot with a decoder that knows nothing of how it was drawn.
pub fn read_qr(screenshot: &[u8]) -> Result<String> {
    let decoder = png::Decoder::new(std::io::Cursor::new(screenshot));
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().context("too large")?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels)?;
    let samples = info.color_type.samples();
    let (width, height) = (info.width as usize, info.height as usize);
    let grey = |x: usize, y: usize| {
        let pixel = &pixels[(y * width + x) * samples..][..samples.min(3)];
        let sum: usize = pixel.iter().map(|value| usize::from(*value)).sum();
        u8::try_from(sum / pixel.len()).unwrap_or(u8::MAX)
    };
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    let mut texts: Vec<String> = image
        .detect_grids()
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect();
    // The panel's picture may stand beside it and show the same code.
    texts.dedup();
    ensure!(texts.len() == 1, "{} codes can be read on it", texts.len());
    texts.pop().context("none")
}

/// Six digits that stand on the glass in one piece, or in two groups of three.
pub fn read_digits(picture: &Picture) -> Option<String> {
    let mut found = Vec::new();
    for begin in '0'..='9' {
        grow(picture, &begin.to_string(), &mut found);
    }
    found.sort();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn grow(picture: &Picture, words: &str, found: &mut Vec<String>) {
    if !picture.says(words) {
        return;
    }
    let digits = words.chars().filter(char::is_ascii_digit).count();
    if digits == 6 {
        found.push(words.replace(' ', ""));
        return;
    }
    for next in '0'..='9' {
        grow(picture, &format!("{words}{next}"), found);
        if digits == 3 && !words.contains(' ') {
            grow(picture, &format!("{words} {next}"), found);
        }
    }
}

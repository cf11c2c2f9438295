//! Pictures for people: the glass enlarged in its bezel for the README, and what a change changed.
//!
//! Files with a palette of a few colours, so that they stay small in the repository.

use std::io::Cursor;

use pairbox_chips::Picture;

/// Pixels of the file for a pixel of the glass, the dark gap beside it included.
const ZOOM: u32 = 5;

/// Glass around the lit area, and board around the glass, in pixels of the file.
const GLASS: u32 = 16;
const BOARD: u32 = 12;

/// Radius of the board's corners.
const RADIUS: u32 = 18;

const PALETTE: [[u8; 3]; 6] = [
    [0xff, 0xff, 0xff], // around the board; transparent
    [0x1b, 0x2b, 0x4b], // board
    [0x06, 0x08, 0x0c], // glass
    [0x0d, 0x11, 0x18], // a dark pixel
    [0xdd, 0xee, 0xff], // a lit pixel
    [0x7d, 0x8e, 0xa2], // the gap between two lit pixels
];
const AROUND: u8 = 0;
const SOLDER_MASK: u8 = 1;
const DARK_GLASS: u8 = 2;
const DARK: u8 = 3;
const LIT: u8 = 4;
const GAP: u8 = 5;

/// A module with this picture on it, as a PNG file.
pub fn of(picture: &Picture) -> Vec<u8> {
    let border = GLASS + BOARD;
    let width = picture.width() * ZOOM + 2 * border;
    let height = picture.height() * ZOOM + 2 * border;
    encode(width, height, &PALETTE, Some(&[0]), |x, y| {
        let inside =
            |margin: u32| x >= margin && y >= margin && x < width - margin && y < height - margin;
        if inside(border) {
            dot(picture, x - border, y - border)
        } else if inside(BOARD) {
            DARK_GLASS
        } else if in_corner(x, y, width, height) {
            AROUND
        } else {
            SOLDER_MASK
        }
    })
}

/// The colour of the lit area at a pixel of the file.
fn dot(picture: &Picture, x: u32, y: u32) -> u8 {
    let (column, row) = (x / ZOOM, y / ZOOM);
    let in_gap = x % ZOOM == ZOOM - 1 || y % ZOOM == ZOOM - 1;
    match (picture.lit(column, row), in_gap) {
        (true, false) => LIT,
        (true, true) => GAP,
        (false, _) => DARK,
    }
}

/// Outside the rounded corners of the board.
fn in_corner(x: u32, y: u32, width: u32, height: u32) -> bool {
    // How far a pixel lies beyond the centre of its corner's circle, if it does.
    let beyond = |at: u32, size: u32| RADIUS.saturating_sub(at.min(size - 1 - at));
    beyond(x, width).pow(2) + beyond(y, height).pow(2) > RADIUS.pow(2)
}

/// Pictures of one size below and beside each other, twice as large where they are small.
pub fn sheet(pictures: &[Picture]) -> Vec<u8> {
    let (width, height) = (pictures[0].width(), pictures[0].height());
    let zoom = if width <= 128 { 3 } else { 1 };
    let columns = 1660 / (width * zoom + 8);
    let rows = u32::try_from(pictures.len()).unwrap().div_ceil(columns);
    let palette = [[0x30, 0x30, 0x90], [0, 0, 0], [0xff, 0xff, 0xff]];
    let (cell, row) = (width * zoom + 8, height * zoom + 8);
    encode(columns * cell, rows * row, &palette, None, |x, y| {
        let index = (y / row) * columns + x / cell;
        let (x, y) = (x % cell / zoom, y % row / zoom);
        match pictures.get(index as usize) {
            Some(picture) if x < width && y < height => 1 + u8::from(picture.lit(x, y)),
            _ => 0,
        }
    })
}

/// What differs between two pictures of one size: grey as recorded, red gone, green new.
pub fn diff(recorded: &Picture, actual: &Picture) -> Vec<u8> {
    let palette = [
        [0x10, 0x10, 0x10],
        [0x90, 0x90, 0x90],
        [0xe0, 0x20, 0x20],
        [0x20, 0xd0, 0x40],
    ];
    encode(
        actual.width() * 4,
        actual.height() * 4,
        &palette,
        None,
        |x, y| match (recorded.lit(x / 4, y / 4), actual.lit(x / 4, y / 4)) {
            (false, false) => 0,
            (true, true) => 1,
            (true, false) => 2,
            (false, true) => 3,
        },
    )
}

/// The decoded pixels of a file: two files with the same picture may be compressed differently.
pub fn pixels(file: &[u8]) -> Option<Vec<u8>> {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    Some(pixels)
}

/// A file of at most sixteen colours, four bits a pixel.
pub fn encode(
    width: u32,
    height: u32,
    palette: &[[u8; 3]],
    transparent: Option<&[u8]>,
    color: impl Fn(u32, u32) -> u8,
) -> Vec<u8> {
    assert!(palette.len() <= 16);
    let at = |x: u32, y: u32| if x < width { color(x, y) } else { 0 };
    let pairs = (0..height).flat_map(|y| (0..width).step_by(2).map(move |x| (x, y)));
    let pixels: Vec<u8> = pairs.map(|(x, y)| at(x, y) << 4 | at(x + 1, y)).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_compression(png::Compression::High);
    encoder.set_palette(palette.concat());
    if let Some(transparent) = transparent {
        encoder.set_trns(transparent.to_vec());
    }
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    file
}

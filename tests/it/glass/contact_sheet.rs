//! The README's contact sheet: every board's main screens, all at the same number of pixels a
//! millimetre, so that a small panel is small.
//!
//! Grey, in sixteen steps: panel pixels do not fall on the sheet's, and each of those is the mean of what
//! it covers.

use embedded_graphics::Drawable;
use embedded_graphics::geometry::Point;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_10X20;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};
use pairbox::view::{Frame, Geometry, Medium};
use pairbox_chips::Picture;

use super::poster;
use super::stand::Board;

/// Pixels of the sheet for a millimetre of glass.
const PX_MM: u32 = 10;

/// Pixels of the sheet's width, of its margins, between panels, and of a panel's bezel.
const WIDTH: u32 = 2784;
const MARGIN: u32 = 40;
const GAP: u32 = 44;
const BEZEL: u32 = 10;

/// Rows of a title, its gap included.
const TITLE: u32 = 30;

/// Greys from 0 to 15.
const GROUND: u8 = 13;
const INK: u8 = 2;
const OLED: u8 = 1;
const PAPER: u8 = 14;
const WHITE: u32 = 15;

/// A sheet in the making, a byte a pixel.
struct Sheet {
    rows: Vec<[u8; WIDTH as usize]>,
}

/// Boards below and beside each other as they fit, each with its title above its pictures.
pub fn of(boards: &[(Board, String, Vec<Picture>)]) -> Vec<u8> {
    let mut sheet = Sheet { rows: Vec::new() };
    let (mut x, mut y, mut lowest) = (MARGIN, MARGIN, MARGIN);
    for (board, title, pictures) in boards {
        let sizes: Vec<(u32, u32)> = pictures
            .iter()
            .map(|picture| size(board, picture))
            .collect();
        let width: u32 = sizes.iter().map(|(width, _)| width + GAP).sum();
        if x > MARGIN && x + width - GAP > WIDTH - MARGIN {
            (x, y) = (MARGIN, lowest + GAP);
        }
        sheet.title(title, (x, y));
        for (picture, (width, height)) in pictures.iter().zip(sizes) {
            let top = y + TITLE;
            sheet.panel(board, picture, (x, top), (width, height));
            x += width + GAP;
            lowest = lowest.max(top + height);
        }
    }
    sheet.grow(lowest + MARGIN);
    let palette: Vec<[u8; 3]> = (0..16).map(|grey| [grey * 17; 3]).collect();
    let height = u32::try_from(sheet.rows.len()).unwrap();
    poster::encode(WIDTH, height, &palette, None, |x, y| {
        sheet.rows[y as usize][x as usize]
    })
}

/// Pixels of the sheet that a panel takes with its bezel.
fn size(board: &Board, picture: &Picture) -> (u32, u32) {
    let length = |pixels: u32| pixels * board.pitch_um * PX_MM / 1000 + 2 * BEZEL;
    (length(picture.width()), length(picture.height()))
}

impl Sheet {
    fn grow(&mut self, rows: u32) {
        let rows = (rows as usize).max(self.rows.len());
        self.rows.resize(rows, [GROUND; WIDTH as usize]);
    }

    fn title(&mut self, words: &str, (left, top): (u32, u32)) {
        self.grow(top + TITLE);
        let mut line = Frame::new(Geometry {
            width: 10 * u32::try_from(words.len()).unwrap(),
            height: 20,
        });
        let style = MonoTextStyle::new(&FONT_10X20, BinaryColor::On);
        let Ok(_) = Text::with_baseline(words, Point::zero(), style, Baseline::Top).draw(&mut line);
        let Geometry { width, height } = line.geometry();
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            if line.is_lit(x, y) && left + x < WIDTH {
                self.rows[(top + y) as usize][(left + x) as usize] = INK;
            }
        }
    }

    fn panel(
        &mut self,
        board: &Board,
        picture: &Picture,
        (left, top): (u32, u32),
        (width, height): (u32, u32),
    ) {
        self.grow(top + height);
        let bezel = match board.panel.1.medium {
            Medium::Oled => OLED,
            Medium::Paper => PAPER,
        };
        let inside = |x: u32, y: u32| {
            (BEZEL..width - BEZEL).contains(&x) && (BEZEL..height - BEZEL).contains(&y)
        };
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let grey = if inside(x, y) {
                mean(picture, board.pitch_um * PX_MM, (x - BEZEL, y - BEZEL))
            } else {
                bezel
            };
            self.rows[(top + y) as usize][(left + x) as usize] = grey;
        }
    }
}

/// The mean of the panel pixels under a pixel of the sheet. `pitch` is a panel pixel in thousandths of
/// one of the sheet's.
fn mean(picture: &Picture, pitch: u32, (x, y): (u32, u32)) -> u8 {
    // The panel pixels from `from` to `from + 1000`, each with how much of it lies inside.
    let covered = |at: u32| {
        let (from, to) = (at * 1000, at * 1000 + 1000);
        (from / pitch..=(to - 1) / pitch).map(move |pixel| {
            let inside = to.min((pixel + 1) * pitch) - from.max(pixel * pitch);
            (pixel, inside)
        })
    };
    let lit: u32 = covered(y)
        .flat_map(|(row, rows)| {
            covered(x).map(move |(column, columns)| (column, row, rows * columns))
        })
        .filter(|(column, row, _)| picture.lit(*column, *row))
        .map(|(_, _, area)| area)
        .sum();
    u8::try_from((lit * WHITE + 500_000) / 1_000_000).unwrap()
}

//! Reads a QR off a picture, and is stricter about it than any phone.
//!
//! Decoding alone proves little: decoders forgive what a phone's camera in front of real glass does
//! not. So a picture must pass all of this: dark modules on lit ground; three finder patterns exactly
//! on the pixel grid, the missing fourth at the lower right; modules as large as a panel of that size
//! owes them; the quiet zone four modules wide, or as wide as the panel allows, and nothing within
//! three pixels; the text read by an independent decoder (rqrr) from the picture as a camera sees it,
//! in its dark bezel; and every single module as the standard wants it for that text, so that nothing
//! drawn inside the code hides behind its error correction.
//!
//! What else is on the picture does not matter, as long as it keeps out of the quiet zone.

use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, Version};
use rqrr::{DeQRError, Grid, MetaData, PreparedImage, SimpleGrid};

use crate::picture::Picture;

/// No dark pixel comes nearer to the code than this (HARDWARE.md 1.4).
const CLEARANCE_PX: u32 = 3;

/// Pixels on a side that a module must have, by the shorter side of the panel (HARDWARE.md 1.3). Beyond
/// these a panel may choose between larger modules and a wider quiet zone.
const SCALES: [(u32, u32); 5] = [(300, 4), (200, 3), (122, 2), (64, 1), (0, 1)];

/// Light modules around a code (ISO/IEC 18004, 5.3.8).
const QUIET_MODULES: u32 = 4;

/// Dark pixels of bezel around the glass, in the picture that the decoder gets.
const BEZEL_PX: u32 = 8;

/// Every pixel becomes a square of so many: rqrr wants a few to find its way.
const ZOOM: usize = 4;

/// A code as it stands on the glass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sighting {
    /// What it says.
    pub text: String,
    /// 1 to 40.
    pub version: u32,
    /// `'L'`, `'M'`, `'Q'` or `'H'`.
    pub correction: char,
    /// Pixels on a side of a module.
    pub scale: u32,
    /// Column and row of its top left module.
    pub corner: (u32, u32),
    /// Pixels on a side of the whole code.
    pub span: u32,
    /// Lit pixels between the code and whatever comes first: a dark pixel or the edge of the panel.
    pub quiet: u32,
}

/// What is wrong with a picture that should show a QR.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QrFault {
    /// No three finder patterns on the pixel grid: no code, or one that is cut off or stretched.
    #[error("no QR stands on the pixel grid")]
    NotFound,
    /// Lit modules on dark ground: most phones do not even try.
    #[error("the QR is light on dark")]
    Inverted,
    /// It lies on its side, stands on its head or in a mirror: decoders forgive it, but so do not the
    /// words beside it.
    #[error("the QR is turned or mirrored")]
    Turned,
    /// A panel of this size owes the code larger modules.
    #[error("modules of {found} px where {possible} px fit")]
    Scale {
        /// Pixels on a side.
        found: u32,
        /// Pixels on a side that would fit.
        possible: u32,
    },
    /// The code stands nearer to the edge of the glass than it needs to.
    #[error("the quiet zone is {found} px wide where {possible} px fit")]
    QuietZone {
        /// Of the narrowest side, in pixels.
        found: u32,
        /// In pixels.
        possible: u32,
    },
    /// Something dark stands beside the code, nearer than three pixels.
    #[error("dark pixel at ({x}, {y}), in the quiet zone")]
    Intruder {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// Most of the ground around the code is dark: its light does not reach the camera.
    #[error("the panel around the QR is not lit")]
    DarkGround,
    /// The decoder gave up, or read different texts from the picture and from its modules.
    #[error("the QR cannot be decoded")]
    Unreadable,
    /// The text is readable only thanks to error correction.
    #[error("{modules} modules are not as the text wants them")]
    Damaged {
        /// How many.
        modules: usize,
    },
}

/// The text of the one QR on the picture, if it passes every check.
///
/// # Errors
/// The first [`QrFault`].
pub fn read_qr(picture: &Picture) -> Result<String, QrFault> {
    inspect(picture).map(|sighting| sighting.text)
}

/// Like [`read_qr`], with the measures.
///
/// # Errors
/// The first [`QrFault`].
pub fn inspect(picture: &Picture) -> Result<Sighting, QrFault> {
    let dark = |x, y| !picture.lit(x, y);
    let Some(place) = locate(picture, dark) else {
        return Err(if locate(picture, |x, y| picture.lit(x, y)).is_some() {
            QrFault::Inverted
        } else if turns(picture).any(|turned| locate(&turned, |x, y| !turned.lit(x, y)).is_some()) {
            QrFault::Turned
        } else {
            QrFault::NotFound
        });
    };
    let quiet = check_surroundings(picture, &place)?;
    let size = place.modules as usize;
    let grid = SimpleGrid::from_func(size, |x, y| place.is_dark(picture, x, y));
    let (meta, text) = decode(&Grid::new(grid))?;
    let ideal = ideal(&text, &meta).ok_or(QrFault::Unreadable)?;
    let damaged = place.damaged_modules(picture, &ideal);
    if damaged > 0 {
        // Mirrored along its diagonal a code keeps its three corners, and the decoder does not mind.
        let mirrored: Vec<bool> = (0..size * size)
            .map(|at| ideal[at % size * size + at / size])
            .collect();
        return Err(match place.damaged_modules(picture, &mirrored) {
            0 => QrFault::Turned,
            _ => QrFault::Damaged { modules: damaged },
        });
    }
    if camera(picture)? != text {
        return Err(QrFault::Unreadable);
    }
    Ok(Sighting {
        text,
        version: (place.modules - 17) / 4,
        correction: correction(&meta).1,
        scale: place.scale,
        corner: (place.x, place.y),
        span: place.span(),
        quiet,
    })
}

/// Where a code stands.
#[derive(Clone, Copy)]
struct Place {
    x: u32,
    y: u32,
    scale: u32,
    modules: u32,
}

impl Place {
    fn span(&self) -> u32 {
        self.modules * self.scale
    }

    /// From the code to the nearest edge of the panel.
    fn margin(&self, picture: &Picture) -> u32 {
        let right = picture.width() - (self.x + self.span());
        let bottom = picture.height() - (self.y + self.span());
        self.x.min(self.y).min(right).min(bottom)
    }

    /// How far a pixel is from the code: 0 inside, 1 for its neighbours.
    fn distance(&self, (x, y): (u32, u32)) -> u32 {
        let beyond = |at: u32, start: u32| {
            let last = start + self.span() - 1;
            start.saturating_sub(at).max(at.saturating_sub(last))
        };
        beyond(x, self.x).max(beyond(y, self.y))
    }

    /// A module by the pixel in its corner.
    fn is_dark(&self, picture: &Picture, x: usize, y: usize) -> bool {
        // Both are below 177, the most modules a code has.
        let at = |start, module| start + self.scale * u32::try_from(module).unwrap_or(0);
        !picture.lit(at(self.x, x), at(self.y, y))
    }

    /// Modules with a pixel that is not as it should be.
    fn damaged_modules(&self, picture: &Picture, dark: &[bool]) -> usize {
        let modules = (0..self.modules).flat_map(|y| (0..self.modules).map(move |x| (x, y)));
        let is_damaged = |(x, y): (u32, u32), dark: bool| {
            let (x, y) = (self.x + x * self.scale, self.y + y * self.scale);
            let mut pixels = (0..self.scale).flat_map(|dy| (0..self.scale).map(move |dx| (dx, dy)));
            pixels.any(|(dx, dy)| picture.lit(x + dx, y + dy) == dark)
        };
        modules
            .zip(dark)
            .filter(|(module, dark)| is_damaged(*module, **dark))
            .count()
    }
}

/// Looks for three finder patterns at the corners of a square that a version of the standard fills.
fn locate(picture: &Picture, dark: impl Fn(u32, u32) -> bool + Copy) -> Option<Place> {
    let side = picture.width().min(picture.height());
    (1..=side / 21).rev().find_map(|scale| {
        let finders: Vec<(u32, u32)> = (0..picture.height())
            .flat_map(|y| (0..picture.width()).map(move |x| (x, y)))
            .filter(|&corner| is_finder(picture, dark, corner, scale))
            .collect();
        finders.iter().find_map(|&(x, y)| {
            let modules = (1..=40).map(|version| 4 * version + 17).find(|modules| {
                let far = (modules - 7) * scale;
                finders.contains(&(x + far, y)) && finders.contains(&(x, y + far))
            })?;
            Some(Place {
                x,
                y,
                scale,
                modules,
            })
        })
    })
}

/// Seven modules square: a dark ring, a light ring, a dark middle of three.
fn is_finder(
    picture: &Picture,
    dark: impl Fn(u32, u32) -> bool,
    (x, y): (u32, u32),
    scale: u32,
) -> bool {
    let size = 7 * scale;
    if x + size > picture.width() || y + size > picture.height() {
        return false;
    }
    let mut pixels = (0..size).flat_map(|dy| (0..size).map(move |dx| (dx, dy)));
    pixels.all(|(dx, dy)| {
        let from_middle = (dx / scale).abs_diff(3).max((dy / scale).abs_diff(3));
        dark(x + dx, y + dy) == (from_middle != 2)
    })
}

/// The picture turned and mirrored in every way that moves the missing corner.
fn turns(picture: &Picture) -> impl Iterator<Item = Picture> {
    let (width, height) = (picture.width(), picture.height());
    let flips = [(true, false), (false, true), (true, true)];
    flips.into_iter().map(move |(across, down)| {
        let flip = |at: u32, size: u32, on: bool| if on { size - 1 - at } else { at };
        Picture::from_fn(width, height, |x, y| {
            picture.lit(flip(x, width, across), flip(y, height, down))
        })
    })
}

/// Scale, quiet zone and ground. Gives the width of the quiet zone.
fn check_surroundings(picture: &Picture, place: &Place) -> Result<u32, QrFault> {
    let side = picture.width().min(picture.height());
    let owed = SCALES.iter().find(|(rows, _)| side >= *rows);
    // At least one light module belongs to each side.
    let possible = side / (place.modules + 2);
    let possible = possible.min(owed.map_or(1, |(_, scale)| *scale));
    if place.scale < possible {
        return Err(QrFault::Scale {
            found: place.scale,
            possible,
        });
    }
    let margin = place.margin(picture);
    let room = side.saturating_sub(place.span()) / 2;
    let possible = room.clamp(1, QUIET_MODULES * place.scale);
    if margin < possible {
        return Err(QrFault::QuietZone {
            found: margin,
            possible,
        });
    }
    let (mut lit, mut dark) = (0u32, 0u32);
    let mut nearest = (u32::MAX, (0, 0));
    let points = (0..picture.height()).flat_map(|y| (0..picture.width()).map(move |x| (x, y)));
    for (point, distance) in points.map(|point| (point, place.distance(point))) {
        match (distance, picture.lit(point.0, point.1)) {
            (0, _) => {}
            (_, true) => lit += 1,
            (_, false) => {
                dark += 1;
                nearest = nearest.min((distance, point));
            }
        }
    }
    let (distance, (x, y)) = nearest;
    if distance <= CLEARANCE_PX.max(possible) {
        return Err(QrFault::Intruder { x, y });
    }
    if dark > lit {
        return Err(QrFault::DarkGround);
    }
    Ok(margin.min(distance - 1))
}

/// The text as an independent decoder finds it on the picture in its dark bezel.
fn camera(picture: &Picture) -> Result<String, QrFault> {
    let side = |pixels: u32| (pixels + 2 * BEZEL_PX) as usize * ZOOM;
    let pixel = |at: usize| u32::try_from(at / ZOOM).ok()?.checked_sub(BEZEL_PX);
    let mut image = PreparedImage::prepare_from_bitmap(
        side(picture.width()),
        side(picture.height()),
        |x, y| !matches!((pixel(x), pixel(y)), (Some(x), Some(y)) if picture.lit(x, y)),
    );
    match image.detect_grids().as_slice() {
        [grid] => decode(grid).map(|(_, text)| text),
        _ => Err(QrFault::Unreadable),
    }
}

fn decode<G: rqrr::BitGrid>(grid: &Grid<G>) -> Result<(MetaData, String), QrFault> {
    grid.decode().map_err(|_: DeQRError| QrFault::Unreadable)
}

/// The level of the format bits (ISO/IEC 18004, table 25).
fn correction(meta: &MetaData) -> (EcLevel, char) {
    match meta.ecc_level {
        0 => (EcLevel::M, 'M'),
        1 => (EcLevel::L, 'L'),
        2 => (EcLevel::H, 'H'),
        _ => (EcLevel::Q, 'Q'),
    }
}

/// The modules that the standard wants for a text in one byte segment, row by row.
fn ideal(text: &str, meta: &MetaData) -> Option<Vec<bool>> {
    let version = Version::Normal(i16::try_from(meta.version.0).ok()?);
    let (level, _) = correction(meta);
    let mut bits = Bits::new(version);
    bits.push_byte_data(text.as_bytes()).ok()?;
    bits.push_terminator(level).ok()?;
    let (data, ec) = qrcode::ec::construct_codewords(&bits.into_bytes(), version, level).ok()?;
    let mut canvas = Canvas::new(version, level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &ec);
    canvas.apply_mask(mask(meta.mask)?);
    Some(
        canvas
            .into_colors()
            .into_iter()
            .map(|color| color == Color::Dark)
            .collect(),
    )
}

fn mask(number: u16) -> Option<MaskPattern> {
    Some(match number {
        0 => MaskPattern::Checkerboard,
        1 => MaskPattern::HorizontalLines,
        2 => MaskPattern::VerticalLines,
        3 => MaskPattern::DiagonalLines,
        4 => MaskPattern::LargeCheckerboard,
        5 => MaskPattern::Fields,
        6 => MaskPattern::Diamonds,
        7 => MaskPattern::Meadow,
        _ => return None,
    })
}

//! QR codes: from a text to modules, and to an SVG for the page.
//!
//! Always one byte segment: "optimal" segmentation is 6 to 9 bits longer for pairing texts and makes
//! the version depend on chance (HARDWARE.md 1.2). Where modules end up on a panel is
//! `screens/qr.rs`. The text is a credential: nothing here prints or keeps it.

use std::fmt::{self, Write as _};

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// How much damage a code survives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Correction {
    /// About 7 % of the codewords.
    L,
    /// About 15 %.
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

impl Correction {
    /// Best first.
    const DESCENDING: [Self; 4] = [Self::H, Self::Q, Self::M, Self::L];

    fn level(self) -> EcLevel {
        match self {
            Self::L => EcLevel::L,
            Self::M => EcLevel::M,
            Self::Q => EcLevel::Q,
            Self::H => EcLevel::H,
        }
    }
}

/// A code, module by module, without its quiet zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// Modules on a side: `4 * version + 17`.
    pub size: u32,
    /// 1 to 40.
    pub version: u32,
    /// Its error correction.
    pub ec: Correction,
    modules: Vec<bool>,
}

impl Code {
    /// Whether the module is dark; `false` outside the code.
    #[must_use]
    pub fn dark(&self, x: u32, y: u32) -> bool {
        x < self.size && y < self.size && self.modules[(y * self.size + x) as usize]
    }
}

/// The measures only: the modules are the credential.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Code(v{}-{:?}, {} modules)",
            self.version, self.ec, self.size
        )
    }
}

/// Encodes `payload` into at most `modules_max` modules a side: with the highest error correction
/// that fits, in the smallest version that holds it. `None` when even L does not fit.
#[must_use]
pub fn encode(payload: &[u8], modules_max: u32) -> Option<Code> {
    Correction::DESCENDING
        .into_iter()
        .find_map(|ec| encode_at(payload, ec, modules_max))
}

/// A code and how large its modules are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fit {
    /// The code.
    pub code: Code,
    /// Pixels on a side of one module.
    pub scale: u32,
}

/// Light pixels around a code whose modules are single pixels, at the least: on 64 rows one is what
/// v11 leaves, and it makes the difference between no shot read and most of them (HARDWARE.md 1.4).
const QUIET_MIN: u32 = 1;

/// Light pixels around a code of larger modules, at the least: "or >= 3 px around" (HARDWARE.md 1.4).
/// 2.7" paper holds 57 modules at 3 px with 2 to spare, and takes 2 px with 27 instead.
const QUIET_MIN_LARGE: u32 = 3;

/// Larger modules are of no use: 4 px on 4.2" paper are 0.85 mm, and are read from 400 mm
/// (HARDWARE.md 1.3). What is left makes a wider quiet zone, and room for words.
const SCALE_MAX: u32 = 4;

/// More error correction is taken only where it is free: M outlives the dark bands of a rolling
/// shutter (HARDWARE.md 1.5). With modules as large, still more is read from a little further
/// (`tests/camera`), but takes the room of the words that say how to scan.
const CORRECTION_WANTED: Correction = Correction::M;

/// The code for a square of `side` pixels, its quiet zone included. This is the whole rule: modules as
/// large as the smallest version allows with its quiet zone; then `CORRECTION_WANTED` if that keeps
/// them so large; then the best correction that the version has room for.
#[must_use]
pub fn fit(payload: &[u8], side: u32) -> Option<Fit> {
    let smallest = size_at(payload, Correction::L, room(side, 1))?;
    let scale = (1..=SCALE_MAX)
        .rev()
        .find(|scale| smallest <= room(side, *scale))?;
    let wanted = size_at(payload, CORRECTION_WANTED, room(side, scale));
    let code = encode(payload, wanted.unwrap_or(smallest))?;
    Some(Fit { code, scale })
}

/// Modules that fit at a scale, with the quiet zone around them.
fn room(side: u32, scale: u32) -> u32 {
    let quiet = if scale == 1 {
        QUIET_MIN
    } else {
        QUIET_MIN_LARGE
    };
    side.saturating_sub(2 * quiet) / scale
}

/// The smallest code with this error correction.
fn encode_at(payload: &[u8], ec: Correction, modules_max: u32) -> Option<Code> {
    let (version, bits) = lay_out(payload, ec, modules_max)?;
    let code = QrCode::with_bits(bits, ec.level()).ok()?;
    let colors = code.into_colors().into_iter();
    Some(Code {
        size: width(version),
        version: u32::from(version.unsigned_abs()),
        ec,
        modules: colors.map(|color| color == Color::Dark).collect(),
    })
}

/// Modules on a side of the smallest code with this error correction.
fn size_at(payload: &[u8], ec: Correction, modules_max: u32) -> Option<u32> {
    let (version, _) = lay_out(payload, ec, modules_max)?;
    Some(width(version))
}

/// The smallest version that holds the payload, and its bits: the quick part of making a code.
fn lay_out(payload: &[u8], ec: Correction, modules_max: u32) -> Option<(i16, Bits)> {
    let mut versions = (1..=40i16).take_while(|version| width(*version) <= modules_max);
    versions.find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(payload).ok()?;
        bits.push_terminator(ec.level()).ok()?;
        Some((version, bits))
    })
}

/// Modules on a side of a version (ISO/IEC 18004, 5.3.1).
fn width(version: i16) -> u32 {
    4 * u32::from(version.unsigned_abs()) + 17
}

/// The code as an SVG with `quiet` light modules around it: dark on white, whatever the page's
/// colours are, one unit a module.
#[must_use]
pub fn svg(code: &Code, quiet: u32) -> String {
    let side = code.size + 2 * quiet;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let run = (x..code.size).take_while(|&x| code.dark(x, y)).count();
            // A run is at most 177 modules.
            let run = u32::try_from(run).unwrap_or(0);
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + quiet, y + quiet);
            }
            x += run + 1;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HARDWARE.md 1.2: bytes, then version and size of the smallest code at L, and of M.
    const TABLE: [(usize, u32, u32); 12] = [
        (180, 8, 9),
        (190, 8, 10),
        (200, 9, 10),
        (219, 9, 11),
        (230, 9, 11),
        (239, 10, 11),
        (250, 10, 11),
        (260, 10, 12),
        (277, 11, 12),
        (290, 11, 13),
        (320, 11, 13),
        (330, 12, 13),
    ];

    #[test]
    fn versions_are_those_of_the_standard() {
        for (bytes, l, m) in TABLE {
            let payload = vec![b'x'; bytes];
            for (ec, version) in [(Correction::L, l), (Correction::M, m)] {
                let code = encode_at(&payload, ec, 177).unwrap();
                assert_eq!(
                    (code.version, code.size),
                    (version, 4 * version + 17),
                    "{bytes} {ec:?}"
                );
            }
        }
    }

    #[test]
    fn room_left_over_goes_into_error_correction() {
        let today = vec![b'x'; 239];
        let code = encode(&today, 61).unwrap();
        assert_eq!((code.version, code.ec), (11, Correction::M));
        let code = encode(&today, 60).unwrap();
        assert_eq!((code.version, code.ec), (10, Correction::L));
        assert_eq!(encode(&today, 56), None);
    }

    #[test]
    fn larger_panels_get_larger_modules_first() {
        let today = vec![b'x'; 239];
        let measures = |side| {
            let Fit { code, scale } = fit(&today, side)?;
            let quiet = (side - scale * code.size) / 2;
            Some((scale, code.version, code.ec, quiet))
        };
        assert_eq!(measures(32), None);
        assert_eq!(measures(64), Some((1, 11, Correction::M, 1)));
        assert_eq!(measures(122), Some((2, 10, Correction::L, 4)), "2.13\"");
        assert_eq!(measures(128), Some((2, 11, Correction::M, 3)));
        assert_eq!(
            measures(176),
            Some((2, 11, Correction::M, 27)),
            "2.7\": 3 px would leave 2 px of quiet zone"
        );
        assert_eq!(measures(200), Some((3, 11, Correction::M, 8)));
        assert_eq!(measures(240), Some((4, 10, Correction::L, 6)));
        assert_eq!(measures(300), Some((4, 11, Correction::M, 28)), "4.2\"");
        assert_eq!(measures(480), Some((4, 11, Correction::M, 118)));
    }

    #[test]
    fn svg_has_every_dark_module_once() {
        let code = encode(b"pairbox", 21).unwrap();
        let svg = svg(&code, 4);
        let dark = (0..21).flat_map(|y| (0..21).map(move |x| (x, y)));
        let dark = dark.filter(|&(x, y)| code.dark(x, y)).count();
        let drawn: usize = svg
            .split('h')
            .filter_map(|piece| piece.strip_suffix("v1"))
            .map(|run| run.parse::<usize>().unwrap())
            .sum();
        assert_eq!(drawn, dark);
        assert!(svg.contains("viewBox=\"0 0 29 29\""));
    }

    #[test]
    fn debug_shows_measures_only() {
        let code = encode(b"secret", 57).unwrap();
        assert_eq!(
            format!("{code:?}"),
            format!("Code(v{}-H, {} modules)", code.version, code.size)
        );
    }
}

//! The panel of a board file: controller, size, rotation, wires, and the words for what is not.
//!
//! What a single key may say is refused here, where the parser knows the line; what does not fit
//! together is the business of `rules`.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::config::source::FileError;
use crate::view::{Format, Geometry, Medium};

/// Why a panel of three colours is refused (HARDWARE.md 1.6 has the time; codes live 20 s by 1.1).
const TRI_COLOUR: &str = "tri-colour panels take 15 s a refresh and cannot show codes that change \
     every 20 s; use the black-and-white one";

/// A panel and how it is reached.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelSpec {
    /// The controller on the module.
    pub driver: PanelDriver,
    /// Pixels across, as a person sees it: after the rotation.
    pub width: u32,
    /// Pixels down, as a person sees it.
    pub height: u32,
    /// From one pixel to the next, in micrometres, 50 to 1000.
    pub pitch_um: u32,
    /// How far the picture is turned clockwise on its way into the controller's memory.
    #[serde(default)]
    pub rotation: Rotation,
    /// The wires.
    pub bus: Bus,
}

impl PanelSpec {
    /// What pictures for it are drawn for.
    #[must_use]
    pub fn format(&self) -> Format {
        Format {
            geometry: Geometry {
                width: self.width,
                height: self.height,
            },
            medium: self.driver.medium(),
        }
    }

    /// Width and height as the controller has them: before the rotation.
    #[must_use]
    pub fn native(&self) -> (u32, u32) {
        match self.rotation {
            Rotation::None | Rotation::Half => (self.width, self.height),
            Rotation::Quarter | Rotation::ThreeQuarters => (self.height, self.width),
        }
    }
}

/// The controllers we have a driver for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PanelDriver {
    /// Solomon Systech SSD1306 and the modules compatible with it.
    Ssd1306,
    /// Solomon Systech SSD1309: the 2.42" modules. No charge pump.
    Ssd1309,
    /// Sino Wealth SH1106: the 1.3" modules. 132 columns, pages only.
    Sh1106,
    /// Sino Wealth SH1107: the 128x128 modules.
    Sh1107,
    /// Solomon Systech SSD1680: e-paper of 122x250 and 176x264.
    Ssd1680,
    /// Solomon Systech SSD1683: e-paper of 400x300.
    Ssd1683,
}

impl PanelDriver {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ssd1306,
        Self::Ssd1309,
        Self::Sh1106,
        Self::Sh1107,
        Self::Ssd1680,
        Self::Ssd1683,
    ];

    /// Its name in board files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssd1306 => "ssd1306",
            Self::Ssd1309 => "ssd1309",
            Self::Sh1106 => "sh1106",
            Self::Sh1107 => "sh1107",
            Self::Ssd1680 => "ssd1680",
            Self::Ssd1683 => "ssd1683",
        }
    }

    /// What its glass is made of.
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Self::Ssd1306 | Self::Ssd1309 | Self::Sh1106 | Self::Sh1107 => Medium::Oled,
            Self::Ssd1680 | Self::Ssd1683 => Medium::Paper,
        }
    }
}

impl<'de> Deserialize<'de> for PanelDriver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let asked = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|driver| driver.name() == asked);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|driver| driver.name()).collect();
            D::Error::custom(if is_tri_colour(&asked) {
                format!("`{asked}`: {TRI_COLOUR}")
            } else {
                format!(
                    "no driver is called `{asked}`; there are: {}",
                    known.join(", ")
                )
            })
        })
    }
}

/// Whether a name is one of those that vendors give to tri-colour e-paper: a controller or size with
/// a `b` or `c` behind it (`epd2in13b_v4`, `ssd1680b`, `epd4in2bc`), perhaps a version after that.
fn is_tri_colour(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_paper = ["epd", "ssd16", "waveshare-epd", "uc81", "il0"]
        .iter()
        .any(|beginning| name.starts_with(beginning));
    let without_version = name
        .rsplit_once('v')
        .filter(|(_, version)| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
        .map_or(name.as_str(), |(before, _)| {
            before.trim_end_matches(['_', '-'])
        });
    let suffix = without_version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let suffix = suffix
        .rsplit(|c: char| c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    is_paper && ["b", "c", "bc", "-b", "_b", "-c", "_c"].contains(&suffix)
}

/// Somebody who writes `colors = 3` is told why there is no such key.
pub(super) fn colours_explained(error: FileError) -> FileError {
    match error.key.as_deref() {
        Some("panel.colors" | "panel.colours") => FileError {
            reason: format!("there is no such key, panels here are black and white: {TRI_COLOUR}"),
            ..error
        },
        _ => error,
    }
}

/// Clockwise turns, in degrees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "i64")]
pub enum Rotation {
    /// As it is.
    #[default]
    None,
    /// 90.
    Quarter,
    /// 180.
    Half,
    /// 270.
    ThreeQuarters,
}

impl Rotation {
    /// The angle.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }
}

impl TryFrom<i64> for Rotation {
    type Error = &'static str;

    fn try_from(degrees: i64) -> Result<Self, Self::Error> {
        match degrees {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            _ => Err("a rotation is 0, 90, 180 or 270"),
        }
    }
}

/// How the panel is connected. Lines are BCM numbers.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "BusKeys")]
pub enum Bus {
    /// A Linux I2C device.
    I2c {
        /// The device file, like `/dev/i2c-1`.
        path: PathBuf,
        /// The addresses the panel may have, 7 bits, the usual one first. At least one.
        addresses: Vec<u8>,
        /// The line that resets the controller while low, where the module has one.
        reset: Option<u8>,
    },
    /// A Linux SPI device. The chip select belongs to the device.
    Spi {
        /// The device file, like `/dev/spidev0.0`.
        path: PathBuf,
        /// Clock, in hertz.
        hz: u32,
        /// The line that tells data (high) from commands (low).
        dc: u8,
        /// The line that resets the controller while low.
        reset: Option<u8>,
        /// The line that is high while e-paper is busy. E-paper needs it.
        busy: Option<u8>,
        /// The line that has to be high for the panel to have power.
        power: Option<u8>,
    },
    /// The socket of `[bench]`.
    #[cfg(feature = "bench")]
    Socket,
}

/// The keys of a bus as they stand in the file. Flat, because serde forgets the places of what is
/// inside a tagged enum, and the lines in our errors come from those places.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BusKeys {
    kind: String,
    path: Option<PathBuf>,
    #[serde(default, deserialize_with = "addresses")]
    addresses: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "hz")]
    hz: Option<u32>,
    #[serde(default, deserialize_with = "crate::config::value::optional_line")]
    dc: Option<u8>,
    #[serde(default, deserialize_with = "crate::config::value::optional_line")]
    reset: Option<u8>,
    #[serde(default, deserialize_with = "crate::config::value::optional_line")]
    busy: Option<u8>,
    #[serde(default, deserialize_with = "crate::config::value::optional_line")]
    power: Option<u8>,
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    crate::config::value::i2c_addresses(deserializer).map(Some)
}

fn hz<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    crate::config::value::spi_hz(deserializer).map(Some)
}

impl TryFrom<BusKeys> for Bus {
    type Error = String;

    fn try_from(keys: BusKeys) -> Result<Self, Self::Error> {
        let needs = |key: &str| format!("an {} bus needs `{key}`", keys.kind);
        let path = || keys.path.clone().ok_or_else(|| needs("path"));
        let has_no = |given: &[(&str, bool)]| match given.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(format!("an {} bus has no `{key}`", keys.kind)),
            None => Ok(()),
        };
        match keys.kind.as_str() {
            "i2c" => {
                has_no(&[
                    ("hz", keys.hz.is_some()),
                    ("dc", keys.dc.is_some()),
                    ("busy", keys.busy.is_some()),
                    ("power", keys.power.is_some()),
                ])?;
                Ok(Self::I2c {
                    path: path()?,
                    addresses: keys.addresses.clone().ok_or_else(|| needs("addresses"))?,
                    reset: keys.reset,
                })
            }
            "spi" => {
                has_no(&[("addresses", keys.addresses.is_some())])?;
                Ok(Self::Spi {
                    path: path()?,
                    hz: keys.hz.ok_or_else(|| needs("hz"))?,
                    dc: keys.dc.ok_or_else(|| needs("dc"))?,
                    reset: keys.reset,
                    busy: keys.busy,
                    power: keys.power,
                })
            }
            #[cfg(feature = "bench")]
            "socket" => Ok(Self::Socket),
            other => Err(format!("`{other}` is no bus; there are: i2c, spi")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tri_colour_names_are_known_and_others_are_not() {
        for name in [
            "ssd1680b",
            "epd2in13b",
            "epd2in13bc",
            "epd2in13b_v4",
            "EPD4in2B",
            "epd2in7b_V2",
            "waveshare-epd-2.13-b",
            "epd2in9c",
            "uc8151c",
        ] {
            assert!(is_tri_colour(name), "{name}");
        }
        for name in [
            "ssd1306b",
            "epd2in13_v4",
            "ssd1675",
            "st7789",
            "",
            "epd",
            "epd2in7",
        ] {
            assert!(!is_tri_colour(name), "{name}");
        }
    }
}

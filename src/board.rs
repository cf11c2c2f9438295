//! The hardware as data: which panel on which bus, which lines the buttons are on.
//!
//! One TOML file a board, in `board/`, built into the program. Adding a board is adding a file and a
//! line in `EMBEDDED`; code asks for capabilities, never for a board's name. Nothing here opens a
//! device, except `probe`, which reads one byte from the addresses a panel may have.

pub mod probe;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::config::source::{self, FileError, Source};
use crate::event::Button;
use crate::view::{Format, Geometry, Medium};

/// The boards that come with the program.
const EMBEDDED: &[(&str, &str)] = &[
    ("ssd1306-i2c", include_str!("../board/ssd1306-i2c.toml")),
    ("headless", include_str!("../board/headless.toml")),
    #[cfg(feature = "bench")]
    ("bench", include_str!("../board/bench.toml")),
];

/// One assembly of panel and buttons.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// What it is called in the configuration.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The panel; a box without one is configured and watched on its page.
    pub panel: Option<PanelSpec>,
    /// The buttons.
    pub buttons: ButtonLines,
}

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
    /// From one pixel to the next, in micrometres.
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
}

/// The controllers we have a driver for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    /// What its glass is made of.
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Self::Ssd1306 | Self::Ssd1309 | Self::Sh1106 | Self::Sh1107 => Medium::Oled,
            Self::Ssd1680 | Self::Ssd1683 => Medium::Paper,
        }
    }
}

/// Clockwise turns, in degrees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "u16")]
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

impl TryFrom<u16> for Rotation {
    type Error = &'static str;

    fn try_from(degrees: u16) -> Result<Self, Self::Error> {
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
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Bus {
    /// A Linux I2C device.
    I2c {
        /// The device file, like `/dev/i2c-1`.
        path: PathBuf,
        /// The addresses the panel may have, 7 bits, the usual one first. At least one.
        #[serde(deserialize_with = "crate::config::value::i2c_addresses")]
        addresses: Vec<u8>,
        /// The line that resets the controller while low, where the module has one.
        #[serde(default, deserialize_with = "crate::config::value::optional_line")]
        reset: Option<u8>,
    },
    /// A Linux SPI device. The chip select belongs to the device.
    Spi {
        /// The device file, like `/dev/spidev0.0`.
        path: PathBuf,
        /// Clock, in hertz.
        hz: u32,
        /// The line that tells data (high) from commands (low).
        #[serde(deserialize_with = "crate::config::value::line")]
        dc: u8,
        /// The line that resets the controller while low.
        #[serde(default, deserialize_with = "crate::config::value::optional_line")]
        reset: Option<u8>,
        /// The line that is high while e-paper is busy. E-paper needs it.
        #[serde(default, deserialize_with = "crate::config::value::optional_line")]
        busy: Option<u8>,
        /// The line that has to be high for the panel to have power.
        #[serde(default, deserialize_with = "crate::config::value::optional_line")]
        power: Option<u8>,
    },
    /// The socket of `[bench]`.
    #[cfg(feature = "bench")]
    Socket,
}

/// The lines of the buttons. Two are enough; boards with more scroll through accounts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonLines {
    /// Pair / connect.
    pub connect: ButtonLine,
    /// Disconnect.
    pub disconnect: ButtonLine,
    /// The previous account.
    #[serde(default)]
    pub previous: Option<ButtonLine>,
    /// The next account.
    #[serde(default)]
    pub next: Option<ButtonLine>,
    /// Between an account and the overview.
    #[serde(default)]
    pub select: Option<ButtonLine>,
}

impl ButtonLines {
    /// Every button there is, with its line.
    pub fn iter(&self) -> impl Iterator<Item = (Button, ButtonLine)> {
        let all = [
            Some(self.connect),
            Some(self.disconnect),
            self.previous,
            self.next,
            self.select,
        ];
        Button::ALL
            .into_iter()
            .zip(all)
            .filter_map(|(button, line)| Some((button, line?)))
    }
}

/// One line with a button on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonLine {
    /// The BCM number (not the number of the header's pin), 2 to 27.
    #[serde(deserialize_with = "crate::config::value::line")]
    pub line: u8,
    /// The resistor to switch on inside the chip.
    pub pull: Pull,
    /// The level while the button is pressed.
    pub pressed: Level,
}

/// A resistor inside the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    /// To 3.3 V: for a button to ground.
    Up,
    /// To ground: for a button to 3.3 V.
    Down,
    /// None: the board has its own.
    Off,
}

/// A level of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Ground.
    Low,
    /// 3.3 V.
    High,
}

/// Why there is no such board, or why its lines cannot be.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BoardError {
    /// The name is not one of ours.
    #[error("no board is called `{name}`; there are: auto, {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are, with commas.
        known: String,
    },
    /// One line for two buttons.
    #[error("line {line} cannot be both connect and disconnect (board {board})")]
    SharedLine {
        /// The line.
        line: u8,
        /// The board's name.
        board: String,
    },
    /// A button on a line that the panel's bus needs.
    #[error("line {line} belongs to the panel's I2C bus (board {board}), a button cannot be there")]
    BusLine {
        /// The button.
        button: Button,
        /// The line.
        line: u8,
        /// The board's name.
        board: String,
    },
}

impl BoardError {
    /// The button that is in the wrong place, if it is one of the two.
    #[must_use]
    pub fn button(&self) -> Option<Button> {
        match self {
            Self::BusLine { button, .. } => Some(*button),
            Self::SharedLine { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// The board of that name among those that come with the program.
///
/// # Panics
/// Never: a test parses every one of them.
pub fn resolve(name: &str) -> Result<Board, BoardError> {
    let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) else {
        return Err(BoardError::Unknown {
            name: name.to_owned(),
            known: names().collect::<Vec<_>>().join(", "),
        });
    };
    #[allow(clippy::expect_used, reason = "see above")]
    let board = Board::parse(&format!("board/{name}.toml"), text).expect("embedded boards parse");
    Ok(board)
}

/// The names of the boards that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

impl Board {
    /// Parses the text of a board file called `file`.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let source = Source { file, text };
        let mut board: Self = source.parse()?;
        board
            .move_buttons(None, None)
            .map_err(|error| source.error_at("buttons", &error))?;
        Ok(board)
    }

    /// Reads and checks a board file.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&path.display().to_string(), &source::read(path)?)
    }

    /// Moves buttons to other lines; the board stays as it was if that cannot be.
    pub fn move_buttons(
        &mut self,
        connect: Option<u8>,
        disconnect: Option<u8>,
    ) -> Result<(), BoardError> {
        let connect = connect.unwrap_or(self.buttons.connect.line);
        let disconnect = disconnect.unwrap_or(self.buttons.disconnect.line);
        let board = || self.name.clone();
        if connect == disconnect {
            return Err(BoardError::SharedLine {
                line: connect,
                board: board(),
            });
        }
        for (button, line) in [(Button::Connect, connect), (Button::Disconnect, disconnect)] {
            if self.bus_lines().contains(&line) {
                return Err(BoardError::BusLine {
                    button,
                    line,
                    board: board(),
                });
            }
        }
        self.buttons.connect.line = connect;
        self.buttons.disconnect.line = disconnect;
        Ok(())
    }

    /// Width and height of the panel in pixels.
    #[must_use]
    pub fn geometry(&self) -> Option<(u32, u32)> {
        let panel = self.panel.as_ref()?;
        Some((panel.width, panel.height))
    }

    /// Lines that the panel's bus takes: I2C 1 of every Pi is on BCM 2 (data) and 3 (clock).
    fn bus_lines(&self) -> &'static [u8] {
        match self.panel.as_ref().map(|panel| &panel.bus) {
            Some(Bus::I2c { path, .. }) if path == Path::new(probe::BUS) => &[2, 3],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_board_parses_under_its_own_name() {
        for name in names() {
            let board = resolve(name).unwrap();
            assert_eq!(board.name, name);
            assert!(!board.title.is_empty());
            // Polarity and resistor belong together, or the line floats while nobody presses.
            for (_, line) in board.buttons.iter() {
                assert!(matches!(
                    (line.pull, line.pressed),
                    (Pull::Up, Level::Low) | (Pull::Down, Level::High) | (Pull::Off, _)
                ));
            }
        }
        assert_eq!(resolve("ssd1306-i2c").unwrap().geometry(), Some((128, 64)));
        assert_eq!(resolve("headless").unwrap().geometry(), None);
    }

    #[test]
    fn buttons_move_together_or_not_at_all() {
        let mut board = resolve("ssd1306-i2c").unwrap();
        let lines = |board: &Board| (board.buttons.connect.line, board.buttons.disconnect.line);
        assert_eq!(lines(&board), (5, 6));
        // Swapping is no conflict, though each lands where the other was.
        board.move_buttons(Some(6), Some(5)).unwrap();
        assert_eq!(lines(&board), (6, 5));
        assert!(board.move_buttons(Some(5), None).is_err());
        assert!(board.move_buttons(None, Some(3)).is_err());
        assert_eq!(lines(&board), (6, 5));
    }
}

//! The hardware as data: which panel on which bus, which lines the buttons are on, how it is wired.
//!
//! One TOML file a board, in `board/`, built into the program; more in `/etc/pairbox/board.d`
//! ([`catalog`]). Adding a board is adding a file and a line in `catalog`; code asks for
//! capabilities, never for a board's name. Nothing here opens a device, except `probe`, which reads
//! one byte from the addresses a panel may have.

pub mod catalog;
pub mod guide;
pub mod header;
mod panel;
pub mod probe;
mod rules;

use std::path::Path;

use serde::Deserialize;

pub use catalog::{Catalog, names, resolve};
pub use panel::{Bus, PanelDriver, PanelSpec, Rotation};
pub use rules::BoardError;

use crate::config::source::{self, FileError, Source};
use crate::event::Button;

/// One assembly of panel and buttons.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// What it is called in the configuration. Its file is called the same.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How an add-on board says that it is this one.
    #[serde(default)]
    pub hat: Hat,
    /// The panel; a box without one is configured and watched on its page.
    pub panel: Option<PanelSpec>,
    /// The buttons.
    pub buttons: ButtonLines,
    /// What has to be connected that the lines do not tell.
    #[serde(default)]
    pub wiring: Wiring,
    /// What the operating system has to be told.
    #[serde(default)]
    pub setup: Setup,
}

/// `[hat]`: the EEPROM that an add-on board may carry.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section [hat]")]
pub struct Hat {
    /// The product names in it; one that ends with `*` stands for all that begin so.
    pub products: Vec<String>,
}

impl Hat {
    /// Whether an EEPROM with this product name means this board.
    #[must_use]
    pub fn answers_to(&self, product: &str) -> bool {
        self.products
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(beginning) => !beginning.is_empty() && product.starts_with(beginning),
                None => product == pattern,
            })
    }
}

/// `[wiring]`: for people. Signals on lines follow from the panel's bus and are not repeated here.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [wiring]")]
pub struct Wiring {
    /// The panel's board is put on the 40-pin header: no wires.
    pub sits_on_header: bool,
    /// Wires to supply and ground.
    pub supply: Vec<SupplyWire>,
    /// What is printed beside the buttons of the board; none: buttons have to be wired.
    pub labels: Option<ButtonLabels>,
}

/// A wire to a supply pin.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyWire {
    /// What the module calls it.
    pub signal: String,
    /// The number of the header's pin; 3.3 V, 5 V or ground.
    pub pin: u8,
}

/// What is printed beside the buttons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ButtonLabels {
    connect: Option<String>,
    disconnect: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    select: Option<String>,
}

impl ButtonLabels {
    /// What is printed beside the button of this function.
    #[must_use]
    pub fn of(&self, button: Button) -> Option<&str> {
        match button {
            Button::Connect => self.connect.as_deref(),
            Button::Disconnect => self.disconnect.as_deref(),
            Button::Previous => self.previous.as_deref(),
            Button::Next => self.next.as_deref(),
            Button::Select => self.select.as_deref(),
        }
    }
}

/// `[setup]`: what the operating system has to be told.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [setup]")]
pub struct Setup {
    /// Lines for `config.txt` on the boot partition.
    pub config_txt: Vec<String>,
    /// Kernel modules that nothing else loads.
    pub modules: Vec<String>,
    /// Kernel subsystems whose devices this board uses; udev rules give each to a group.
    pub subsystems: Vec<Subsystem>,
}

/// A kernel subsystem, by its name for udev.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subsystem {
    /// Lines.
    Gpio,
    /// `/dev/i2c-*`.
    I2cDev,
    /// `/dev/spidev*`.
    Spidev,
}

impl Subsystem {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gpio, Self::I2cDev, Self::Spidev];

    /// Its name for udev.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpio => "gpio",
            Self::I2cDev => "i2c-dev",
            Self::Spidev => "spidev",
        }
    }

    /// The group that Raspberry Pi OS gives its devices to.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Gpio => "gpio",
            Self::I2cDev => "i2c",
            Self::Spidev => "spi",
        }
    }
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

    /// Puts a button on another line. One the board does not have is taken for a button to ground.
    fn put(&mut self, button: Button, line: u8) {
        let to_ground = ButtonLine {
            line,
            pull: Pull::Up,
            pressed: Level::Low,
        };
        let place = match button {
            Button::Connect => &mut self.connect,
            Button::Disconnect => &mut self.disconnect,
            Button::Previous => self.previous.get_or_insert(to_ground),
            Button::Next => self.next.get_or_insert(to_ground),
            Button::Select => self.select.get_or_insert(to_ground),
        };
        place.line = line;
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

impl Board {
    /// Parses the text of a board file called `file` and checks that such a board can be.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let source = Source { file, text };
        let board: Self = source.parse().map_err(panel::colours_explained)?;
        rules::check(&board).map_err(|error| source.error_at(&error.key(), &error))?;
        Ok(board)
    }

    /// Reads and checks a board file.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&path.display().to_string(), &source::read(path)?)
    }

    /// Moves buttons to other lines, all at once; the board stays as it was if that cannot be.
    pub fn move_buttons(&mut self, moves: &[(Button, u8)]) -> Result<(), BoardError> {
        let mut moved = self.clone();
        for (button, line) in moves {
            moved.buttons.put(*button, *line);
        }
        rules::check(&moved)?;
        *self = moved;
        Ok(())
    }

    /// Width and height of the panel in pixels.
    #[must_use]
    pub fn geometry(&self) -> Option<(u32, u32)> {
        let panel = self.panel.as_ref()?;
        Some((panel.width, panel.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_move_together_or_not_at_all() {
        use Button::{Connect, Disconnect, Next};
        let mut board = resolve("ssd1306-i2c").unwrap();
        let lines = |board: &Board| (board.buttons.connect.line, board.buttons.disconnect.line);
        assert_eq!(lines(&board), (5, 6));
        // Swapping is no conflict, though each lands where the other was.
        board
            .move_buttons(&[(Connect, 6), (Disconnect, 5)])
            .unwrap();
        assert_eq!(lines(&board), (6, 5));
        assert!(board.move_buttons(&[(Connect, 5)]).is_err());
        assert!(
            board
                .move_buttons(&[(Connect, 7), (Disconnect, 3)])
                .is_err()
        );
        assert_eq!(lines(&board), (6, 5));
        // A button that the board does not have is added, to ground.
        board.move_buttons(&[(Next, 13)]).unwrap();
        let next = board.buttons.next.unwrap();
        assert_eq!(
            (next.line, next.pull, next.pressed),
            (13, Pull::Up, Level::Low)
        );
    }

    #[test]
    fn a_product_is_meant_whole_or_by_its_beginning() {
        let hat = |products: &[&str]| Hat {
            products: products.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert!(hat(&["a", "Acme OLED"]).answers_to("Acme OLED"));
        assert!(!hat(&["Acme OLED"]).answers_to("Acme OLED 2"));
        assert!(hat(&["Acme OLED*"]).answers_to("Acme OLED 2"));
        assert!(!hat(&["Acme OLED*"]).answers_to("Acme"));
        assert!(!hat(&["*"]).answers_to("anything"));
        assert!(!hat(&[]).answers_to(""));
    }
}

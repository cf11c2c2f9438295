//! `board = "auto"`: look at what an add-on board says about itself, then at the I2C bus, and choose.
//!
//! Two things are ever looked at: the EEPROM's product name, which the firmware read at boot, and one
//! byte from each of the two addresses an OLED can have. Driving lines to find SPI panels could fight
//! against a panel that drives them too (line 24 is an output for an OLED HAT, and e-paper's BUSY).
//! The choice is a pure function of what was seen, and says why in words for the log.

use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::i2c::I2c as _;
use linux_embedded_hal::I2cdev;

use super::Board;

/// The boards `auto` chooses from where no add-on board says what it is: with a panel, without one.
pub const AUTO_NAMES: [&str; 2] = ["ssd1306-i2c", "headless"];

/// The bus on the 40-pin header of every Pi since 2012.
pub const BUS: &str = "/dev/i2c-1";

/// The addresses of an SSD1306, by its data sheet (section 8.1.5: 0 1 1 1 1 0 SA0).
pub const ADDRESSES: [u8; 2] = [0x3c, 0x3d];

/// Where the firmware leaves the product name of an add-on board's EEPROM. Not `/proc/device-tree`:
/// the unit hides most of `/proc`.
pub const HAT_PRODUCT: &str = "/sys/firmware/devicetree/base/hat/product";

/// Longest product name there is: its length is one byte (EEPROM format, "vendor info atom").
const PRODUCT_MAX: usize = 255;

/// The places that are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places {
    /// The EEPROM's product name.
    pub hat_product: PathBuf,
    /// The bus.
    pub bus: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            hat_product: HAT_PRODUCT.into(),
            bus: BUS.into(),
        }
    }
}

/// What the machine showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The product name in the EEPROM of an add-on board; `None` without one.
    pub hat: Option<String>,
    /// The I2C bus.
    pub bus: BusSeen,
}

/// What the bus showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BusSeen {
    /// There is no such bus.
    NoBus,
    /// It is there, but this user may not open it.
    Forbidden,
    /// It is there and cannot be used, in the system's words.
    Broken(String),
    /// These addresses of [`ADDRESSES`] answered.
    Answers(Vec<u8>),
}

/// The name of the board for what was seen, and why. `boards` are those there are.
#[must_use]
pub fn decide(seen: &Seen, boards: impl IntoIterator<Item = Board>) -> (String, String) {
    let [with_panel, without] = AUTO_NAMES;
    let (name, why) = match &seen.bus {
        BusSeen::NoBus => (
            without,
            format!("{BUS} does not exist: I2C is switched off, or this is not a Pi"),
        ),
        BusSeen::Forbidden => (
            without,
            format!("{BUS} may not be opened by this user: is it in the group i2c?"),
        ),
        BusSeen::Broken(why) => (without, format!("{BUS} cannot be used: {why}")),
        BusSeen::Answers(addresses) => match addresses.first() {
            Some(address) => (
                with_panel,
                format!("a panel answers at {address:#04x} on {BUS}"),
            ),
            None => (
                without,
                format!("nothing answers at 0x3c or 0x3d on {BUS}: check power and wires"),
            ),
        },
    };
    let Some(product) = &seen.hat else {
        return (name.to_owned(), why);
    };
    let meant = boards
        .into_iter()
        .find(|board| board.hat.answers_to(product));
    match meant {
        Some(board) => {
            let why = format!("the add-on board's EEPROM says `{product}`");
            (board.name, why)
        }
        None => (
            name.to_owned(),
            format!("the add-on board's EEPROM says `{product}`, which is none of ours; {why}"),
        ),
    }
}

/// Looks at the machine. Takes a few milliseconds; blocks.
#[must_use]
pub fn look() -> Seen {
    look_at(&Places::default())
}

/// Looks at these places.
#[must_use]
pub fn look_at(places: &Places) -> Seen {
    Seen {
        hat: product(&places.hat_product),
        bus: look_at_bus(&places.bus),
    }
}

/// The product name in the device tree: ends with a NUL, and is whatever somebody burned.
fn product(path: &Path) -> Option<String> {
    use io::Read as _;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(PRODUCT_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.split('\0').next().unwrap_or_default();
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn look_at_bus(bus: &Path) -> BusSeen {
    match std::fs::metadata(bus) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return BusSeen::NoBus,
        _ => {}
    }
    if let Err(error) = std::fs::OpenOptions::new().read(true).write(true).open(bus) {
        return match error.kind() {
            io::ErrorKind::PermissionDenied => BusSeen::Forbidden,
            _ => BusSeen::Broken(error.to_string()),
        };
    }
    match ask(bus, &ADDRESSES) {
        Ok(answers) => BusSeen::Answers(answers),
        Err(why) => BusSeen::Broken(why),
    }
}

/// Which of these addresses answer: each is asked for one byte, which disturbs no panel.
///
/// # Errors
/// The bus cannot be opened, in the system's words.
pub fn ask(bus: &Path, addresses: &[u8]) -> Result<Vec<u8>, String> {
    let mut device = I2cdev::new(bus).map_err(|error| error.to_string())?;
    let answers = |address: &u8| device.read(*address, &mut [0]).is_ok();
    Ok(addresses.iter().copied().filter(answers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board;

    fn seen(bus: BusSeen) -> Seen {
        Seen { hat: None, bus }
    }

    #[test]
    fn the_choice_says_why() {
        for (bus, board, why) in [
            (
                BusSeen::Answers(vec![0x3c]),
                "ssd1306-i2c",
                "a panel answers at 0x3c on /dev/i2c-1",
            ),
            (
                BusSeen::Answers(vec![0x3d]),
                "ssd1306-i2c",
                "a panel answers at 0x3d on /dev/i2c-1",
            ),
            (
                BusSeen::Answers(vec![]),
                "headless",
                "nothing answers at 0x3c or 0x3d on /dev/i2c-1: check power and wires",
            ),
            (
                BusSeen::NoBus,
                "headless",
                "/dev/i2c-1 does not exist: I2C is switched off, or this is not a Pi",
            ),
            (
                BusSeen::Forbidden,
                "headless",
                "/dev/i2c-1 may not be opened by this user: is it in the group i2c?",
            ),
            (
                BusSeen::Broken("no such ioctl".into()),
                "headless",
                "/dev/i2c-1 cannot be used: no such ioctl",
            ),
        ] {
            let chosen = decide(&seen(bus.clone()), []);
            assert_eq!(chosen, (board.to_owned(), why.to_owned()), "{bus:?}");
        }
    }

    #[test]
    fn an_add_on_board_that_says_what_it_is_is_believed() {
        let mut hat = board::resolve("waveshare-oled-hat-1.3").unwrap();
        hat.hat.products = vec!["Acme OLED*".into()];
        let with = |product: &str| Seen {
            hat: Some(product.into()),
            bus: BusSeen::Answers(vec![0x3c]),
        };
        assert_eq!(
            decide(&with("Acme OLED v2"), [hat.clone()]),
            (
                "waveshare-oled-hat-1.3".to_owned(),
                "the add-on board's EEPROM says `Acme OLED v2`".to_owned()
            )
        );
        assert_eq!(
            decide(&with("Sense HAT"), [hat]),
            (
                "ssd1306-i2c".to_owned(),
                "the add-on board's EEPROM says `Sense HAT`, which is none of ours; a panel answers \
                 at 0x3c on /dev/i2c-1"
                    .to_owned()
            )
        );
    }

    #[test]
    fn what_is_looked_at_is_what_the_board_has() {
        let found = board::resolve(AUTO_NAMES[0]).unwrap();
        let expected = board::Bus::I2c {
            path: BUS.into(),
            addresses: ADDRESSES.to_vec(),
            reset: None,
        };
        assert_eq!(found.panel.map(|panel| panel.bus), Some(expected));
        assert_eq!(board::resolve(AUTO_NAMES[1]).unwrap().panel, None);
    }

    #[test]
    fn a_bus_that_is_not_there_and_one_that_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(look_at_bus(&folder.path().join("i2c-1")), BusSeen::NoBus);
        // Nothing answers on an ordinary file, and nothing is written to it either.
        let file = folder.path().join("file");
        std::fs::write(&file, "untouched").unwrap();
        let bus = look_at_bus(&file);
        assert!(matches!(bus, BusSeen::Broken(_) | BusSeen::Answers(_)));
        assert_eq!(decide(&seen(bus), []).0, "headless");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "untouched");
    }

    #[test]
    fn product_names_as_the_firmware_leaves_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("product");
        assert_eq!(product(&path), None);
        for (bytes, name) in [
            (&b"Sense HAT\0"[..], Some("Sense HAT")),
            (b"Sense HAT", Some("Sense HAT")),
            (b" Pi-DAC+ \0rest", Some("Pi-DAC+")),
            (b"two\nlines\x1b[31m\0", Some("twolines[31m")),
            (b"\0", None),
            (b"", None),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(product(&path).as_deref(), name);
        }
        std::fs::write(&path, vec![b'x'; 100_000]).unwrap();
        assert_eq!(product(&path).map(|name| name.len()), Some(PRODUCT_MAX + 1));
    }
}

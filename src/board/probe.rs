//! `board = "auto"`: look at the I2C bus and choose.
//!
//! Only I2C is ever probed, by reading one byte from the two addresses an SSD1306 can have: driving
//! lines to find SPI panels could fight against a panel that drives them too. The choice is a pure
//! function of what was seen, and says why in words for the log.

use std::io;
use std::path::Path;

use embedded_hal::i2c::I2c as _;
use linux_embedded_hal::I2cdev;

/// The boards `auto` chooses from: with a panel, without one.
pub const AUTO_NAMES: [&str; 2] = ["ssd1306-i2c", "headless"];

/// The bus on the 40-pin header of every Pi since 2012.
pub const BUS: &str = "/dev/i2c-1";

/// The addresses of an SSD1306, by its data sheet (section 8.1.5: 0 1 1 1 1 0 SA0).
pub const ADDRESSES: [u8; 2] = [0x3c, 0x3d];

/// What the bus showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// There is no such bus.
    NoBus,
    /// It is there, but this user may not open it.
    Forbidden,
    /// It is there and cannot be used, in the system's words.
    Broken(String),
    /// These addresses of [`ADDRESSES`] answered.
    Answers(Vec<u8>),
}

/// The board for what was seen, and why.
#[must_use]
pub fn decide(seen: &Seen) -> (&'static str, String) {
    let [with_panel, without] = AUTO_NAMES;
    match seen {
        Seen::NoBus => (
            without,
            format!("{BUS} does not exist: I2C is switched off, or this is not a Pi"),
        ),
        Seen::Forbidden => (
            without,
            format!("{BUS} may not be opened by this user: is it in the group i2c?"),
        ),
        Seen::Broken(why) => (without, format!("{BUS} cannot be used: {why}")),
        Seen::Answers(addresses) => match addresses.first() {
            Some(address) => (
                with_panel,
                format!("a panel answers at {address:#04x} on {BUS}"),
            ),
            None => (
                without,
                format!("nothing answers at 0x3c or 0x3d on {BUS}: check power and wires"),
            ),
        },
    }
}

/// Looks at the bus. Takes a few milliseconds; blocks.
#[must_use]
pub fn look() -> Seen {
    look_at(Path::new(BUS))
}

fn look_at(bus: &Path) -> Seen {
    match std::fs::metadata(bus) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Seen::NoBus,
        _ => {}
    }
    if let Err(error) = std::fs::OpenOptions::new().read(true).write(true).open(bus) {
        return match error.kind() {
            io::ErrorKind::PermissionDenied => Seen::Forbidden,
            _ => Seen::Broken(error.to_string()),
        };
    }
    let mut device = match I2cdev::new(bus) {
        Ok(device) => device,
        Err(error) => return Seen::Broken(error.to_string()),
    };
    let answers = |address: &u8| device.read(*address, &mut [0]).is_ok();
    Seen::Answers(ADDRESSES.into_iter().filter(answers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board;

    #[test]
    fn the_choice_says_why() {
        for (seen, board, why) in [
            (
                Seen::Answers(vec![0x3c]),
                "ssd1306-i2c",
                "a panel answers at 0x3c on /dev/i2c-1",
            ),
            (
                Seen::Answers(vec![0x3d]),
                "ssd1306-i2c",
                "a panel answers at 0x3d on /dev/i2c-1",
            ),
            (
                Seen::Answers(vec![]),
                "headless",
                "nothing answers at 0x3c or 0x3d on /dev/i2c-1: check power and wires",
            ),
            (
                Seen::NoBus,
                "headless",
                "/dev/i2c-1 does not exist: I2C is switched off, or this is not a Pi",
            ),
            (
                Seen::Forbidden,
                "headless",
                "/dev/i2c-1 may not be opened by this user: is it in the group i2c?",
            ),
            (
                Seen::Broken("no such ioctl".into()),
                "headless",
                "/dev/i2c-1 cannot be used: no such ioctl",
            ),
        ] {
            assert_eq!(decide(&seen), (board, why.to_owned()), "{seen:?}");
        }
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
        assert_eq!(look_at(&folder.path().join("i2c-1")), Seen::NoBus);
        // Nothing answers on an ordinary file, and nothing is written to it either.
        let file = folder.path().join("file");
        std::fs::write(&file, "untouched").unwrap();
        assert!(matches!(look_at(&file), Seen::Broken(_) | Seen::Answers(_)));
        assert_eq!(decide(&look_at(&file)).0, "headless");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "untouched");
    }
}

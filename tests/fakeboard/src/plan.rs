//! Which machine the board is: names of its devices, the chip's label, and files of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the machine is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The GPIO chip's device.
    pub chip: PathBuf,
    /// Its label, by which programs find it.
    pub label: String,
    /// How many lines it has.
    pub lines: u32,
    /// The I2C bus.
    pub i2c: PathBuf,
    /// The SPI device.
    pub spi: PathBuf,
    /// Files that are not there otherwise, like the device tree's: path and contents.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Default for Plan {
    /// A Pi Zero, 1, 2 or 3.
    fn default() -> Self {
        Self {
            chip: "/dev/gpiochip0".into(),
            label: "pinctrl-bcm2835".into(),
            lines: 54,
            i2c: "/dev/i2c-1".into(),
            spi: "/dev/spidev0.0".into(),
            files: BTreeMap::new(),
        }
    }
}

impl Plan {
    /// A Pi 4.
    #[must_use]
    pub fn pi4() -> Self {
        Self {
            label: "pinctrl-bcm2711".into(),
            lines: 58,
            ..Self::default()
        }
    }

    /// A Pi 5 under an early kernel, which counted its chips differently.
    #[must_use]
    pub fn pi5() -> Self {
        Self {
            chip: "/dev/gpiochip4".into(),
            label: "pinctrl-rp1".into(),
            ..Self::default()
        }
    }

    /// The devices there are.
    #[must_use]
    pub fn devices(&self) -> [&Path; 3] {
        [&self.chip, &self.i2c, &self.spi]
    }
}

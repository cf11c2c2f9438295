//! What is plugged onto the header: a panel on a bus, seen from the wires.

use pairbox_chips::{Cable, Picture};

/// A module on the header. Lines are BCM numbers, levels as on the wire.
pub trait Module: Send {
    /// A write to a 7-bit address. `false`: not acknowledged.
    fn i2c_write(&mut self, address: u8, bytes: &[u8]) -> bool;

    /// A read from a 7-bit address. `false`: not acknowledged.
    fn i2c_read(&mut self, address: u8, bytes: &mut [u8]) -> bool;

    /// Bytes on MOSI while the chip is selected. MISO is not connected on any panel we have.
    fn spi_write(&mut self, bytes: &[u8]);

    /// A line that the board drives, or pulls, changed.
    fn set_line(&mut self, line: u32, high: bool);

    /// The lines the module drives itself, as they are now.
    fn levels(&mut self) -> Vec<(u32, bool)>;

    /// What a person sees.
    fn picture(&self) -> Picture;
}

/// Nothing is plugged in.
pub struct Nothing;

impl Module for Nothing {
    fn i2c_write(&mut self, _address: u8, _bytes: &[u8]) -> bool {
        false
    }

    fn i2c_read(&mut self, _address: u8, _bytes: &mut [u8]) -> bool {
        false
    }

    fn spi_write(&mut self, _bytes: &[u8]) {}

    fn set_line(&mut self, _line: u32, _high: bool) {}

    fn levels(&mut self) -> Vec<(u32, bool)> {
        Vec::new()
    }

    fn picture(&self) -> Picture {
        Picture::from_fn(0, 0, |_, _| false)
    }
}

/// An OLED on four wires.
pub struct I2cOled {
    /// The cable; clones of it can pull the panel out.
    pub cable: Cable,
    /// Its 7-bit address.
    pub address: u8,
}

impl Module for I2cOled {
    fn i2c_write(&mut self, address: u8, bytes: &[u8]) -> bool {
        self.cable.send(address, bytes).is_ok()
    }

    fn i2c_read(&mut self, address: u8, bytes: &mut [u8]) -> bool {
        // The status byte (SSD1306 8.1.5.2): bit 6 would say that the display is off.
        bytes.fill(0);
        address == self.address
    }

    fn spi_write(&mut self, _bytes: &[u8]) {}

    fn set_line(&mut self, _line: u32, _high: bool) {}

    fn levels(&mut self) -> Vec<(u32, bool)> {
        Vec::new()
    }

    fn picture(&self) -> Picture {
        self.cable.picture()
    }
}

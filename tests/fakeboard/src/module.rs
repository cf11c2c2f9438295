//! What is plugged onto the header: a panel on a bus, seen from the wires.

use pairbox_chips::{Cable, Line, Picture, SpiCable};

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
    fn levels(&mut self) -> Vec<(u32, bool)> {
        Vec::new()
    }

    /// Lines that have a resistor on the module, and where it pulls them.
    fn resistors(&self) -> Vec<(u32, bool)> {
        Vec::new()
    }

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

    fn picture(&self) -> Picture {
        Picture::from_fn(0, 0, |_, _| false)
    }
}

/// An OLED on four wires. Clones of the cable can pull it out.
pub struct I2cOled(pub Cable);

impl Module for I2cOled {
    fn i2c_write(&mut self, address: u8, bytes: &[u8]) -> bool {
        self.0.i2c_write(address, bytes).is_ok()
    }

    fn i2c_read(&mut self, address: u8, bytes: &mut [u8]) -> bool {
        self.0.i2c_read(address, bytes).is_ok()
    }

    fn spi_write(&mut self, _bytes: &[u8]) {}

    fn set_line(&mut self, _line: u32, _high: bool) {}

    fn picture(&self) -> Picture {
        self.0.picture()
    }
}

/// A panel on SPI, with the lines it is wired to.
pub struct SpiPanel {
    /// The cable; clones of it can pull the panel out.
    pub cable: SpiCable,
    /// Data or command.
    pub dc: u32,
    /// Reset, with a resistor to 3.3 V on the module.
    pub reset: u32,
    /// E-paper says here that it is at work; the resistor is to ground.
    pub busy: Option<u32>,
    /// E-paper gets its supply by this; the resistor is to ground.
    pub power: Option<u32>,
}

impl Module for SpiPanel {
    fn i2c_write(&mut self, _address: u8, _bytes: &[u8]) -> bool {
        false
    }

    fn i2c_read(&mut self, _address: u8, _bytes: &mut [u8]) -> bool {
        false
    }

    fn spi_write(&mut self, bytes: &[u8]) {
        // Faults of the bus are the board's business here.
        let _ = self.cable.spi_write(bytes);
    }

    fn set_line(&mut self, line: u32, high: bool) {
        if line == self.dc {
            self.cable.set_line(Line::Dc, high);
        } else if line == self.reset {
            self.cable.set_line(Line::Reset, high);
        } else if Some(line) == self.power {
            self.cable.set_line(Line::Power, high);
        }
    }

    fn levels(&mut self) -> Vec<(u32, bool)> {
        let level = |busy| (busy, self.cable.line_level(Line::Busy));
        self.busy.map(level).into_iter().collect()
    }

    fn resistors(&self) -> Vec<(u32, bool)> {
        let power = self.power.map(|power| (power, false));
        [Some((self.reset, true)), power].into_iter().flatten().collect()
    }

    fn picture(&self) -> Picture {
        self.cable.picture()
    }
}

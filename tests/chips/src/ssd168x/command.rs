//! The command tables of SSD1680 (rev. 0.14, section 7) and SSD1683 (section 7): what follows a command.
//!
//! A command byte comes with D/C low, its parameters with D/C high.

use super::Controller;
use super::ram::Plane;
use crate::violation::Violation;

/// What follows a command byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// So many parameters, at least and at most.
    Parameters(usize, usize),
    /// Picture data.
    Picture(Plane),
}

/// What follows this command.
pub fn takes(controller: Controller, command: u8) -> Result<Takes, Violation> {
    let count = match command {
        // SWRESET, master activation, NOP.
        0x12 | 0x20 | 0x7f => 0,
        // Gate voltage, deep sleep, data entry mode, HV ready detection, VCI detection, temperature
        // sensor, display update control 2, VCOM duration, VCOM register, border, LUT end, X counter.
        0x03 | 0x10 | 0x11 | 0x14 | 0x15 | 0x18 | 0x22 | 0x29 | 0x2c | 0x3c | 0x3f | 0x4e => 1,
        // Display update control 1, VCOM control, X window, Y counter.
        0x21 | 0x2b | 0x44 | 0x4f => 2,
        // Driver output control, source voltage, external temperature sensor.
        0x01 | 0x04 | 0x1c => 3,
        // Booster soft start, Y window.
        0x0c | 0x45 => 4,
        // Display option.
        0x37 => 10,
        // The temperature: 12 bits, of which the vendor's 4.2" driver sends only the upper 8.
        0x1a => return Ok(Takes::Parameters(1, 2)),
        // The waveform: "Bytes 0 to 152" on the SSD1680, 0 to 226 on the SSD1683.
        0x32 => match controller {
            Controller::Ssd1680 => 153,
            Controller::Ssd1683 => 227,
        },
        0x24 => return Ok(Takes::Picture(Plane::New)),
        0x26 => return Ok(Takes::Picture(Plane::Old)),
        // One-time programming, reading, self-tests, patterns.
        0x08..=0x0a
        | 0x1b
        | 0x27
        | 0x28
        | 0x2a
        | 0x2d..=0x31
        | 0x34..=0x36
        | 0x38
        | 0x39
        | 0x41
        | 0x46
        | 0x47 => return Err(Violation::NotModelled(command)),
        _ => return Err(Violation::UnknownCommand(command)),
    };
    Ok(Takes::Parameters(count, count))
}

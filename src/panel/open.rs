//! Panels on the real buses of the kernel: from a board's words to a driver on a device.
//!
//! Only the way to the device belongs here; what is sent is the drivers' business.

use std::path::Path;

use linux_embedded_hal::I2cdev;

use super::ssd1306::Oled;
use super::{Opener, Panel, PanelError};
use crate::board::{Bus, PanelSpec};

/// An opener for the panel that a board names. Addresses are tried one at each call, the usual one
/// first: whether a panel is there shows only when something is sent to it.
#[must_use]
pub fn opener(spec: &PanelSpec) -> Opener {
    let (path, addresses) = match &spec.bus {
        Bus::I2c {
            path, addresses, ..
        } => (path.clone(), addresses.clone()),
        Bus::Spi { path, .. } => (path.clone(), Vec::new()),
        #[cfg(feature = "bench")]
        Bus::Socket => ("[bench] socket".into(), Vec::new()),
    };
    let mut addresses = addresses.into_iter().cycle();
    Box::new(move || match addresses.next() {
        Some(address) => open_ssd1306(&path, address),
        None => Err(PanelError::Open {
            device: path.display().to_string(),
            why: "the board names no address".to_owned(),
        }),
    })
}

/// Opens the bus at `path`, for an SSD1306 at the 7-bit `address` on it. Whether one is there shows
/// with the first frame.
///
/// # Errors
/// [`PanelError::Open`]: there is no such bus or no right to it (is I2C enabled, is the user in the
/// group `i2c`?).
pub fn open_ssd1306(path: &Path, address: u8) -> Result<Box<dyn Panel>, PanelError> {
    let device = path.display().to_string();
    let bus = I2cdev::new(path).map_err(|error| PanelError::Open {
        device: device.clone(),
        why: error.to_string(),
    })?;
    Ok(Box::new(Oled::new(bus, address, &device)))
}

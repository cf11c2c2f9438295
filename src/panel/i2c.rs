//! Panels on a real I2C bus of the kernel (`/dev/i2c-1` on a Raspberry Pi).
//!
//! Only the way to the device belongs here; what is sent is the drivers' business.

use std::path::Path;

use linux_embedded_hal::I2cdev;

use super::ssd1306::Oled;
use super::{Panel, PanelError};

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

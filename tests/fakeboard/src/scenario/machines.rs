//! Other Pis: other labels, another number of the chip.

use std::path::Path;

use anyhow::Result;
use pairbox_fakeboard::Plan;

use super::scene::{Kit, Scene};

/// A Pi 4.
pub fn pi4() -> Plan {
    Plan::pi4()
}

/// A Pi 5 whose header is `/dev/gpiochip4`.
pub fn pi5() -> Plan {
    Plan::pi5()
}

/// The button is found by the chip's label.
pub fn on(binary: &Path, plan: Plan) -> Result<()> {
    let scene = Scene::set_on(binary, Kit::SpiOled, plan)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    scene.close(powered)
}

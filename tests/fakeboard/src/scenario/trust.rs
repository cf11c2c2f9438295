//! The certificate chain is checked in the binary that is shipped.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use pairbox_sim::Event;

use super::scene::{Kit, PATIENCE, Scene, said};

/// With the root of trust that was built in, the simulated service is refused.
pub fn refused_without_the_swap(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let powered = scene.power_on_with(None)?;
    scene.wait_glass(&powered, "Disconnected")?;
    let mut cursor = scene.service.cursor();
    scene.board.tap(scene.kit.connect());
    // It connects and hangs up again, without having said who it is.
    cursor
        .wait(PATIENCE, |event| matches!(event, Event::ConnectionOpened { .. }))
        .map_err(|late| anyhow!("{late:?}; {}", said(&powered)))?;
    cursor
        .wait(PATIENCE, |event| matches!(event, Event::Closed { .. }))
        .map_err(|late| anyhow!("{late:?}; {}", said(&powered)))?;
    let greeted = cursor.wait(Duration::from_secs(2), |event| {
        matches!(event, Event::Handshake { .. })
    });
    if greeted.is_ok() {
        bail!("the box finished a handshake with a service it cannot trust");
    }
    scene.close(powered)
}

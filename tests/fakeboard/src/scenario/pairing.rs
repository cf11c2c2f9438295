//! The whole of it once: from the plug to a linked account and off again.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use pairbox_fakeboard::board::now;

use super::scene::{Kit, PATIENCE, Scene, since};
use super::{ensure, figure};

/// Press, code, scan, connected, press, disconnected; through restarts.
pub fn pair(binary: &Path, kit: Kit) -> Result<()> {
    let name = kit.board();
    let scene = Scene::set(binary, kit)?;
    let started = now();
    let powered = scene.power_on()?;
    scene.wait_glass(&powered, "Disconnected")?;
    scene.tell_first_picture(name, started)?;
    let before = scene.panel.stats();

    let pressed = now();
    scene.board.tap(kit.connect());
    let code = scene.wait_code(&powered)?;
    let stats = scene.panel.stats();
    let bytes = stats.bytes - before.bytes;
    figure(
        name,
        &format!("code on the glass {} after the press, {bytes} bytes", since(pressed)),
    );
    let scanned = now();
    scene
        .phone
        .scan(&code)
        .map_err(|error| anyhow::anyhow!("the phone says: {error}"))?;
    scene.wait_connected(&powered)?;
    figure(name, &format!("connected {} after the scan", since(scanned)));
    ensure(scene.phone.devices().len() == 1, || "not linked".to_owned())?;

    let from = powered.log().len();
    let pressed = now();
    scene.board.tap(kit.disconnect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ stopped"))?;
    scene.wait_glass(&powered, "Disconnected")?;
    figure(name, &format!("disconnected {} after the press", since(pressed)));

    // And once more, without a code.
    let from = powered.log().len();
    scene.board.tap(kit.connect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ working"))?;
    scene.wait_glass_within(&powered, "Connected", Duration::from_secs(20))?;
    scene.close(powered)
}

//! Wires that break while the box works: the service goes on, and the glass is right within five
//! seconds after the fault has ended.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pairbox_fakeboard::BusFault;
use pairbox_fakeboard::board::now;
use pairbox_fakeboard::finger::pass;
use pairbox_rig::power::PoweredBox;

use super::scene::{Kit, PATIENCE, RIGHT_AGAIN, Scene, said, since};
use super::{ensure, figure};

/// Long enough for a box that falls over to have fallen.
const FAULTY: Duration = Duration::from_secs(3);

/// The line that says how BUSY is, of the e-paper.
const BUSY: u32 = 24;

/// How long the box may wait for BUSY before it goes on without the panel (10 s), and some more.
const BUSY_GIVEN_UP: Duration = Duration::from_secs(25);

/// A press while the panel cannot be reached: the service does what it is told to. Leaves a glass that
/// has to be drawn anew.
fn press_during(scene: &Scene, powered: &PoweredBox) -> Result<()> {
    let from = powered.log().len();
    scene.board.tap(scene.kit.disconnect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ stopped"))?;
    let from = powered.log().len();
    scene.board.tap(scene.kit.connect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ working"))?;
    pass(FAULTY);
    let account = powered.account().with_context(|| said(powered))?;
    ensure(account["status"] == "working", || {
        format!("the service was affected: {account}; {}", said(powered))
    })?;
    let from = powered.log().len();
    scene.board.tap(scene.kit.disconnect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ stopped"))?;
    Ok(())
}

/// The glass is right again soon enough.
fn right_again(scene: &Scene, powered: &PoweredBox, name: &str, within: Duration) -> Result<()> {
    let mended = now();
    scene.wait_glass_within(powered, "Disconnected", within)?;
    figure(
        name,
        &format!("right again {} after the fault", since(mended)),
    );
    Ok(())
}

/// No acknowledge for a while.
pub fn missing_acknowledge(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    scene.board.disturb_i2c(BusFault::Nak, u32::MAX);
    press_during(&scene, &powered)?;
    scene.board.disturb_i2c(BusFault::Nak, 0);
    right_again(&scene, &powered, "nak", RIGHT_AGAIN)?;
    scene.close(powered)
}

/// A transfer that breaks off, in the middle of a picture, on each kind of bus.
pub fn broken_off(binary: &Path) -> Result<()> {
    for kit in [Kit::I2cOled, Kit::SpiOled] {
        let scene = Scene::set(binary, kit)?;
        let powered = scene.power_on()?;
        scene.pair(&powered)?;
        let cut = BusFault::Cut { after: 5 };
        match kit {
            Kit::I2cOled => scene.board.disturb_i2c(cut, 1),
            _ => scene.board.disturb_spi(cut, 1),
        }
        let begun = now();
        scene.board.tap(kit.disconnect());
        scene.wait_glass_within(&powered, "Disconnected", RIGHT_AGAIN)?;
        figure(
            "eio",
            &format!("{}: right {} after the press", kit.board(), since(begun)),
        );
        // Half a command is nothing the chip understands, so that is not asked for here.
        let (_, log) = powered.switch_off()?;
        ensure(!log.join("\n").contains("panicked"), || log.join("\n"))?;
    }
    Ok(())
}

/// The panel is pulled out in the middle of a transfer, and put back.
pub fn pulled(binary: &Path, kit: Kit) -> Result<()> {
    let scene = Scene::set(binary, kit)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    scene.panel.unplug_after(40);
    press_during(&scene, &powered)?;
    scene.panel.replug();
    let name = format!("pulled, {}", kit.board());
    right_again(&scene, &powered, &name, RIGHT_AGAIN)?;
    // An attempt may have been under way just then, and a chip that got only its end cannot know what
    // it is about. From here on it understands everything again.
    scene.excuse();
    let from = powered.log().len();
    scene.board.tap(kit.connect());
    powered.wait_log(from, PATIENCE, |line| line.contains("→ working"))?;
    scene.wait_glass(&powered, "Connected")?;
    scene.close(powered)
}

/// The bus's device goes away, as when a driver is unbound, and comes back.
pub fn vanishing(binary: &Path, kit: Kit) -> Result<()> {
    let scene = Scene::set(binary, kit)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    scene.board.vanish(kit.device());
    press_during(&scene, &powered)?;
    scene.board.come_back(kit.device());
    let name = format!("vanishing, {}", kit.board());
    right_again(&scene, &powered, &name, RIGHT_AGAIN)?;
    scene.close(powered)
}

/// BUSY never ends: after its deadline the box goes on without the panel, and finds it again.
pub fn stuck_busy(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::Paper)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    scene.board.stick(BUSY, Some(true));
    let (from, stuck) = (powered.log().len(), now());
    press_during(&scene, &powered)?;
    let given_up =
        powered.wait_log(from, BUSY_GIVEN_UP, |line| line.contains("does not answer"))?;
    figure(
        "stuck-busy",
        &format!("given up after {}: {}", since(stuck), given_up.1),
    );
    // It is tried again, and again without an end.
    pass(FAULTY);
    scene.board.stick(BUSY, None);
    // An attempt that has begun may wait for the end of its deadline.
    right_again(&scene, &powered, "stuck-busy", BUSY_GIVEN_UP)?;
    scene.close(powered)
}

/// Somebody else holds a button's line.
pub fn busy_line(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let line = scene.kit.connect();
    scene.board.occupy(line, Some("gpio-keys"));
    let powered = scene.power_on()?;
    scene.wait_glass(&powered, "Disconnected")?;
    let told = powered.wait_log(0, PATIENCE, |line| line.contains("gpio-keys"))?;
    figure("busy-line", &told.1);
    // Everything else is there.
    let (code, answer) = powered.post(&powered.path(1, "start")?, "{}")?;
    ensure(code == 202, || answer)?;
    scene.wait_code(&powered)?;
    scene.close(powered)
}

/// The lines' chip goes away and comes back: the buttons with it.
pub fn vanishing_chip(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    let chip = Path::new("/dev/gpiochip0");
    scene.board.vanish(chip);
    pass(FAULTY);
    let account = powered.account()?;
    ensure(account["status"] == "working", || account.to_string())?;
    scene.board.come_back(chip);
    let line = scene.kit.disconnect();
    ensure(scene.board.wait_held(line, true, PATIENCE), || {
        format!("the buttons were not taken again; {}", said(&powered))
    })?;
    let from = powered.log().len();
    pass(Duration::from_millis(500));
    scene.board.tap(line);
    powered.wait_log(from, PATIENCE, |line| line.contains("→ stopped"))?;
    scene.close(powered)
}

//! Fingers, stuck contacts and storms, through edges as the kernel tells them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pairbox_chips::Picture;
use pairbox_fakeboard::board::now;
use pairbox_fakeboard::finger::pass;
use pairbox_rig::power::PoweredBox;

use super::scene::{Kit, PATIENCE, Scene, said, since};
use super::{ensure, figure};

/// Edges a second, and for how long.
const STORM: (u32, Duration) = (10_000, Duration::from_secs(5));

/// The most of one core a storm may take.
const STORM_CPU_MAX: f64 = 0.10;

/// Long enough for what must not happen to have happened.
const NOTHING: Duration = Duration::from_secs(2);

/// How long the panel takes to go dark, and some more.
const DARK: Duration = Duration::from_secs(140);

fn status(powered: &PoweredBox) -> Result<String> {
    let account = powered.account()?;
    let status = account["status"].as_str().context("no status")?;
    Ok(format!("{status} linked={}", account["linked"]))
}

fn still(powered: &PoweredBox, wanted: &str, after: &str) -> Result<()> {
    let status = status(powered)?;
    ensure(status == wanted, || {
        format!(
            "{status} instead of {wanted} after {after}; {}",
            said(powered)
        )
    })
}

/// A press that is only bounce, an early release, both buttons, and the long hold that logs out.
pub fn gestures(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let (connect, disconnect) = (scene.kit.connect(), scene.kit.disconnect());
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    let connected = "working linked=true";

    // A contact that only trembles is no press.
    for _ in 0..5 {
        scene.board.set_line(disconnect, Some(false));
        scene.board.set_line(disconnect, None);
        pass(Duration::from_millis(3));
    }
    pass(NOTHING);
    still(&powered, connected, "a trembling contact")?;

    // Letting go early cancels the logout.
    scene.board.press(disconnect, Duration::from_millis(2500));
    pass(NOTHING);
    still(&powered, connected, "an early release")?;

    // Both at once are neither of the two.
    scene.board.set_line(connect, Some(false));
    scene.board.press(disconnect, Duration::from_millis(1500));
    scene.board.set_line(connect, None);
    pass(NOTHING);
    still(&powered, connected, "both buttons")?;

    // The long hold.
    let from = powered.log().len();
    scene.board.set_line(disconnect, Some(false));
    let gone = powered.wait_log(from, PATIENCE, |line| line.contains("→ logged_out"));
    scene.board.set_line(disconnect, None);
    gone?;
    scene.wait_glass(&powered, "Unlinked")?;
    ensure(scene.phone.devices().is_empty(), || {
        "still linked".to_owned()
    })?;
    still(&powered, "logged_out linked=false", "a long hold")?;
    scene.close(powered)
}

/// A button that is held, or shorted, when the box starts does nothing until it was let go.
pub fn stuck_at_boot(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let connect = scene.kit.connect();
    scene.board.set_line(connect, Some(false));
    let powered = scene.power_on()?;
    scene.wait_glass(&powered, "Disconnected")?;
    powered.wait_log(0, PATIENCE, |line| line.contains("held or shorted"))?;
    pass(NOTHING);
    still(
        &powered,
        "stopped linked=false",
        "a start with a stuck button",
    )?;
    scene.board.set_line(connect, None);
    pass(NOTHING);
    still(&powered, "stopped linked=false", "its release")?;
    scene.pair(&powered)?;
    scene.close(powered)
}

/// 10 000 edges a second for seconds: nothing happens, and little is computed.
pub fn storm(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let disconnect = scene.kit.disconnect();
    let powered = scene.power_on()?;
    scene.pair(&powered)?;
    storm_once(&scene, &powered)?;
    // The other button works at once, the one that stormed after a while.
    scene.board.tap(scene.kit.connect());
    still(
        &powered,
        "working linked=true",
        "a press of the other button",
    )?;
    let begun = now();
    loop {
        scene.board.tap(disconnect);
        let stopped =
            powered.wait_log(0, Duration::from_secs(2), |line| line.contains("→ stopped"));
        match stopped {
            Ok(_) => break,
            Err(late) if now() - begun > 75_000_000_000 => return Err(late),
            Err(_) => {}
        }
    }
    figure(
        "storm",
        &format!("its button works again {} later", since(begun)),
    );
    scene.close(powered)
}

fn storm_once(scene: &Scene, powered: &PoweredBox) -> Result<()> {
    let (rate, length) = STORM;
    let quiet = cpu(powered)?;
    pass(length);
    let before = cpu(powered)?;
    let begun = now();
    let edges = scene.board.storm(scene.kit.disconnect(), rate, length);
    let real = Duration::from_nanos(now() - begun).as_secs_f64();
    let after = cpu(powered)?;
    let (_, lost) = scene.board.edges();
    let share = (after - before) / real;
    figure(
        "storm",
        &format!(
            "{edges} edges in {real:.1} s ({:.0} a second): {:.0} ms of processor time, {:.1} % of a core; \
             without a storm {:.0} ms; {lost} events found no room",
            f64::from(edges) / real,
            (after - before) * 1000.0,
            share * 100.0,
            (before - quiet) * 1000.0,
        ),
    );
    ensure(share < STORM_CPU_MAX, || format!("{share:.3} of a core"))?;
    still(powered, "working linked=true", "a storm")
}

/// The press that wakes a dark panel does nothing else.
pub fn wake(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let powered = scene.power_on()?;
    scene.wait_ready(&powered)?;
    let dark = scene.board.wait_picture(DARK, "nothing", Picture::is_dark);
    dark.context("it never went dark")?;
    // Dark costs nothing.
    let before = scene.panel.stats();
    pass(NOTHING);
    let bytes = scene.panel.stats().bytes - before.bytes;
    ensure(bytes == 0, || format!("{bytes} bytes to a dark glass"))?;
    scene.board.tap(scene.kit.connect());
    scene.wait_glass(&powered, "Disconnected")?;
    pass(NOTHING);
    still(&powered, "stopped linked=false", "the press that wakes")?;
    scene.pair(&powered)?;
    scene.close(powered)
}

/// Processor time of the box so far, in seconds (`proc_pid_stat(5)`, fields 14 and 15).
fn cpu(powered: &PoweredBox) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", powered.id()))?;
    let fields = stat.rsplit(')').next().context("no fields")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u32> {
        // Field 3 is the first behind the name.
        Ok(fields.get(at - 3).context("no such field")?.parse()?)
    };
    // 100 on every Linux there is.
    let a_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(f64::from(ticks(14)? + ticks(15)?) / f64::from(a_second))
}

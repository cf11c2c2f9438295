//! A store that makes the database panic. The release ends with a panic, so another process meets it
//! first (`pairbox try-store`), and the box says what is wrong instead of starting over and over.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::scene::{Kit, Scene};
use super::{ensure, figure};

/// Places of a file to spoil before it counts as one that cannot be spoilt that way.
const TRIES: usize = 4_000;

/// What `abort(3)` raises.
const SIGABRT: i32 = 6;

/// The box with such a store says "Storage problem", and goes on saying it.
pub fn says_so(binary: &Path) -> Result<()> {
    let scene = Scene::set(binary, Kit::I2cOled)?;
    let powered = scene.power_on()?;
    scene.wait_ready(&powered)?;
    let store = scene.state().join("pairbox.redb");
    let (status, _) = powered.switch_off()?;
    ensure(status.success(), || status.to_string())?;
    let tried = spoil(binary, &store)?;
    let powered = scene.power_on()?;
    scene.wait_glass(&powered, "Storage problem")?;
    figure(
        "rotten-store",
        &format!("byte {tried} of those that were spoilt was the death of its reader"),
    );
    // Not `close`: the log tells of the other process's panic, as it should.
    let (status, log) = powered.switch_off()?;
    ensure(status.success(), || {
        format!("{status}; it said:\n{}", log.join("\n"))
    })?;
    scene.check()?;
    ensure(store.exists(), || "the damaged file is gone".to_owned())
}

/// Spoils the file so that whoever opens it dies of it; says how many bytes had to be tried.
fn spoil(binary: &Path, store: &Path) -> Result<usize> {
    let sound = fs::read(store)?;
    let mut bytes = sound.clone();
    for tried in 1..=TRIES {
        // Spread over the file, and the same each time.
        let at = tried.wrapping_mul(2_654_435_761) % sound.len();
        bytes[at] ^= 0x10;
        fs::write(store, &bytes)?;
        let mut reader = Command::new(binary);
        let reader = reader.arg("try-store").arg(store);
        let status = reader.stderr(Stdio::null()).status();
        if status.context("no reader")?.signal() == Some(SIGABRT) {
            // It may have written before it died.
            fs::write(store, &bytes)?;
            return Ok(tried);
        }
        bytes[at] = sound[at];
    }
    bail!("none of {TRIES} spoilt bytes is the death of its reader");
}

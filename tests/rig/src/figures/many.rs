//! A box with more and more accounts: its memory, and what it does while nothing is asked of it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pairbox_rig::linking;
use pairbox_rig::power::PoweredBox;
use pairbox_rig::workbench::Workbench;

use super::{memory, quiet};
use crate::scene::PATIENCE;

/// Linked accounts at which it is measured.
const COUNTS: [u32; 4] = [0, 1, 10, 50];

/// Those at which its wake-ups are counted, too.
const QUIET_TO: u32 = 10;

/// An OLED that nobody looks at is dark after two minutes, and a little more.
const DARK: Duration = Duration::from_secs(150);

/// Links one account after the other, and measures at some of them.
pub fn print(program: &str) -> Result<()> {
    let workbench = Workbench::set(vec![program.to_owned(), "box".to_owned()])?;
    let powered = workbench.socket.power_on()?;
    let mut linked = 0;
    for count in COUNTS {
        while linked < count {
            linked += 1;
            link(&workbench, &powered, linked).with_context(|| format!("account {linked}"))?;
        }
        if count <= QUIET_TO {
            // What is dark is at rest: logins and key uploads are over by then.
            let dark = pairbox_chips::Picture::is_dark;
            workbench.bench.wait_picture(DARK, "nothing", dark)?;
        }
        all_work(&powered, count)?;
        println!("memory, {count:>2} linked   {}", memory(&powered)?);
        if count <= QUIET_TO {
            quiet::print(&format!("idle, {count:>2} linked"), &powered)?;
        }
    }
    restarted(&workbench, powered, linked)
}

/// The same number after a restart: nothing of pairing is left in memory.
fn restarted(workbench: &Workbench, powered: PoweredBox, linked: u32) -> Result<()> {
    powered.cut()?;
    let powered = workbench.socket.power_on()?;
    let mut seen = 0;
    for _ in 0..linked {
        (seen, _) = powered.wait_log(seen, 3 * PATIENCE, |line| line.contains("→ working"))?;
    }
    all_work(&powered, linked)?;
    println!("memory, {linked:>2} restarted {}", memory(&powered)?);
    Ok(())
}

/// A figure of so many accounts is one of so many that work.
fn all_work(powered: &PoweredBox, count: u32) -> Result<()> {
    let accounts = powered.accounts()?;
    let working = accounts.iter().filter(|it| it["status"] == "working");
    let working = working.count();
    ensure!(working == count as usize, "{working} of {count} work");
    Ok(())
}

/// Adds an account, or takes the first one, and links it to a phone of its own.
fn link(workbench: &Workbench, powered: &PoweredBox, number: u32) -> Result<()> {
    let phone = workbench
        .service
        .phone(&format!("1555100{number:04}"), &format!("Owner {number}"));
    if number == 1 {
        linking::first(powered, &phone)?;
    } else {
        linking::another(powered, &format!("Account {number}"), &phone)?;
    }
    Ok(())
}

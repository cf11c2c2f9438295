//! The walk: from a stranger's first look to signing out, on a box of its own.

mod gateway;
mod keyboard;
mod linking;
mod minding;
mod restored;
mod strangers;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::workbench::Workbench;

use crate::checks;
use crate::driver::Driver;
use crate::visit::{Look, Visit};

/// Everything a step needs.
pub struct Walk<'d> {
    driver: &'d Driver,
    look: Look,
    folder: &'d Path,
    axe: Option<&'d str>,
    bench: Workbench,
    powered: PoweredBox,
    visit: Visit<'d>,
}

/// Walks once; returns how many pictures were taken.
pub fn walk(driver: &Driver, look: Look, folder: &Path, axe: Option<&str>) -> Result<u32> {
    let program = std::env::current_exe()?.display().to_string();
    let bench = Workbench::set(vec![program, "box".to_owned()])?;
    let powered = bench.socket.power_on()?;
    let visit = Visit::begin(driver.browser()?, look, powered.page(), folder)?;
    let walk = Walk {
        driver,
        look,
        folder,
        axe,
        bench,
        powered,
        visit,
    };
    let outcome = walk.all();
    if outcome.is_err() {
        // The picture tells more than the words; if there is none, the words have to do.
        let _ = walk.visit.shoot("FAILED");
    }
    if outcome.is_err() {
        println!("the box said:\n{}", walk.powered.log().join("\n"));
    }
    outcome?;
    walk.restored()
}

impl Walk<'_> {
    fn all(&self) -> Result<()> {
        self.first_look()?;
        self.wrong_code()?;
        self.sign_in()?;
        self.link_by_scanning()?;
        self.a_stranger_looks()?;
        self.disconnect_and_connect()?;
        self.rename()?;
        self.log_out()?;
        self.link_by_typing()?;
        self.add_and_delete()?;
        self.tokens()?;
        self.gateway()?;
        self.by_keyboard()?;
        self.silence()?;
        self.sign_out()?;
        let requests = self.visit.requests();
        ensure!(requests > 20, "only {requests} requests were looked at");
        self.visit.never_reloaded()
    }

    /// Photographs a step and judges it.
    fn step(&self, name: &str) -> Result<Vec<u8>> {
        let png = self.visit.shoot(name)?;
        checks::usable(&self.visit, self.axe, name)?;
        checks::quiet(&self.visit).with_context(|| name.to_owned())?;
        Ok(png)
    }
}

//! What people do with accounts once they are there, and with the box.

use std::process::Command;

use anyhow::{Result, ensure};
use pairbox_rig::workbench::OWNER;

use super::Walk;
use crate::visit::card;

impl Walk<'_> {
    /// Off and on again; the link stays.
    pub(super) fn disconnect_and_connect(&self) -> Result<()> {
        self.visit.click(Some("pairbox"), "Disconnect")?;
        self.visit.wait_badge("pairbox", "Disconnected")?;
        self.step("disconnected")?;
        self.visit.click(Some("pairbox"), "Connect")?;
        self.visit.wait_badge("pairbox", "Connected")
    }

    /// Another name.
    pub(super) fn rename(&self) -> Result<()> {
        self.visit.click(Some("pairbox"), "Rename")?;
        self.visit.wait_dialog("Rename “pairbox”")?;
        self.visit.fill("rename-label", "Front desk")?;
        self.step("rename")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_no_dialog()?;
        self.visit.wait_badge("Front desk", "Connected")
    }

    /// Asked first; the way out does nothing.
    pub(super) fn log_out(&self) -> Result<()> {
        let label = "Front desk";
        self.visit.click(Some(label), "Log out")?;
        self.visit.wait_dialog("Log out “Front desk”?")?;
        self.visit.click(None, "Cancel")?;
        self.visit.wait_no_dialog()?;
        self.visit.wait_badge(label, "Connected")?;
        ensure!(
            self.bench.phone.devices().len() == 1,
            "it was unlinked all the same"
        );
        self.visit.click(Some(label), "Log out")?;
        self.visit.wait_dialog("Log out “Front desk”?")?;
        self.step("log-out")?;
        self.visit.click(None, "Log out")?;
        self.visit.wait_no_dialog()?;
        self.visit.wait(&format!(
            "{}.dataset.status !== 'working' && {}.querySelector('.who').hidden",
            card(label),
            card(label)
        ))?;
        let all = self.visit.everything()?;
        ensure!(!all.contains(OWNER), "the number stays in the page");
        ensure!(
            self.bench.phone.devices().is_empty(),
            "the phone still lists the box"
        );
        self.step("logged-out").map(drop)
    }

    /// One more account, and away with it.
    pub(super) fn add_and_delete(&self) -> Result<()> {
        self.visit.click(None, "Add account")?;
        self.visit.wait_dialog("Add account")?;
        self.visit.fill("add-label", "Front desk")?;
        self.step("add")?;
        self.visit.fill("add-label", "Warehouse")?;
        self.visit.click(None, "Add")?;
        self.visit.wait_no_dialog()?;
        self.scan_screen("Warehouse", "second-account")?;
        self.visit.click(Some("Warehouse"), "Delete")?;
        self.visit.wait_dialog("Delete “Warehouse”?")?;
        self.step("delete")?;
        self.visit.click(None, "Delete")?;
        self.visit.wait_no_dialog()?;
        self.visit.wait(&format!("!{}", card("Warehouse")))?;
        self.visit.wait_badge("Front desk", "Connected")
    }

    /// A token for a program: shown once, listed, taken back.
    pub(super) fn tokens(&self) -> Result<()> {
        self.visit.click(None, "Access tokens")?;
        self.visit.wait_dialog("Access tokens")?;
        self.visit
            .wait("document.querySelector('#token-list .mark')?.textContent === 'this browser'")?;
        self.visit.click(None, "Create a token")?;
        self.visit.wait_dialog("Create a token")?;
        self.visit.fill("token-name", "Door bell")?;
        self.step("create-token")?;
        self.visit.click(None, "Create")?;
        self.visit.wait_dialog("The new token")?;
        self.visit
            .wait("document.getElementById('token-text').value.length > 20")?;
        self.step("new-token")?;
        self.visit.click(None, "Copy")?;
        self.visit
            .wait("document.getElementById('copy-token').textContent === 'Copied'")?;
        self.visit.click(None, "Done")?;
        self.visit
            .wait("document.getElementById('token-text').value === ''")?;
        self.visit
            .wait("document.querySelectorAll('#token-list .token').length === 2")?;
        self.step("tokens")?;
        let row = "//li[.//p[starts-with(normalize-space(), 'Door bell')]]//button";
        self.visit.browser.click(&self.visit.browser.find(row)?)?;
        self.visit.wait_dialog("Take back “Door bell”?")?;
        self.visit.click(None, "Take back")?;
        self.visit
            .wait("document.querySelectorAll('#token-list .token').length === 1")?;
        self.visit.click(None, "Close")?;
        self.visit.wait_no_dialog()
    }

    /// The box stands still, and goes on: the page says the one and finds out the other.
    pub(super) fn silence(&self) -> Result<()> {
        self.signal("STOP")?;
        let still = self
            .visit
            .wait("!document.getElementById('silence').hidden");
        let shown = still.and_then(|_| self.visit.shoot("silent"));
        self.signal("CONT")?;
        shown?;
        self.visit
            .wait("document.getElementById('silence').hidden")?;
        self.visit.wait_badge("Front desk", "Connected")
    }

    fn signal(&self, name: &str) -> Result<()> {
        let process = self.powered.id().to_string();
        let done = Command::new("kill").args(["-s", name, &process]).status()?;
        ensure!(done.success(), "the box is gone");
        Ok(())
    }
}

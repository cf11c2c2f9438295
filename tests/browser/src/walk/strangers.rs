//! Getting in and out, and what those see who are not in.

use anyhow::{Context as _, Result, ensure};
use pairbox_rig::workbench::OWNER;

use super::Walk;
use crate::eyes;
use crate::visit::{PATIENCE, Visit};

impl Walk<'_> {
    /// Somebody from the network opens the page.
    pub(super) fn first_look(&self) -> Result<()> {
        self.visit
            .wait("document.querySelectorAll('.card').length === 1")?;
        self.visit
            .wait("!document.getElementById('stranger').hidden")?;
        for gone in ["add", "panel", "open-tokens", "sign-out"] {
            self.visit
                .wait(&format!("document.getElementById('{gone}').hidden"))?;
        }
        self.visit.wait(
            "[...document.querySelectorAll('.card button')].every((b) => !b.checkVisibility())",
        )?;
        self.step("stranger").map(drop)
    }

    /// A code that is not the one on the panel.
    pub(super) fn wrong_code(&self) -> Result<()> {
        self.visit.click(None, "Sign in")?;
        self.visit.wait_dialog("Sign in")?;
        let right = self.code_on_the_panel()?;
        let wrong = if right == "000000" {
            "000001"
        } else {
            "000000"
        };
        self.visit.fill("access-code", wrong)?;
        self.visit.click(None, "Sign in")?;
        self.visit.wait(
            "/left|tries|try/.test(document.querySelector('#sign-in-dialog .refusal').textContent)",
        )?;
        self.step("wrong-code").map(drop)
    }

    /// The code that stands on the panel.
    pub(super) fn sign_in(&self) -> Result<()> {
        let code = self.code_on_the_panel()?;
        self.visit.fill("access-code", &code)?;
        self.visit.click(None, "Sign in")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait("document.getElementById('stranger').hidden")?;
        self.visit
            .wait("document.getElementById('glass').naturalWidth > 0")?;
        let kept = self.visit.browser.run("return document.cookie")?;
        ensure!(kept == "", "scripts can read the cookie");
        self.step("signed-in").map(drop)
    }

    fn code_on_the_panel(&self) -> Result<String> {
        let picture = self
            .bench
            .bench
            .wait_picture(PATIENCE, "six digits", |picture| {
                eyes::read_digits(picture).is_some()
            })?;
        eyes::read_digits(&picture).context("they went away")
    }

    /// Another browser, without a cookie, while the account is connected.
    pub(super) fn a_stranger_looks(&self) -> Result<()> {
        let page = self.powered.page();
        let browser = self.driver.browser()?;
        let other = Visit::begin(browser, self.look, page, self.folder)?;
        other.wait_badge("pairbox", "Connected")?;
        let all = other.everything()?;
        ensure!(
            !all.contains(OWNER) && !all.contains(&OWNER[OWNER.len() - 4..]),
            "a stranger sees the number"
        );
        ensure!(!all.contains("Owner"), "a stranger sees the name");
        let told = other.browser.run_async(
            "const done = arguments[arguments.length - 1];
             fetch('/api/v1/status').then((a) => a.text()).then(done)",
        )?;
        ensure!(
            !told.to_string().contains(&OWNER[OWNER.len() - 4..]),
            "a stranger is told the number"
        );
        Ok(())
    }

    /// Out again: from then on a stranger, in the same page.
    pub(super) fn sign_out(&self) -> Result<()> {
        self.visit.click(None, "Sign out")?;
        self.visit.wait_dialog("Sign out?")?;
        self.step("sign-out")?;
        self.visit.click(None, "Sign out")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait("!document.getElementById('stranger').hidden")?;
        let all = self.visit.everything()?;
        ensure!(!all.contains(OWNER), "the number stays in the page");
        self.step("signed-out").map(drop)
    }
}

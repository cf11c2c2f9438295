//! Linking a phone through the page: by the QR that Chromium draws, and by a code to type.

use anyhow::{Context as _, Result, anyhow, ensure};
use pairbox_rig::workbench::OWNER;

use super::Walk;
use crate::eyes;
use crate::visit::card;

impl Walk<'_> {
    /// Connect, and the phone scans what stands on the screen.
    pub(super) fn link_by_scanning(&self) -> Result<()> {
        self.visit.click(Some("pairbox"), "Connect")?;
        let text = self.scan_screen("pairbox", "scan")?;
        let on_glass = pairbox_chips::qr_check::read_qr(&self.bench.bench.picture());
        if let Ok(on_glass) = on_glass {
            ensure!(on_glass == text, "page and panel show different codes");
        }
        self.bench
            .phone
            .scan(&text)
            .map_err(|error| anyhow!("the phone says: {error}"))?;
        self.wait_connected("pairbox")?;
        self.step("connected").map(drop)
    }

    /// Waits for the QR in a card and reads it off a screenshot.
    pub(super) fn scan_screen(&self, label: &str, name: &str) -> Result<String> {
        self.visit.wait_badge(label, "Scan to pair")?;
        self.visit.wait(&format!(
            "{}.querySelector('.qr').checkVisibility() && {}.querySelector('.qr').naturalWidth > 0",
            card(label),
            card(label)
        ))?;
        self.visit.browser.run(&format!(
            "{}.querySelector('.paper').scrollIntoView({{ block: 'center' }}); return null",
            card(label)
        ))?;
        let even = self.visit.browser.run(&format!(
            "const qr = {}.querySelector('.qr');
             return qr.getBoundingClientRect().width * devicePixelRatio / qr.dataset.dots % 1 < 0.001",
            card(label)
        ))?;
        ensure!(even == true, "some modules are wider than others");
        let png = self.step(name)?;
        let text = eyes::read_qr(&png)?;
        let steps = self.visit.browser.run(&format!(
            "return {}.querySelector('.steps').innerText",
            card(label)
        ))?;
        let steps = steps.as_str().unwrap_or_default();
        for words in ["WhatsApp", "Linked devices", "Link a device"] {
            ensure!(
                steps.contains(words),
                "the way through the menus lacks {words:?}"
            );
        }
        Ok(text)
    }

    /// Connected, with the number, and no code in the page any more.
    fn wait_connected(&self, label: &str) -> Result<()> {
        self.visit.wait_badge(label, "Connected")?;
        self.visit.wait(&format!(
            "{}.querySelector('.who').textContent.includes('+{OWNER}')",
            card(label)
        ))?;
        self.visit.wait(&format!(
            "!{}.querySelector('.qr').hasAttribute('src')",
            card(label)
        ))?;
        self.visit.never_reloaded()
    }

    /// The number is asked for, and the code of the page typed on the phone.
    pub(super) fn link_by_typing(&self) -> Result<()> {
        let label = "Front desk";
        self.visit.click(Some(label), "Pair with a code instead")?;
        self.visit.wait_dialog("Pair with a code")?;
        self.visit.fill("pair-phone", "12")?;
        self.visit.click(None, "Get the code")?;
        self.visit
            .wait("document.querySelector('#pair .refusal').textContent.length > 10")?;
        self.step("bad-number")?;
        self.visit.fill("pair-phone", "+1 (555) 000-1111")?;
        self.visit.click(None, "Get the code")?;
        self.visit.wait_no_dialog()?;
        let code = self.visit.wait(&format!(
            "/^[A-Z0-9]{{4}}-[A-Z0-9]{{4}}$/.exec({}.querySelector('.typed-code').textContent)?.[0]",
            card(label)
        ))?;
        self.visit.wait(&format!(
            "{}.querySelector('.steps').innerText.includes('Link with phone number instead')",
            card(label)
        ))?;
        self.step("code-to-type")?;
        let code = code.as_str().context("no code")?;
        self.bench
            .phone
            .type_code(code)
            .map_err(|error| anyhow!("the phone says: {error}"))?;
        self.wait_connected(label)?;
        self.step("connected-by-code").map(drop)
    }
}

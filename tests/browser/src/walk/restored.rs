//! The memory card lost half of the store: what the page says of it, and until when.

use std::fs::File;

use anyhow::{Context as _, Result, ensure};

use super::Walk;
use crate::visit::{PATIENCE, Visit};

impl Walk<'_> {
    /// A power cut, a spoilt file, and whoever looks at the page afterwards. Returns how many pictures
    /// were taken in all.
    pub(super) fn restored(self) -> Result<u32> {
        let written = |line: &str| line.contains("identity copy was written: 1 linked");
        self.powered.wait_log(0, PATIENCE, written)?;
        self.powered.cut()?;
        let store = self.bench.socket.folder.join("state/pairbox.redb");
        let file = File::options()
            .write(true)
            .open(&store)
            .with_context(|| store.display().to_string())?;
        file.set_len(file.metadata()?.len() / 2)?;

        let powered = self.bench.socket.power_on()?;
        let browser = self.driver.browser()?;
        let visit = Visit::begin(browser, self.look, powered.page(), self.folder)?;
        let after = Walk {
            visit: visit.going_on_from(&self.visit),
            powered,
            ..self
        };
        let outcome = after.told_until_seen();
        if outcome.is_err() {
            // As for the walk before.
            let _ = after.visit.shoot("FAILED");
            println!("the box said:\n{}", after.powered.log().join("\n"));
        }
        outcome?;
        Ok(after.visit.steps())
    }

    fn told_until_seen(&self) -> Result<()> {
        let told = "!document.getElementById('storage').hidden
            && document.getElementById('storage-title').textContent.includes('restored')";
        self.visit.wait(told)?;
        // Whoever may not operate the box may not take it back either.
        self.visit
            .wait("document.getElementById('storage-seen').hidden")?;
        self.visit.click(None, "Sign in")?;
        self.visit.wait_dialog("Sign in")?;
        self.sign_in()?;
        self.visit.wait(told)?;
        self.step("restored")?;
        self.visit.click(None, "I have seen it")?;
        self.visit
            .wait("document.getElementById('storage').hidden")?;
        let status = self.powered.get("/api/v1/status")?;
        ensure!(status.contains("\"restored\":false"), "{status}");
        self.step("restored-and-seen").map(drop)
    }
}

//! The same without a mouse: Tab, Enter, Escape.

use anyhow::{Result, ensure};

use super::Walk;
use crate::visit::{BACKSPACE, ENTER, ESCAPE, card};

impl Walk<'_> {
    /// Adds, renames and deletes an account by keys alone; Escape leaves a dialog, and the focus goes
    /// back to where it came from.
    pub(super) fn by_keyboard(&self) -> Result<()> {
        self.visit
            .browser
            .run("document.activeElement.blur(); return null")?;
        self.visit.tab_to("Add account")?;
        self.visit.key(ENTER)?;
        self.visit.wait_dialog("Add account")?;
        ensure!(
            self.visit.focused()? == "add-label",
            "the name is not asked for first"
        );
        self.visit.key(ESCAPE)?;
        self.visit.wait_no_dialog()?;
        ensure!(
            self.visit.focused()? == "Add account",
            "Escape loses the focus"
        );
        self.visit.key(ENTER)?;
        self.visit.wait_dialog("Add account")?;
        self.visit.type_text("Keys")?;
        self.visit.tab_to("qr")?;
        // Of one group of choices, the arrow keys choose: up from the first is the last, `later`.
        self.visit.key('\u{E013}')?;
        self.visit.key(ENTER)?;
        self.visit.wait_no_dialog()?;
        self.visit.wait_badge("Keys", "Disconnected")?;
        ensure!(self.visit.focused()? == "Keys", "the new card has no focus");

        self.visit.tab_to("Rename")?;
        self.visit.key(ENTER)?;
        self.visit.wait_dialog("Rename “Keys”")?;
        // A poll that changes the card behind it must not touch what is typed.
        self.visit.key(BACKSPACE)?;
        self.visit.type_text("Board")?;
        self.visit.key(ENTER)?;
        self.visit.wait_no_dialog()?;
        self.visit.wait_badge("Board", "Disconnected")?;
        ensure!(
            self.visit.focused()? == "Rename",
            "after a dialog the focus is lost"
        );

        self.visit.tab_to("Delete")?;
        self.visit.key(ENTER)?;
        self.visit.wait_dialog("Delete “Board”?")?;
        ensure!(
            self.visit.focused()? == "Cancel",
            "Enter would delete at once"
        );
        self.visit.tab_to("Delete")?;
        self.step("delete-by-keys")?;
        self.visit.key(ENTER)?;
        self.visit.wait_no_dialog()?;
        self.visit.wait(&format!("!{}", card("Board")))?;
        Ok(())
    }
}

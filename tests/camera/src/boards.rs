//! The boards there are, as far as a camera is concerned.

use anyhow::Result;
use pairbox::board::{self, PanelSpec};
use pairbox::view::{Format, Medium};
use serde::Serialize;

/// A board with a panel.
#[derive(Serialize)]
pub struct Board {
    /// What it is called in the configuration.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its format, by [`format_name`].
    pub format: String,
    /// From one pixel to the next.
    pub pitch_um: u32,
    #[serde(skip)]
    pub panel: PanelSpec,
}

/// Every board with a panel of glass.
pub fn all() -> Result<Vec<Board>> {
    let mut boards = Vec::new();
    for name in board::names().filter(|name| *name != "bench") {
        let board = board::resolve(name)?;
        if let Some(panel) = board.panel {
            boards.push(Board {
                name: board.name,
                title: board.title,
                format: format_name(panel.format()),
                pitch_um: panel.pitch_um,
                panel,
            });
        }
    }
    Ok(boards)
}

/// Like `oled-128x64`.
fn format_name(format: Format) -> String {
    let medium = match format.medium {
        Medium::Oled => "oled",
        Medium::Paper => "paper",
    };
    let size = format.geometry;
    format!("{medium}-{}x{}", size.width, size.height)
}

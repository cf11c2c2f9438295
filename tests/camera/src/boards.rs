//! The boards there are, as far as a camera is concerned.

use anyhow::Result;
use pairbox::board::PanelSpec;
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
    for name in pairbox::board::names().filter(|name| *name != "bench") {
        let board = pairbox::board::resolve(name)?;
        if let Some(panel) = board.panel {
            boards.push(described(
                &board.name,
                &board.title,
                panel.format(),
                panel.pitch_um,
            ));
        }
    }
    Ok(boards)
}

/// Like `oled-128x64`.
pub fn format_name(format: Format) -> String {
    let medium = match format.medium {
        Medium::Oled => "oled",
        Medium::Paper => "paper",
    };
    format!(
        "{medium}-{}x{}",
        format.geometry.width, format.geometry.height
    )
}

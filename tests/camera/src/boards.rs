//! The boards there are, as far as a camera is concerned.

use anyhow::Result;
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
    pub shape: Format,
}

/// Boards that are still to come as data: name, format, pitch in micrometres (HARDWARE.md 1.3).
const PLANNED: [(&str, Format, u32); 7] = [
    ("adafruit-oled-bonnet", Format::OLED_128X64, 230),
    ("waveshare-oled-1in3", Format::OLED_128X64, 230),
    ("ssd1309-2in42", Format::OLED_128X64, 430),
    ("sh1107-1in5", Format::oled(128, 128), 210),
    ("waveshare-epd-2in13-v4", Format::paper(250, 122), 194),
    ("waveshare-epd-2in7-v2", Format::paper(264, 176), 217),
    ("waveshare-epd-4in2-v2", Format::paper(400, 300), 212),
];

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
    if boards.len() < PLANNED.len() {
        let planned = PLANNED.iter();
        boards.extend(planned.map(|(name, format, pitch)| described(name, name, *format, *pitch)));
    }
    Ok(boards)
}

fn described(name: &str, title: &str, shape: Format, pitch_um: u32) -> Board {
    Board {
        name: name.to_owned(),
        title: title.to_owned(),
        format: format_name(shape),
        pitch_um,
        shape,
    }
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

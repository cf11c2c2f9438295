//! Prints the QR screen of every board for the simulated camera: one PNG a code, and a manifest with
//! the measures that an independent reader took off each picture.
//!
//!     pairbox-camera FOLDER
//!
//! What is printed is what stands on the glass: drawn by the program, sent by the board's own driver,
//! and read back from the simulated chip. Judging it is the
//! camera's part (`shoot.py`), except that a picture without a proper code goes into the manifest with
//! its fault instead of its measures.

mod boards;
mod codes;
mod glass;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use pairbox::view::{Format, Medium};
use pairbox_chips::Picture;
use pairbox_chips::qr_check::{Sighting, inspect};
use serde::Serialize;

use boards::Board;

/// Rows that the smallest pairing code needs at the least: v8 with a quiet zone. Panels with fewer show
/// where the page is instead (HARDWARE.md 1.3).
const ROWS_MIN: u32 = 51;

/// Everything the camera has to know.
#[derive(Serialize)]
struct Manifest {
    boards: Vec<Board>,
    prints: Vec<Print>,
}

/// One picture.
#[derive(Serialize)]
struct Print {
    /// The kind of panel: boards of the same format show the same picture.
    format: String,
    medium: &'static str,
    /// What is on it: `screen`, or the name of an alternative to it.
    variant: &'static str,
    /// Length of the text.
    bytes: usize,
    /// Beside the manifest.
    png: String,
    text: String,
    /// Where the code stands, unless there is none.
    code: Option<Code>,
    fault: Option<String>,
}

/// The measures of a code, in pixels of the panel.
#[derive(Serialize)]
struct Code {
    version: u32,
    correction: char,
    modules: u32,
    scale: u32,
    left: u32,
    top: u32,
    quiet: u32,
}

fn main() -> Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        bail!("usage: pairbox-camera FOLDER");
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let boards = boards::all()?;
    let mut prints: Vec<Print> = Vec::new();
    for board in &boards {
        // Another board may have shown the same picture already: then only its own way to it is tried.
        let known = prints.iter().any(|print| print.format == board.format);
        let mut glass = glass::Glass::of(&board.panel)?;
        for (bytes, count) in codes::LENGTHS {
            for seed in 0..count {
                let text = codes::text(bytes, seed);
                let frame = codes::screen(&text, board.panel.format());
                let picture = glass.show(&frame)?;
                if !known {
                    prints.push(print(&folder, board, "screen", seed, &text, &picture)?);
                }
            }
        }
        if !known && board.panel.format() == Format::OLED_128X64 {
            for seed in 0..codes::LENGTHS[0].1 {
                let text = codes::text(codes::TODAY, seed);
                let frame = codes::smallest_version(&text, board.panel.format())?;
                let picture = glass.show(&frame)?;
                prints.push(print(&folder, board, "smallest", seed, &text, &picture)?);
            }
        }
    }
    let manifest = serde_json::to_vec_pretty(&Manifest { boards, prints })?;
    write(&folder.join("manifest.json"), &manifest)
}

fn print(
    folder: &Path,
    board: &Board,
    variant: &'static str,
    seed: u64,
    text: &str,
    picture: &Picture,
) -> Result<Print> {
    let png = format!("{}-{variant}-{}-{seed}.png", board.format, text.len());
    write(&folder.join(&png), &picture.to_png(1))?;
    let (code, fault) = if picture.height() < ROWS_MIN {
        (None, None)
    } else {
        match inspect(picture) {
            Ok(sighting) if sighting.text == text => (Some(measures(&sighting)), None),
            Ok(_) => (None, Some("the code says something else".to_owned())),
            Err(fault) => (None, Some(fault.to_string())),
        }
    };
    Ok(Print {
        format: board.format.clone(),
        medium: match board.panel.driver.medium() {
            Medium::Oled => "oled",
            Medium::Paper => "paper",
        },
        variant,
        bytes: text.len(),
        png,
        text: text.to_owned(),
        code,
        fault,
    })
}

fn measures(sighting: &Sighting) -> Code {
    let (left, top) = sighting.corner;
    Code {
        version: sighting.version,
        correction: sighting.correction,
        modules: sighting.span / sighting.scale,
        scale: sighting.scale,
        left,
        top,
        quiet: sighting.quiet,
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

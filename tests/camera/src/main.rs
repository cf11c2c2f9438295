//! Prints the QR screen of every board for the simulated camera: one PNG a code, and a manifest with
//! the measures that an independent reader took off each picture.
//!
//!     pairbox-camera FOLDER
//!
//! What is printed is what stands on the glass, drawn by the program itself. Judging it is the
//! camera's part (`shoot.py`), except that a picture without a proper code goes into the manifest with
//! its fault instead of its measures.

mod boards;
mod codes;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use pairbox::view::{Format, Frame, Medium};
use pairbox_chips::Picture;
use pairbox_chips::qr_check::{Sighting, inspect};
use serde::Serialize;

use boards::Board;

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
    let mut formats: Vec<Format> = Vec::new();
    for board in &boards {
        if !formats.contains(&board.shape) {
            formats.push(board.shape);
        }
    }
    let mut prints = Vec::new();
    for format in formats {
        for (bytes, count) in codes::LENGTHS {
            for seed in 0..count {
                let text = codes::text(bytes, seed);
                let frame = codes::screen(&text, format);
                prints.push(print(&folder, format, "screen", seed, &text, &frame)?);
                if format == Format::OLED_128X64 && bytes == codes::TODAY {
                    let frame = codes::smallest_version(&text, format)?;
                    prints.push(print(&folder, format, "smallest", seed, &text, &frame)?);
                }
            }
        }
    }
    let manifest = serde_json::to_vec_pretty(&Manifest { boards, prints })?;
    write(&folder.join("manifest.json"), &manifest)
}

fn print(
    folder: &Path,
    format: Format,
    variant: &'static str,
    seed: u64,
    text: &str,
    frame: &Frame,
) -> Result<Print> {
    let (width, height) = (format.geometry.width, format.geometry.height);
    let picture = Picture::from_fn(width, height, |x, y| frame.is_lit(x, y));
    let name = boards::format_name(format);
    let png = format!("{name}-{variant}-{}-{seed}.png", text.len());
    write(&folder.join(&png), &picture.to_png(1))?;
    let (code, fault) = match inspect(&picture) {
        Ok(sighting) => (Some(measures(&sighting)), None),
        Err(fault) => (None, Some(fault.to_string())),
    };
    Ok(Print {
        format: name,
        medium: match format.medium {
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

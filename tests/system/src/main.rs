//! A Raspberry Pi 3 in QEMU with a stock Debian, the package installed in it, the simulated WhatsApp
//! beside it, and somebody who pulls the plug.
//!
//! `run` beside this makes the card and starts this program. The map: [`machine`] is the emulated
//! board, [`console`] a root shell in it, [`glass`] what its I2C bus shows, [`finger`] its buttons,
//! [`guest`] what is done and asked in it, [`walk`] the story, [`cuts`] the power cuts, [`figures`]
//! what is written down.
#![allow(
    clippy::disallowed_methods,
    reason = "deadlines on a real process, and figures of how long it took"
)]

mod console;
mod cuts;
mod figures;
mod finger;
mod glass;
mod guest;
mod machine;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Boots the emulated Pi, installs pairbox, pairs it, and cuts its power.
#[derive(Parser)]
struct Arguments {
    /// Folder with `root.ext4`, `kernel`, `initrd` and `board.dtb`.
    #[arg(long)]
    image: PathBuf,
    /// The package to install.
    #[arg(long)]
    package: PathBuf,
    /// The program in it, for the exchange of the pinned root in a copy.
    #[arg(long)]
    program: PathBuf,
    /// Folder for the card, the console's record, the trace and pictures of the glass.
    #[arg(long)]
    work: PathBuf,
    /// How often the power is cut.
    #[arg(long, default_value_t = 3)]
    cuts: usize,
    /// Where the moments of the cuts come from.
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// Where the figures are written, beside the standard output.
    #[arg(long)]
    figures: Option<PathBuf>,
    /// QEMU, with whatever has to stand before it.
    #[arg(last = true, required = true)]
    qemu: Vec<String>,
}

fn main() -> ExitCode {
    match walk::walk(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pairbox-system: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! Walks through the page of a real box in Chromium, as a person would: clicks, typed keys, and eyes.
//!
//!     pairbox-browser FOLDER [AXE.JS [LOOK]]
//!
//! Screenshots of every step go into the folder. The box is the program that is shipped, with the
//! bench's panel, phone and service; `pairbox-browser box …` is that box, started by the former as a
//! process of its own.

mod checks;
mod driver;
mod eyes;
mod receiver;
mod visit;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use driver::Driver;
use visit::Look;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let first = arguments.next();
    if first.as_deref() == Some("box") {
        return pairbox::program::main(std::iter::once(program).chain(arguments));
    }
    match run(first, arguments.next(), arguments.next().as_deref()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("pairbox-browser: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Walks in every look, or in the one that is named; returns how many walks failed.
#[allow(clippy::disallowed_methods, reason = "how long a walk took is printed")]
fn run(folder: Option<String>, axe: Option<String>, only: Option<&str>) -> Result<usize> {
    let folder = PathBuf::from(folder.context("usage: pairbox-browser FOLDER [AXE.JS]")?);
    std::fs::create_dir_all(&folder)?;
    let axe = axe.and_then(|file| std::fs::read_to_string(file).ok());
    if axe.is_none() {
        println!("axe-core: NOT CHECKED, it is not here");
    }
    let driver = Driver::start()?;
    let (mut passed, mut failed) = (0, 0);
    let wanted = |look: &Look| only.is_none_or(|only| only == look.to_string());
    for look in Look::ALL.into_iter().filter(wanted) {
        let began = std::time::Instant::now();
        let outcome = walk::walk(&driver, look, &folder, axe.as_deref());
        let seconds = began.elapsed().as_secs_f32();
        match outcome {
            Ok(steps) => {
                passed += 1;
                println!("{look} ... ok ({steps} steps, {seconds:.1} s)");
            }
            Err(error) => {
                failed += 1;
                println!("{look} ... FAILED ({seconds:.1} s)\n{error:#}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed)
}

//! The release binary on boards that do not exist, from the first picture to the last: prints figures,
//! and ends with an error if anything was not as it should be.
//!
//!     pairbox-fakeboard --binary target/static/…/pairbox [--scenario NAME]…
//!
//! `tests/fakeboard/run` builds the binary and calls this.

mod scenario;

use std::path::PathBuf;
use std::process::ExitCode;

use pairbox_fakeboard::available;

fn main() -> ExitCode {
    let mut binary = None;
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--binary", Some(path)) => binary = Some(PathBuf::from(path)),
            ("--scenario", Some(name)) => wanted.push(name),
            _ => {
                eprintln!("usage: pairbox-fakeboard --binary PAIRBOX [--scenario NAME]...");
                eprintln!("scenarios: all, {}", scenario::names().join(", "));
                return ExitCode::FAILURE;
            }
        }
    }
    let Some(binary) = binary else {
        eprintln!("fakeboard: which binary? (--binary PATH)");
        return ExitCode::FAILURE;
    };
    if let Err(why) = available() {
        println!("fakeboard: NOT CHECKED, {why}");
        return ExitCode::SUCCESS;
    }
    let failed = scenario::run(&binary, &wanted);
    if failed == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("fakeboard: {failed} scenarios failed");
    ExitCode::FAILURE
}

//! The program behind `main`: arguments, settings, log, then the daemon. One clear line and an exit
//! code when something is wrong.
//!
//! It is a library function so that the bench runs the very same program with simulated hardware.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use thiserror::Error;

use crate::args::{Command, CommandLine, RunOptions};
use crate::config::{self, Config, FileError};
use crate::daemon::{self, StartError};
use crate::logging;

/// Why the program ended without having done what it was asked to. Prints as one line.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// The service could not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Runs the program with these arguments, the program's name first. Wrong arguments end the process
/// with usage on standard error, as `clap` does.
pub fn run<T>(arguments: impl IntoIterator<Item = T>) -> Result<(), ProgramError>
where
    T: Into<OsString> + Clone,
{
    match CommandLine::parse_from(arguments).into_command() {
        Command::Run(options) => serve(&options),
        Command::CheckConfig { file } => {
            println!("{}", config::check(file.as_deref())?);
            Ok(())
        }
    }
}

fn serve(options: &RunOptions) -> Result<(), ProgramError> {
    let config = Config::load(options)?;
    logging::start(config.log.level.into());
    Ok(daemon::run(config)?)
}

/// [`run`], with the error told and turned into an exit code: for programs that are nothing but this.
pub fn main<T>(arguments: impl IntoIterator<Item = T>) -> ExitCode
where
    T: Into<OsString> + Clone,
{
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // To standard error directly: the log may not have been started, and has a level.
            eprintln!("pairbox: {error}");
            ExitCode::FAILURE
        }
    }
}

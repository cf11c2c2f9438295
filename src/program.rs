//! The program behind `main`: arguments, settings, log, then the daemon. One clear line and an exit
//! code when something is wrong.
//!
//! It is a library function so that the bench runs the very same program with simulated hardware.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use thiserror::Error;

use crate::args::{Command, CommandLine, RunOptions};
use crate::board::guide;
use crate::check::{self, Verdict, probes};
use crate::config::source::Source;
use crate::config::{self, Config, FileError};
use crate::daemon::{self, StartError};
use crate::logging;

/// Why the program ended without having done what it was asked to. Prints as one line.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// `pairbox check` found something that does not work; it has said what.
    #[error("FAIL in {0} of these lines")]
    CheckFailed(usize),
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
        Command::Boards { name } => boards(name.as_deref()),
        Command::Check(options) => check(&options),
        Command::Run(options) => serve(&options),
        Command::CheckConfig { file } => {
            println!("{}", config::check(file.as_deref())?);
            Ok(())
        }
    }
}

fn boards(name: Option<&str>) -> Result<(), ProgramError> {
    // A mistake in the configuration is no reason not to say how to wire the panel.
    let config = Config::load(&RunOptions::default()).unwrap_or_else(|error| {
        eprintln!("pairbox: {error}");
        Config::default()
    });
    let catalog = config.catalog();
    match name {
        Some(name) => {
            let board = catalog.resolve(name, &Source::nameless("boards"))?;
            print!("{}", guide::describe(&board));
        }
        None => print!("{}", guide::list(&catalog)),
    }
    for complaint in catalog.complaints() {
        eprintln!("pairbox: {complaint}");
    }
    Ok(())
}

fn check(options: &RunOptions) -> Result<(), ProgramError> {
    let found =
        Config::load(options).and_then(|config| probes::look(&config, &probes::Places::default()));
    let lines = match found {
        Ok(findings) => check::judge(&findings),
        Err(error) => vec![check::unusable(&error)],
    };
    for line in &lines {
        println!("{line}");
    }
    match lines
        .iter()
        .filter(|line| line.verdict == Verdict::Fail)
        .count()
    {
        0 => Ok(()),
        failed => Err(ProgramError::CheckFailed(failed)),
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

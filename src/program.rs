//! The program behind `main`: arguments, settings, log, then the daemon. One clear line and an exit
//! code when something is wrong.
//!
//! It is a library function so that the bench runs the very same program with simulated hardware.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use log::{info, warn};
use thiserror::Error;

use crate::args::{Command, CommandLine, RunOptions, TrialOptions};
use crate::backup::{self, BackupError};
use crate::board::{Board, guide, probe};
use crate::button;
use crate::check::{self, Verdict, probes};
use crate::cli::{self, Failure, pages};
use crate::clock::Clock;
use crate::config::source::Source;
use crate::config::{self, Config, FileError};
use crate::daemon::{self, StartError};
use crate::line::Lines;
use crate::logging;
use crate::panel;
use crate::trial::{self, Interrupt, Reserved, TrialError};

/// Why the program ended without having done what it was asked to. Prints as one line.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// The service could not be asked, or said no.
    #[error(transparent)]
    Ask(#[from] Failure),
    /// The backup, the restore or the reset was not done.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// What is to be printed or written is not taken.
    #[error("{0}")]
    Output(#[from] io::Error),
    /// `pairbox check` found something that does not work; it has said what.
    #[error("FAIL in {0} of these lines")]
    CheckFailed(usize),
    /// The service could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A test of the hardware could not be made.
    #[error(transparent)]
    Trial(#[from] TrialError),
}

/// Runs the program with these arguments, the program's name first. Wrong arguments end the process
/// with usage on standard error, as `clap` does.
pub fn run<T>(arguments: impl IntoIterator<Item = T>) -> Result<(), ProgramError>
where
    T: Into<OsString> + Clone,
{
    match CommandLine::parse_from(arguments).into_command() {
        Command::Ask(ask) => Ok(cli::run(&ask)?),
        Command::Backup(options) => Ok(backup::backup(&options)?),
        Command::Restore(options) => Ok(backup::restore::restore(&options)?),
        Command::Reset(options) => Ok(backup::reset::reset(&options)?),
        Command::Boards { name } => boards(name.as_deref()),
        Command::Check(options) => check(&options),
        Command::Run(options) => serve(&options),
        Command::CheckConfig { file } => {
            println!("{}", config::check(file.as_deref())?);
            Ok(())
        }
        Command::PanelTest(options) => try_panel(&options),
        Command::ButtonTest(options) => try_buttons(&options),
        Command::Completions { shell } => Ok(pages::completions(shell, &mut io::stdout())?),
        Command::Man { into: Some(folder) } => Ok(pages::manuals(&folder)?),
        Command::Man { into: None } => Ok(pages::manual(&mut io::stdout())?),
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

fn try_panel(options: &TrialOptions) -> Result<(), ProgramError> {
    let (config, board, _service_is_off) = for_trial(options)?;
    let spec = board.panel.as_ref();
    let spec = spec.ok_or_else(|| TrialError::Headless(board.name.clone()))?;
    let lines = Lines::open(config.gpio)
        .inspect_err(|error| warn!("{error}"))
        .ok();
    let open = panel::open::opener(spec, lines);
    let card = options.seconds.map(Duration::from_secs);
    let interrupt = Interrupt::listen().map_err(TrialError::from)?;
    let out = &mut io::stdout();
    Ok(trial::panel::run(
        &board.title,
        panel::open::places(spec),
        open,
        card,
        &interrupt,
        out,
    )?)
}

fn try_buttons(options: &TrialOptions) -> Result<(), ProgramError> {
    let (config, board, _service_is_off) = for_trial(options)?;
    let lines = Lines::open(config.gpio).map_err(TrialError::from)?;
    let clock = Clock::start();
    // Never debounced by the kernel: the bounces are what is to be seen.
    let watch = |ear| button::tell(&board.buttons, &lines, None, clock, ear);
    let length = options.seconds.map(Duration::from_secs);
    let interrupt = Interrupt::listen().map_err(TrialError::from)?;
    let out = &mut io::stdout();
    let buttons = &board.buttons;
    Ok(trial::buttons::run(
        buttons, watch, length, clock, &interrupt, out,
    )?)
}

/// The hardware to try, and what keeps the service away from it.
fn for_trial(options: &TrialOptions) -> Result<(Config, Board, Reserved), ProgramError> {
    let config = Config::load(&RunOptions {
        config: options.config.clone(),
        board: options.board.clone(),
        ..RunOptions::default()
    })?;
    logging::start(config.log.level.into());
    let reserved = trial::reserve(&daemon::database(&config))?;
    let (board, why) = config.choose_board(probe::look)?;
    info!("board {}: {why}", board.name);
    Ok((config, board, reserved))
}

impl ProgramError {
    /// The exit code of the process. Wrong arguments never come here: `clap` ends the process with 2.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ask(failure) => failure.exit_code(),
            Self::Backup(error) => error.exit_code(),
            Self::Config(_)
            | Self::Output(_)
            | Self::CheckFailed(_)
            | Self::Start(_)
            | Self::Trial(_) => 1,
        }
    }
}

/// [`run`], with the error told and turned into an exit code: for programs that are nothing but this.
pub fn main<T>(arguments: impl IntoIterator<Item = T>) -> ExitCode
where
    T: Into<OsString> + Clone,
{
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ProgramError::Ask(failure)) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // To standard error directly: the log may not have been started, and has a level.
            eprintln!("pairbox: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

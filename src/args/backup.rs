//! The shape of what is done to a box as a whole: backup, restore, reset.

use std::path::PathBuf;

use clap::Args;

use super::ConsoleOptions;

/// Which box is meant, and how it is reached.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct Whose {
    /// The folder of the database of a box whose service does not run [default: as configured]
    #[arg(long, value_name = "DIR", help_heading = "Output and connection")]
    pub state_dir: Option<PathBuf>,
    /// How the service is reached, and what is printed
    #[command(flatten)]
    pub console: ConsoleOptions,
}

/// Where the passphrase comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct PassphraseOptions {
    /// The passphrase is the first line of this file (`-`: of standard input) [default: it is asked for]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Options of `backup`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct BackupOptions {
    /// The file to write; `-` is standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// Where the passphrase comes from
    #[command(flatten)]
    pub secret: PassphraseOptions,
    /// Which box
    #[command(flatten)]
    pub whose: Whose,
}

/// Options of `restore`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct RestoreOptions {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Do it: the box the backup is of stays off from now on
    #[arg(long)]
    pub force: bool,
    /// Where the passphrase comes from
    #[command(flatten)]
    pub secret: PassphraseOptions,
    /// Which box
    #[command(flatten)]
    pub whose: Whose,
}

/// Options of `reset`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ResetOptions {
    /// Do not ask; needed where nobody can be asked
    #[arg(long, short)]
    pub yes: bool,
    /// Which box
    #[command(flatten)]
    pub whose: Whose,
}

//! The command line.
//!
//! Only its shape: what the options mean is decided in `config` and `daemon`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::BoardName;

/// Links WhatsApp accounts and keeps them online.
#[derive(Clone, PartialEq, Eq, Debug, Parser)]
#[command(name = "pairbox", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// What to do; running the service when nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunOptions,
}

/// What the program can do.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum Command {
    /// Run the service (also without this word)
    Run(RunOptions),
    /// Read a configuration file, say whether it is in order, and end
    CheckConfig {
        /// The file [default: /etc/pairbox/pairbox.toml]
        file: Option<PathBuf>,
    },
}

/// Options of the service. They win over the configuration file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct RunOptions {
    /// The configuration file [default: /etc/pairbox/pairbox.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the database
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Address and port of the page, like 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The board: auto, a name, or a path to a board file
    #[arg(long, value_name = "NAME")]
    pub board: Option<BoardName>,
}

impl CommandLine {
    /// What to do.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Run(self.run))
    }
}

//! The command line.
//!
//! Only its shape and its help: what the options of the service mean is decided in `config` and
//! `daemon`, what is asked of a running service ([`Ask`]) in `cli`.

mod ask;
pub mod backup;
mod gateway;
pub mod help;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::backup::{BackupOptions, ResetOptions, RestoreOptions};
pub use ask::{Ask, Confirm, ConsoleOptions, TokenAsk, Which};
pub use gateway::{Hook, MessagesAsk, PolicyAsk, RequestsAsk, SendAsk, Verdict, WebhookAsk};

use crate::config::BoardName;

/// Links WhatsApp accounts and keeps them online.
#[derive(Clone, PartialEq, Eq, Debug, Parser)]
#[command(
    name = "pairbox",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_long_help = help::PAIRBOX
)]
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
    /// Ask the service that runs on this box.
    #[command(flatten)]
    Ask(Ask),
    /// List the boards, or say how one is wired and set up
    #[command(after_long_help = help::BOARDS)]
    Boards {
        /// The board; all of them when none is named
        name: Option<String>,
    },
    /// Look at board, panel, buttons, clock, network and disk, and say what to do
    #[command(after_long_help = help::CHECK)]
    Check(RunOptions),
    /// Write all this box keeps into one encrypted file; the service goes on meanwhile
    #[command(after_long_help = help::BACKUP)]
    Backup(BackupOptions),
    /// Put a backup in the place of what this box keeps. Stop the service first
    #[command(after_long_help = help::RESTORE)]
    Restore(RestoreOptions),
    /// Take the box back to how it came: unlink its accounts, remove all it keeps
    #[command(after_long_help = help::RESET)]
    Reset(ResetOptions),
    /// Run the service (also without this word)
    #[command(after_long_help = help::RUN)]
    Run(RunOptions),
    /// Read a configuration file, say whether it is in order, and end
    #[command(after_long_help = help::CHECK_CONFIG)]
    CheckConfig {
        /// The file [default: /etc/pairbox/pairbox.toml]
        file: Option<PathBuf>,
    },
    /// Show test cards on the panel and say what should be seen. Stop the service first
    #[command(after_long_help = help::PANEL_TEST)]
    PanelTest(TrialOptions),
    /// Say what the buttons do, until Ctrl-C. Stop the service first
    #[command(after_long_help = help::BUTTON_TEST)]
    ButtonTest(TrialOptions),
    /// Print the completions of a shell
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for every command
    #[command(after_long_help = help::MAN)]
    Man {
        /// Write `pairbox.1` and a page for each command into this folder
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// A shell that completions can be made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// fish.
    Fish,
}

/// Options of the tests a person makes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct TrialOptions {
    /// The configuration file [default: /etc/pairbox/pairbox.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The board: auto, a name, or a path to a board file
    #[arg(long, value_name = "NAME")]
    pub board: Option<BoardName>,
    /// Seconds: of each card [default: 3, on paper 10], or of the whole button test
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: Option<u64>,
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
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Run(self.run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, String> {
        let words = ["pairbox"].iter().chain(words);
        CommandLine::try_parse_from(words)
            .map(CommandLine::into_command)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        <CommandLine as CommandFactory>::command().debug_assert();
    }

    #[test]
    fn running_needs_no_word() {
        let options = RunOptions {
            config: Some("/etc/x.toml".into()),
            state_dir: Some("/srv/state".into()),
            listen: Some(([127, 0, 0, 1], 9000).into()),
            board: Some(BoardName::Named("headless".into())),
        };
        let words = [
            "--config",
            "/etc/x.toml",
            "--state-dir",
            "/srv/state",
            "--listen",
            "127.0.0.1:9000",
            "--board",
            "headless",
        ];
        let with_word: Vec<&str> = ["run"].into_iter().chain(words).collect();
        assert_eq!(parse(&words), Ok(Command::Run(options.clone())));
        assert_eq!(parse(&with_word), Ok(Command::Run(options)));
        assert_eq!(parse(&[]), Ok(Command::Run(RunOptions::default())));
    }

    #[test]
    fn options_before_the_word_are_not_silently_lost() {
        assert!(parse(&["--board", "headless", "run"]).is_err());
        assert!(parse(&["--board", "headless", "check-config"]).is_err());
    }

    #[test]
    fn a_configuration_can_be_checked() {
        let check = |file: Option<&str>| {
            Ok(Command::CheckConfig {
                file: file.map(PathBuf::from),
            })
        };
        assert_eq!(parse(&["check-config"]), check(None));
        assert_eq!(parse(&["check-config", "x.toml"]), check(Some("x.toml")));
    }

    #[test]
    fn hardware_can_be_tried() {
        let options = TrialOptions {
            board: Some(BoardName::Named("ssd1306-i2c".into())),
            seconds: Some(5),
            ..TrialOptions::default()
        };
        let words = |command| [command, "--board", "ssd1306-i2c", "--seconds", "5"];
        assert_eq!(
            parse(&words("panel-test")),
            Ok(Command::PanelTest(options.clone()))
        );
        assert_eq!(
            parse(&words("button-test")),
            Ok(Command::ButtonTest(options))
        );
    }

    #[test]
    fn boards_and_the_machine_can_be_looked_at() {
        let boards = |name: Option<&str>| {
            Ok(Command::Boards {
                name: name.map(str::to_owned),
            })
        };
        assert_eq!(parse(&["boards"]), boards(None));
        assert_eq!(parse(&["boards", "headless"]), boards(Some("headless")));
        let options = RunOptions {
            board: Some(BoardName::Auto),
            ..RunOptions::default()
        };
        assert_eq!(
            parse(&["check", "--board", "auto"]),
            Ok(Command::Check(options))
        );
    }

    #[test]
    fn mistakes_are_told() {
        for (words, told) in [
            (&["--listen", "localhost"][..], "invalid socket address"),
            (&["--lisen", "x"], "--listen"),
            (&["chek-config"], "check-config"),
            (&["--board", ""], "invalid value"),
            (&["panel-test", "--seconds", "0"], "--seconds"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(told), "{words:?}: {error}");
        }
    }
}

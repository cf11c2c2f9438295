//! How a command can fail, in words for a person, and the exit code for a script.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::account::AccountError;
use crate::config::FileError;

/// Why a command did not do what it was asked to. Prints as one line, but for [`AccountError`], which
/// lists what there is.
#[derive(Debug, Error)]
pub enum Failure {
    /// The service said no.
    #[error("{detail} ({code})")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The stable code.
        code: String,
        /// What the service says about it.
        detail: String,
    },
    /// What cannot be undone was asked for where nobody can be asked whether it is meant.
    #[error("this cannot be undone: say --yes, or run it on a terminal, where it asks")]
    Unconfirmed,
    /// The person thought better of it.
    #[error("nothing was changed")]
    Declined,
    /// An argument makes no sense; found later than by the parser of arguments.
    #[error("{0}")]
    Usage(String),
    /// Nobody answers at the socket.
    #[error("{path}: {why}; {advice}", path = path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// The reason in the system's words.
        why: String,
        /// What to do.
        advice: &'static str,
    },
    /// The configuration file, which names the socket, is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// It is not clear which account is meant.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No answer in time.
    #[error("{0}")]
    TimedOut(String),
    /// Pairing ended, and the account is not linked.
    #[error("not paired: {0}")]
    NotPaired(String),
    /// Ctrl-C.
    #[error("interrupted; pairing goes on, `pairbox stop` ends it")]
    Interrupted,
    /// The answer is not what was agreed on.
    #[error("the service's answer makes no sense: {0}")]
    Broken(String),
    /// Nobody takes what is printed, or the terminal fails.
    #[error("printing: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit code of the process (also listed in `pairbox --help`).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { status: 404, .. } | Self::Account(_) => 4,
            Self::Refused { .. }
            | Self::Declined
            | Self::Config(_)
            | Self::Broken(_)
            | Self::Output(_) => 1,
            Self::Unconfirmed | Self::Usage(_) => 2,
            Self::Unreachable { .. } => 3,
            Self::TimedOut(_) => 5,
            Self::NotPaired(_) => 6,
            // As shells say it for a process that SIGINT ended: 128 and the signal's number.
            Self::Interrupted => 130,
        }
    }

    /// Whether the reader of our output went away, which is no failure to tell (`pairbox events | head`).
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::help;

    /// Every exit code the program can end with is explained where people look.
    #[test]
    fn exit_codes_are_documented() {
        let all = [
            Failure::Unconfirmed,
            Failure::Declined,
            Failure::Unreachable {
                path: "x".into(),
                why: String::new(),
                advice: "",
            },
            Failure::Account(AccountError::None),
            Failure::TimedOut(String::new()),
            Failure::NotPaired(String::new()),
            Failure::Interrupted,
        ];
        let codes: Vec<u8> = all.iter().map(Failure::exit_code).collect();
        assert_eq!(codes, [2, 1, 3, 4, 5, 6, 130]);
        for code in [0].into_iter().chain(codes) {
            assert!(
                help::PAIRBOX.lines().any(|line| line
                    .trim_start()
                    .strip_prefix(&code.to_string())
                    .is_some_and(|rest| rest.starts_with("  "))),
                "{code}"
            );
        }
    }
}

//! Completions and manual pages, made from the definition of the command line.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell as Completed;

use crate::args::{CommandLine, Shell};

/// Writes the completions of a shell.
///
/// # Errors
/// Nobody takes them.
pub fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let shell = match shell {
        Shell::Bash => Completed::Bash,
        Shell::Zsh => Completed::Zsh,
        Shell::Fish => Completed::Fish,
    };
    let mut text = Vec::new();
    let mut command = CommandLine::command();
    // Panics when its writer fails, which a vector does not.
    clap_complete::generate(shell, &mut command, "pairbox", &mut text);
    out.write_all(&text)
}

/// Writes the manual page of the whole.
///
/// # Errors
/// Nobody takes it.
pub fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(CommandLine::command()).render(&mut text)?;
    out.write_all(&text)
}

/// Writes a manual page for each command, and the one of the whole, into a folder.
///
/// # Errors
/// The folder is not there, or takes no files.
pub fn manuals(folder: &Path) -> io::Result<()> {
    clap_mangen::generate_to(CommandLine::command(), folder)
}

//! Where a passphrase comes from: a person at the terminal, or for scripts the first line of a file or
//! of standard input. Never an argument: those are in `ps` and in the shell's history.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::Path;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::limits;
use crate::secret::Secret;

/// Why there is no passphrase.
#[derive(Debug, Error)]
pub enum PassphraseError {
    /// Nobody can be asked.
    #[error("there is no terminal to ask for the passphrase on: say --passphrase-file FILE")]
    NoTerminal,
    /// The terminal fails.
    #[error("asking for the passphrase: {0}")]
    Terminal(io::Error),
    /// The file cannot be read.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
    /// Its first line is longer than any passphrase.
    #[error("{0}: its first line is longer than {max} bytes", max = limits::PASSPHRASE_MAX)]
    TooLong(String),
    /// There is nothing in it.
    #[error("an empty passphrase protects nothing")]
    Empty,
    /// Typed twice, it was not the same.
    #[error("the two passphrases differ")]
    Differ,
}

/// A passphrase for something new: typed twice. A short one is taken, and complained about on standard
/// error.
///
/// # Errors
/// [`PassphraseError`].
pub fn choose(file: Option<&Path>) -> Result<Secret, PassphraseError> {
    let passphrase = if let Some(file) = file {
        read(file)?
    } else {
        let first = ask("Passphrase for the backup: ")?;
        if !first.expose().is_empty() && ask("The same again: ")? != first {
            return Err(PassphraseError::Differ);
        }
        first
    };
    let passphrase = not_empty(passphrase)?;
    if passphrase.expose().chars().count() < limits::PASSPHRASE_SHORT {
        eprintln!(
            "pairbox: this passphrase is short: whoever finds the file can try many; take {} \
             characters or more, or several words",
            limits::PASSPHRASE_SHORT
        );
    }
    Ok(passphrase)
}

/// The passphrase of something there is: typed once.
///
/// # Errors
/// [`PassphraseError`].
pub fn recall(file: Option<&Path>) -> Result<Secret, PassphraseError> {
    let passphrase = match file {
        Some(file) => read(file)?,
        None => ask("Passphrase of the backup: ")?,
    };
    not_empty(passphrase)
}

fn not_empty(passphrase: Secret) -> Result<Secret, PassphraseError> {
    if passphrase.expose().is_empty() {
        return Err(PassphraseError::Empty);
    }
    Ok(passphrase)
}

fn ask(words: &str) -> Result<Secret, PassphraseError> {
    if !io::stdin().is_terminal() {
        return Err(PassphraseError::NoTerminal);
    }
    let typed = rpassword::prompt_password(words);
    Ok(Secret::new(typed.map_err(PassphraseError::Terminal)?))
}

/// The first line, without its end. `-`: of standard input.
fn read(file: &Path) -> Result<Secret, PassphraseError> {
    let name = file.display().to_string();
    let of_file = |source| PassphraseError::File {
        file: name.clone(),
        source,
    };
    if file == Path::new("-") {
        return first_line(io::stdin().lock(), &name).map_err(of_file)?;
    }
    let opened = File::open(file).map_err(of_file)?;
    first_line(BufReader::new(opened), &name).map_err(of_file)?
}

fn first_line(from: impl BufRead, name: &str) -> io::Result<Result<Secret, PassphraseError>> {
    let mut line = Zeroizing::new(Vec::new());
    let mut from = from.take(limits::PASSPHRASE_MAX + 2);
    from.read_until(b'\n', &mut line)?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    if line.len() as u64 > limits::PASSPHRASE_MAX {
        return Ok(Err(PassphraseError::TooLong(name.to_owned())));
    }
    match std::str::from_utf8(&line) {
        Ok(text) => Ok(Ok(Secret::new(text.to_owned()))),
        // The error of the library would quote nothing, but it is no help either.
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its first line is no text (UTF-8)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Result<Secret, PassphraseError> {
        first_line(bytes, "x").unwrap()
    }

    #[test]
    fn the_first_line_without_its_end() {
        for bytes in [&b"a b\n"[..], b"a b\r\n", b"a b", b"a b\nsecond\n"] {
            assert_eq!(line(bytes).unwrap().expose(), "a b");
        }
        assert_eq!(line(b" a \n").unwrap().expose(), " a ");
        assert!(matches!(
            line(b"\nx").and_then(not_empty),
            Err(PassphraseError::Empty)
        ));
        let long = vec![b'x'; 1025];
        assert!(matches!(line(&long), Err(PassphraseError::TooLong(_))));
        assert!(first_line(&b"\xff\n"[..], "x").is_err());
    }
}

//! Opening the store in a process of its own first, so that a panic ends that one.
//!
//! redb trusts the list of free pages of a file that was closed properly, and panics when that list has
//! rotted. Where a panic unwinds, the store itself catches it. The release is built to end the process
//! with a panic (unwinding would be a third of its size), and a box that ends each time it opens its
//! store could not even say so. So another process opens it first: if that one is killed by what it
//! finds, the file is damaged.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use log::{debug, warn};
use rustix::process::Signal;

use super::error::OpenError;
use super::open::open_unrehearsed;

/// Lets another process open and check the store at `path`, if there is one and panics do not unwind
/// here. What it says of an ordinary error is not looked at: whoever opens the file next meets the
/// same one.
///
/// # Errors
/// [`OpenError::Damaged`] when the file was the death of it.
pub(super) fn stage(path: &Path) -> Result<(), OpenError> {
    if cfg!(panic = "unwind") || !path.exists() {
        return Ok(());
    }
    match std::env::current_exe() {
        Ok(program) => stage_with(Command::new(program).arg("try-store").arg(path), path),
        Err(error) => {
            warn!("the store is opened without a rehearsal: {error}");
            Ok(())
        }
    }
}

fn stage_with(company: &mut Command, path: &Path) -> Result<(), OpenError> {
    // What it prints would be said twice; its last words, should it die, are of interest.
    let played = company.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match played {
        Ok(status) => judge(status, path),
        Err(error) => {
            warn!("the store is opened without a rehearsal: {error}");
            Ok(())
        }
    }
}

fn judge(status: ExitStatus, path: &Path) -> Result<(), OpenError> {
    debug!("the store's rehearsal: {status}");
    // What a panic ends with. Anything else (a service that is stopped, a lack of memory, a program that
    // cannot be read from the card) says nothing about the file.
    if status.signal() == Some(Signal::ABORT.as_raw()) {
        return Err(OpenError::Damaged {
            file: path.display().to_string(),
            why: "its structure makes no sense".into(),
        });
    }
    Ok(())
}

/// The other process: opens the store, checks all of it, closes it.
///
/// # Errors
/// As [`super::Store::open`].
pub fn play(file: &Path) -> Result<(), OpenError> {
    open_unrehearsed(file).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(script: &str) -> Command {
        let mut company = Command::new("sh");
        company.arg("-c").arg(script).stderr(Stdio::null());
        company
    }

    fn staged(script: &str) -> Result<(), OpenError> {
        stage_with(&mut company(script), Path::new("/state/pairbox.redb"))
    }

    #[test]
    fn a_file_that_kills_its_reader_is_damaged() {
        let error = staged("kill -ABRT $$").unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("/state/pairbox.redb"), "{error}");
    }

    #[test]
    fn an_end_from_outside_says_nothing_about_the_file() {
        for script in ["exit 0", "exit 1", "kill -TERM $$", "kill -BUS $$"] {
            assert!(staged(script).is_ok(), "{script}");
        }
        let nobody = &mut Command::new("/nowhere/pairbox");
        assert!(stage_with(nobody, Path::new("/state/pairbox.redb")).is_ok());
    }
}

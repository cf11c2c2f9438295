//! Where a backup is written to: a file that is there whole or not at all, or standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Stdout, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::clear_place;

/// Why a backup is not where it should be.
#[derive(Debug, Error)]
pub enum TargetError {
    /// There is a file.
    #[error("{0} is there already: name another file, or say --force")]
    Exists(String),
    /// It is no name of a file.
    #[error("{0} is no name a file can have")]
    NoName(String),
    /// It would be printed on the screen.
    #[error("a backup is no text: name a file, or send it somewhere with `|` or `>`")]
    Terminal,
    /// The system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
}

/// A backup that is being written. Dropped before its end, it leaves nothing.
#[derive(Debug)]
pub enum Target {
    /// A file, written beside its place.
    File {
        /// What is written.
        file: File,
        /// Its name until it is whole.
        part: PathBuf,
        /// Its name then.
        whole: PathBuf,
    },
    /// Standard output.
    Output(Stdout),
}

/// Whether a backup can be written there, before anybody types a passphrase for it.
///
/// # Errors
/// [`TargetError`].
pub fn look(whole: &Path, force: bool) -> Result<(), TargetError> {
    let named = || whole.display().to_string();
    if whole == Path::new("-") {
        if io::stdout().is_terminal() {
            return Err(TargetError::Terminal);
        }
    } else if whole.file_name().is_none() {
        return Err(TargetError::NoName(named()));
    } else if !force && whole.symlink_metadata().is_ok() {
        return Err(TargetError::Exists(named()));
    }
    Ok(())
}

impl Target {
    /// Begins a file that only its owner can read; `-` is standard output. `force`: a file that is there
    /// is replaced, once the new one is whole.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn begin(whole: &Path, force: bool) -> Result<Self, TargetError> {
        look(whole, force)?;
        if whole == Path::new("-") {
            return Ok(Self::Output(io::stdout()));
        }
        let mut beside = whole.file_name().unwrap_or_default().to_owned();
        beside.push(".part");
        let part = whole.with_file_name(beside);
        let of_part = |source| TargetError::Io {
            file: part.display().to_string(),
            source,
        };
        // What a run that was killed left; made anew, so that nobody else has it open.
        clear_place(&part).map_err(of_part)?;
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&part);
        Ok(Self::File {
            file: opened.map_err(of_part)?,
            part,
            whole: whole.to_owned(),
        })
    }

    /// All of it was written: now it gets its name. It survives a power cut when this returns.
    ///
    /// # Errors
    /// [`TargetError`]; then there is no backup.
    pub fn finish(mut self) -> Result<(), TargetError> {
        let named = self.name();
        let ended = match &mut self {
            Self::Output(output) => output.flush(),
            Self::File { file, part, whole } => file
                .sync_all()
                .and_then(|()| fs::rename(&part, &whole))
                .and_then(|()| sync_folder(whole)),
        };
        ended.map_err(|source| TargetError::Io {
            file: named,
            source,
        })
    }

    /// What people know it as.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Output(_) => "standard output".to_owned(),
            Self::File { whole, .. } => whole.display().to_string(),
        }
    }
}

/// Makes the names in a file's folder durable.
pub(super) fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = match of.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.write(bytes),
            Self::Output(output) => output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { file, .. } => file.flush(),
            Self::Output(output) => output.flush(),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::File { part, .. } = self {
            // After `finish` there is none of this name.
            let _ = fs::remove_file(part);
        }
    }
}

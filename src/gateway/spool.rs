//! Files that are to go out: taken in as a stream, kept until their message was sent or given up.
//!
//! The folder is the service's alone (0700, its files 0600). What no message in a queue names any more is
//! swept when the service starts: a power cut leaves nothing behind.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::room;
use crate::limits;

/// Why a file was not taken in. Nothing of it is left.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// It is larger than was allowed.
    #[error("the file is larger than {max} bytes")]
    TooLarge {
        /// What was allowed, in bytes.
        max: u64,
    },
    /// The spool holds as much as it may: messages wait to be sent.
    #[error("too many files are waiting to be sent")]
    Full,
    /// The disk did not take it.
    #[error("the disk did not take the file: {0}")]
    Disk(#[from] io::Error),
}

/// The folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    /// Largest file, in bytes.
    max: u64,
}

/// It is looked whether there is room for more with every so many bytes.
const LOOK_EVERY: u64 = 1024 * 1024;

/// A file that was taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spooled {
    /// Its name within the folder: its SHA-256 in hexadecimal, a dash, and a number made by chance.
    pub file: String,
    /// Bytes.
    pub size: u64,
}

/// A file that is being taken in. Dropped before its end, it leaves nothing.
pub struct Incoming {
    path: PathBuf,
    file: File,
    hash: Sha256,
    size: u64,
    max: u64,
    finished: bool,
}

impl Spool {
    /// The spool in that folder, which is made when it is first needed. `max` is in bytes.
    #[must_use]
    pub fn new(folder: PathBuf, max: u64) -> Self {
        Self { folder, max }
    }

    /// The largest file it takes, in bytes.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Where a file is.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Begins to take a file in. Blocks for the disk, as everything here.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn begin(&self) -> Result<Incoming, SpoolError> {
        private_folder(&self.folder)?;
        if self.bytes()? >= self.max.saturating_mul(limits::SPOOL_FILES) {
            return Err(SpoolError::Full);
        }
        room::leave(&self.folder, LOOK_EVERY)?;
        let path = self.folder.join(format!("{}.part", chance()?));
        let file = private_file(&path)?;
        Ok(Incoming {
            path,
            file,
            hash: Sha256::new(),
            size: 0,
            max: self.max,
            finished: false,
        })
    }

    /// Bytes in it.
    fn bytes(&self) -> io::Result<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(&self.folder)? {
            // A file that is gone meanwhile takes no room.
            bytes += entry?.metadata().map_or(0, |file| file.len());
        }
        Ok(bytes)
    }

    /// Takes a whole file in.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn keep(&self, bytes: &[u8]) -> Result<Spooled, SpoolError> {
        let mut incoming = self.begin()?;
        incoming.add(bytes)?;
        incoming.finish()
    }

    /// Throws a file away; one that is not there is gone already.
    pub fn remove(&self, file: &str) {
        if file.contains('/') {
            return;
        }
        match fs::remove_file(self.path(file)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => log::warn!("a file that was sent could not be removed: {error}"),
        }
    }

    /// Throws everything away that `wanted` does not name. Before anything is taken in.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn sweep(&self, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str().filter(|name| !wanted(name)) else {
                continue;
            };
            self.remove(name);
        }
        Ok(())
    }
}

impl Incoming {
    /// The next bytes.
    ///
    /// # Errors
    /// [`SpoolError`]; drop it then.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let before = self.size / LOOK_EVERY;
        self.size += bytes.len() as u64;
        if self.size > self.max {
            return Err(SpoolError::TooLarge { max: self.max });
        }
        if self.size / LOOK_EVERY > before {
            room::leave(self.path.parent().unwrap_or(Path::new(".")), LOOK_EVERY)?;
        }
        self.hash.update(bytes);
        self.file.write_all(bytes)?;
        Ok(())
    }

    /// Bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// That was all of it: it is on the disk, and has its name.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn finish(mut self) -> Result<Spooled, SpoolError> {
        self.file.sync_all()?;
        let hash = std::mem::take(&mut self.hash).finalize();
        let hash = hexadecimal(&hash);
        let file = format!("{hash}-{}", chance()?);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::rename(&self.path, folder.join(&file))?;
        File::open(folder)?.sync_all()?;
        self.finished = true;
        Ok(Spooled {
            file,
            size: self.size,
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.finished {
            // It is swept at the next start otherwise.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Files in the spool that belong to nobody yet: gone unless they are kept.
pub(super) struct Held {
    spool: Spool,
    files: Vec<String>,
}

impl Held {
    pub(super) fn nothing(spool: &Spool) -> Self {
        Self {
            spool: spool.clone(),
            files: Vec::new(),
        }
    }

    /// This one too.
    pub(super) fn take(&mut self, file: &str) {
        self.files.push(file.to_owned());
    }

    /// They belong to a message.
    pub(super) fn keep(&mut self) {
        self.files.clear();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for file in &self.files {
            self.spool.remove(file);
        }
    }
}

/// Makes a folder that is the service's alone.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a new file that is the service's alone.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Sixteen hexadecimal digits made by chance.
pub(crate) fn chance() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

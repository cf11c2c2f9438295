//! Files that were fetched, within a budget: the least used go first. How lately a file was used is its
//! time of change, so that it outlives a restart.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::warn;
use sha2::{Digest, Sha256};

use super::room;
use super::spool::{chance, hexadecimal, private_file, private_folder};
use crate::account::AccountId;
use crate::time::UnixMillis;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// What lets one caller at a time fetch a file.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// The folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    /// Bytes it may hold.
    budget: u64,
    turns: Arc<Mutex<BTreeMap<String, Weak<tokio::sync::Mutex<()>>>>>,
}

/// A file that is being fetched. Dropped before it is kept, it is gone.
#[derive(Debug)]
pub struct Part {
    /// Where it is written: an empty file for nobody else's eyes.
    pub path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there any more once it was kept.
        let _ = fs::remove_file(&self.path);
    }
}

impl Cache {
    /// The cache in that folder, which is made when it is first needed.
    #[must_use]
    pub fn new(folder: PathBuf, budget: u64) -> Self {
        Self {
            folder,
            budget,
            turns: Arc::default(),
        }
    }

    /// Where a file is, or would be.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whoever holds its lock is the one who fetches the file.
    pub(super) fn turn(&self, name: &str) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(name).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Turn::default();
        turns.insert(name.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// The size of a file that is there; it counts as used now.
    #[must_use]
    pub fn look(&self, name: &str, now: Option<UnixMillis>) -> Option<u64> {
        let file = OpenOptions::new().write(true).open(self.path(name)).ok()?;
        let size = file.metadata().ok()?.len();
        if let Some(now) = now
            && let Err(error) = file.set_modified(UNIX_EPOCH + Duration::from_millis(now.0))
        {
            warn!("that a file was used could not be noted: {error}");
        }
        Some(size)
    }

    /// Begins a file of so many bytes. What was fetched before gives way to it, and to the store, when the
    /// disk gets full.
    ///
    /// # Errors
    /// The disk does not take it; [`io::ErrorKind::StorageFull`] when it would leave too little room.
    pub fn part(&self, name: &str, bytes: u64) -> io::Result<Part> {
        private_folder(&self.folder)?;
        self.give_way(bytes)?;
        let path = self.folder.join(format!("{name}.{}.part", chance()?));
        private_file(&path)?;
        Ok(Part { path })
    }

    /// That was all of it: checked against its SHA-256 (64 hexadecimal digits, or empty when nobody said
    /// it) and its size, kept, and room made. Reads all of it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`]: it is not what it should be. Others: the disk.
    pub fn keep(&self, part: Part, name: &str, sha256: &str, size: u64) -> io::Result<()> {
        let (hash, bytes) = read_through(&part.path)?;
        if bytes != size || !(sha256.is_empty() || sha256.eq_ignore_ascii_case(&hash)) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        fs::rename(&part.path, self.path(name))?;
        drop(part);
        self.make_room(name)
    }

    /// Throws away everything of an account. Its files' names begin with its number.
    pub fn forget(&self, account: AccountId) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let begins = format!("{}-", account.0);
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&begins)
                && let Err(error) = fs::remove_file(entry.path())
            {
                warn!("a file of an account that is gone stays: {error}");
            }
        }
    }

    /// Throws away what was not fetched whole. Before anything is fetched.
    pub fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|ending| ending == "part") {
                // It takes room until the next start otherwise.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Throws away the least used as long as the disk has no room for so many bytes.
    fn give_way(&self, bytes: u64) -> io::Result<()> {
        let mut files = None;
        while let Err(error) = room::leave(&self.folder, bytes) {
            if error.kind() != io::ErrorKind::StorageFull {
                return Err(error);
            }
            let files = match &mut files {
                Some(files) => files,
                None => files.insert(self.files("")?.0.into_iter()),
            };
            let (_, path, _) = files.next().ok_or(error)?;
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Throws away the least used until the rest is within the budget; never the one of that name.
    fn make_room(&self, keep: &str) -> io::Result<()> {
        let (files, mut total) = self.files(keep)?;
        for (_, path, size) in files {
            if total <= self.budget {
                break;
            }
            fs::remove_file(path)?;
            total = total.saturating_sub(size);
        }
        Ok(())
    }

    /// Whole files but the one of that name, the least used first: when they were used, where they are,
    /// their bytes. And the bytes of everything there.
    fn files(&self, keep: &str) -> io::Result<(Vec<Kept>, u64)> {
        let mut files = Vec::new();
        let mut total = 0_u64;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Gone meanwhile.
            let Ok(file) = entry.metadata() else {
                continue;
            };
            total += file.len();
            let is_part = entry.path().extension().is_some_and(|it| it == "part");
            if !is_part && entry.file_name() != keep {
                let used = file.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((used, entry.path(), file.len()));
            }
        }
        files.sort();
        Ok((files, total))
    }
}

/// A whole file: when it was used last, where it is, its bytes.
type Kept = (SystemTime, PathBuf, u64);

/// SHA-256 in hexadecimal, and bytes.
fn read_through(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    Ok((hexadecimal(&hash.finalize()), bytes))
}

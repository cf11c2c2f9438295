//! Opening the file: its directory, its mode, its lock, and the checks before it is trusted.
//!
//! 1. The state directory is created if missing (0700); the file is created with mode 0600 and an
//!    existing one is narrowed to it.
//! 2. The file is locked. Who comes second is told so and touches nothing.
//! 3. redb opens it. After a power cut it checks all of it and returns to the last whole commit.
//! 4. The schema number is read: newer is refused, older is migrated, none in an empty file means
//!    it is new.
//! 5. A file that was closed properly is checked too: cards rot, and a half-read identity would be
//!    worse than none.
//!
//! Whatever fails, the file stays, and no new one is made in its place: a read error must never
//! turn into a new identity.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use redb::Database;

use super::database::{Found, Shared, open_database};
use super::error::OpenError;
use super::medium::Medium;
use super::rehearsal;
use super::schema::{self, SCHEMA, SchemaError};

const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Opens the file at `path`, creating it and its directory if there is none.
pub(super) fn open_file(path: &Path) -> Result<Shared, OpenError> {
    rehearsal::stage(path)?;
    open_unrehearsed(path)
}

/// As [`open_file`], whatever becomes of this process.
pub(super) fn open_unrehearsed(path: &Path) -> Result<Shared, OpenError> {
    let name = path.display().to_string();
    let file = prepare_file(path).map_err(|source| OpenError::Io {
        file: name.clone(),
        source,
    })?;
    open_medium(Medium::file(file), &name)
}

/// Opens the file at `path` on a disk that fails while `words` says so.
#[cfg(feature = "bench")]
pub(super) fn open_on_bad_disk(path: &Path, words: &Path) -> Result<Shared, OpenError> {
    use super::bad_disk::trouble;
    let name = path.display().to_string();
    // No file is made on a full disk, and none is opened for writing on a read-only one.
    let file = match trouble(words) {
        Err(error) if !path.exists() || error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            Err(error)
        }
        _ => prepare_file(path),
    };
    let file = file.map_err(|source| OpenError::Io {
        file: name.clone(),
        source,
    })?;
    open_medium(Medium::file(file).going_bad(words), &name)
}

/// Opens the database of a medium that people know as `name`.
///
/// redb trusts the list of free pages of a file that was closed properly, and panics when that list
/// has rotted. Nothing of a file is in use yet, so the panic can end here, as damage; where panics do
/// not unwind, `rehearsal` has met it before.
pub(super) fn open_medium(medium: Medium, name: &str) -> Result<Shared, OpenError> {
    panic::catch_unwind(AssertUnwindSafe(|| check_medium(medium, name))).unwrap_or_else(|_| {
        Err(OpenError::Damaged {
            file: name.to_owned(),
            why: "its structure makes no sense".into(),
        })
    })
}

fn check_medium(medium: Medium, name: &str) -> Result<Shared, OpenError> {
    let (mut database, found) =
        open_database(&medium).map_err(|error| OpenError::from_redb(name, error))?;
    schema::prepare(&database).map_err(|error| refuse(name, error))?;
    match found {
        Found::Repaired => {
            log::warn!("store: {name} was not closed properly; checked and repaired");
        }
        Found::Clean => check(&mut database, name)?,
    }
    Shared::new(database, medium).map_err(|error| OpenError::from_store(name, error))
}

fn refuse(name: &str, error: SchemaError) -> OpenError {
    let file = name.to_owned();
    match error {
        SchemaError::Newer(found) => OpenError::Newer {
            file,
            found,
            known: SCHEMA,
        },
        SchemaError::Foreign => OpenError::Foreign {
            file,
            why: error.to_string(),
        },
        SchemaError::Store(error) => OpenError::from_store(name, error),
    }
}

/// Verifies the checksum of every page. A file that was closed properly is never rolled back to an
/// older state here: redb then refuses instead.
fn check(database: &mut Database, name: &str) -> Result<(), OpenError> {
    match database.check_integrity() {
        Ok(true) => Ok(()),
        Ok(false) => {
            log::warn!("store: {name} held an inconsistent list of free pages; repaired");
            Ok(())
        }
        Err(error) => Err(OpenError::from_redb(name, error.into())),
    }
}

/// Creates or opens the file, with nobody else ever able to read it.
fn prepare_file(path: &Path) -> io::Result<File> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    create_directory(directory)?;
    let new = !path.exists();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)?;
    if new {
        // The name must survive a power cut as well as the bytes.
        File::open(directory)?.sync_all()?;
    }
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

fn create_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
        // Two starts at once: the lock sorts them out.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

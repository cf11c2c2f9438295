//! One store takes the place of another: in an order in which a power cut leaves the old one or the new
//! one, whole, under the store's name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use super::place::Place;
use super::target::sync_folder;

/// What has been done so far; everything before it, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The new store belongs to whom the folder belongs to, and is on the disk.
    Ready,
    /// The copy of the old identity is gone: it must not outlive its store.
    IdentityGone,
    /// The old store has its second name.
    Kept,
    /// The new store is in its place.
    Replaced,
}

/// Puts the unpacked store in the place of the store that is there; says whether there was one, which is
/// kept under another name. `done` hears of each step.
///
/// # Errors
/// The file system refuses; the old store is there then, and in use again.
pub fn replace(place: &Place, mut done: impl FnMut(Step)) -> io::Result<bool> {
    let (new, database) = (place.unpacked(), place.database());
    own(&new, place.folder())?;
    done(Step::Ready);
    remove(&place.identity())?;
    sync_folder(database)?;
    done(Step::IdentityGone);
    let replaced = database.symlink_metadata().is_ok();
    if replaced {
        remove(&place.before())?;
        // A second name for the same file: there is no moment without a store.
        fs::hard_link(database, place.before())?;
        sync_folder(database)?;
        done(Step::Kept);
        fs::rename(&new, database)?;
    } else {
        // Unlike a rename, this does not replace a store that a service made this moment.
        fs::hard_link(&new, database)?;
        remove(&new)?;
    }
    sync_folder(database)?;
    done(Step::Replaced);
    Ok(replaced)
}

/// Gives a file to the owner of its folder (the service's user is not root), and makes it durable.
fn own(file: &Path, folder: &Path) -> io::Result<()> {
    let (of_file, of_folder) = (fs::metadata(file)?, fs::metadata(folder)?);
    if (of_file.uid(), of_file.gid()) != (of_folder.uid(), of_folder.gid()) {
        chown(file, Some(of_folder.uid()), Some(of_folder.gid()))?;
    }
    File::open(file)?.sync_all()
}

/// Removes a file, if it is there.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

//! Room on the disk for files beside the store: they must never take the last of it.

use std::io;
use std::path::Path;

use rustix::fs::statvfs;

use crate::limits;

/// Small disks keep one part of so many free, if that is less than [`limits::DISK_RESERVE`].
const SMALL_PART: u64 = 20;

/// Whether a file of so many bytes leaves enough room in the file system of that folder.
///
/// # Errors
/// [`io::ErrorKind::StorageFull`] when it does not; others: the disk.
pub(super) fn leave(folder: &Path, bytes: u64) -> io::Result<()> {
    let disk = statvfs(folder)?;
    let all = disk.f_blocks.saturating_mul(disk.f_frsize);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let reserve = limits::DISK_RESERVE.min(all / SMALL_PART);
    if free < bytes.saturating_add(reserve) {
        return Err(io::Error::from(io::ErrorKind::StorageFull));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_something_and_not_for_everything() {
        let folder = tempfile::tempdir().unwrap();
        let disk = statvfs(folder.path()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let told = leave(folder.path(), free).unwrap_err();
        assert_eq!(told.kind(), io::ErrorKind::StorageFull);
        if free > 2 * limits::DISK_RESERVE {
            leave(folder.path(), 1).unwrap();
        }
        assert!(leave(&folder.path().join("nowhere"), 1).is_err());
    }
}

//! The store's schema number beside the store, as one line of text: what a package's script can read
//! before it puts an older program in place of this one. The number that counts is in the store itself.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::schema::SCHEMA;

/// The file, in the folder of the store. `systemd/debian/preinst` knows it by this name, too.
const MARK: &str = "schema";
/// What is written first, and then renamed.
const UNFINISHED: &str = "schema.new";

/// Writes the schema number of this program beside the store at `store`, if another one or none is
/// there. Only after the store was opened: it has this schema then.
///
/// A disk that does not take it is no reason not to run. The old number stays, the next start tries
/// again, and until then an older program itself refuses the store.
pub fn mark_schema(store: &Path) {
    let folder = store.parent().unwrap_or(Path::new("."));
    let wanted = format!("{SCHEMA}\n");
    if fs::read(folder.join(MARK)).is_ok_and(|there| there == wanted.as_bytes()) {
        return;
    }
    if let Err(error) = replace(folder, &wanted) {
        log::warn!("store: {}: {error}", folder.join(MARK).display());
    }
}

/// Write, sync, rename, sync: either number is there after a power cut, and never half of one.
fn replace(folder: &Path, text: &str) -> io::Result<()> {
    let unfinished = folder.join(UNFINISHED);
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(MARK))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_number_is_written_once_and_an_older_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("pairbox.redb");
        let mark = folder.path().join(MARK);
        let inode = || fs::metadata(&mark).unwrap().ino();

        mark_schema(&store);
        assert_eq!(fs::read_to_string(&mark).unwrap(), format!("{SCHEMA}\n"));
        let first = inode();
        mark_schema(&store);
        assert_eq!(inode(), first, "it was there and costs the card nothing");

        fs::write(&mark, "1\n").unwrap();
        mark_schema(&store);
        assert_eq!(fs::read_to_string(&mark).unwrap(), format!("{SCHEMA}\n"));
        assert!(!folder.path().join(UNFINISHED).exists());
    }

    #[test]
    fn a_disk_that_does_not_take_it_is_lived_with() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in its place: not to be read as a number, and not to be replaced by a file.
        fs::create_dir(folder.path().join(MARK)).unwrap();
        mark_schema(&folder.path().join("pairbox.redb"));
        mark_schema(&folder.path().join("no/such/folder/pairbox.redb"));
    }
}

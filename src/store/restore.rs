//! Bringing a box back from its identity copy when its store is beyond repair.
//!
//! Beyond repair is a store whose file can be read from end to end and is refused for what is in it,
//! twice; or one that is empty although a copy tells of a linked account. A disk that cannot be read
//! at the moment, a store that another process holds or a newer program wrote are none of that: they
//! are waited for, as ever.
//!
//! 1. The copy's bytes are written beside the store, checked, migrated, and made to start anew: its
//!    pre-keys are gone, so it offers fresh ones, with numbers nobody has seen.
//! 2. The damaged file gets a second name (`….damaged-N`), so that nothing is deleted.
//! 3. The identity copy becomes what the new file is: should that be lost as well before it is copied
//!    anew, the numbers of its pre-keys must not be used a second time.
//! 4. The new file takes the store's name, in one step.
//!
//! There is a store under its name at every moment. A cut before the last step leaves the damaged one,
//! and all of this is done again; a cut after it leaves the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use redb::Durability;
use serde::{Deserialize, Serialize};
use whatsapp_rust::wacore::store::Device;

use super::Store;
use super::copy::clear_place;
use super::database::Shared;
use super::error::{OpenError, Result};
use super::identity::{Image, Site, UNFINISHED};
use super::medium::{Medium, is_unwritten};
use super::open::open_medium;
use super::rehearsal;
use super::rows::{Tx, decode, encode};
use super::schema::{DEVICE, META};
use crate::clock::Clock;
use crate::limits;
use crate::snapshot::Restored;
use crate::time::UnixMillis;

/// Name of the row that says that the store was restored: JSON.
pub(super) const MARK: &str = "restored";

/// Whether the disk takes the next step; a test's disk may not.
pub(super) type Ask<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// How the store's file was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// It opened.
    Sound,
    /// There is none, or nothing was ever written to it.
    Blank,
    /// It was refused for what is in it.
    Broken,
    /// It was refused for anything else.
    Barred,
}

/// What there is to restore it from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spare {
    /// No copy.
    None,
    /// A copy that cannot be used.
    Unusable,
    /// A copy of a box that was not linked.
    Unlinked,
    /// A copy with an identity.
    Linked,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Open the file, or create it.
    Open,
    /// Say what is wrong and leave all as it is.
    Refuse,
    /// Put the copy in its place.
    Restore,
}

/// What becomes of a file that was found like this, and then like that.
fn decide(first: Found, again: Found, spare: Spare) -> Verdict {
    match (first, again, spare) {
        (Found::Broken, Found::Broken, Spare::Linked)
        | (Found::Blank, Found::Blank, Spare::Linked) => Verdict::Restore,
        (Found::Broken, Found::Broken, _)
        | (_, Found::Barred, _)
        // A copy is made of a store with something in it: this one was emptied.
        | (Found::Blank, Found::Blank, Spare::Unusable) => Verdict::Refuse,
        // It is sound, or there was never anything in it, or it changes while it is looked at: opening
        // tells what it is.
        (_, Found::Sound | Found::Broken | Found::Blank, _) => Verdict::Open,
    }
}

impl Found {
    fn of(opened: &std::result::Result<Shared, OpenError>) -> Self {
        match opened {
            Ok(_) => Self::Sound,
            Err(OpenError::Damaged { .. } | OpenError::Foreign { .. }) => Self::Broken,
            Err(OpenError::Held { .. } | OpenError::Newer { .. } | OpenError::Io { .. }) => {
                Self::Barred
            }
        }
    }
}

/// Opens the store of a site, from its copy if it is beyond repair.
pub(super) fn open_or_restore(
    site: &Site,
    open: &dyn Fn() -> std::result::Result<Shared, OpenError>,
    ask: Ask<'_>,
) -> std::result::Result<Shared, OpenError> {
    let in_store = |source| in_file(&site.store, source);
    let refusal = if is_blank(&site.store).map_err(in_store)? {
        None
    } else {
        let opened = open();
        if Found::of(&opened) != Found::Broken {
            return opened;
        }
        drop(opened);
        // What cannot be read now may be readable tomorrow.
        read_to_end(&site.store).map_err(in_store)?;
        let again = open();
        match again {
            Err(error)
                if matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. }) =>
            {
                Some(error)
            }
            other => return other,
        }
    };
    let found = refusal.as_ref().map_or(Found::Blank, |_| Found::Broken);
    if !site.copy().exists() {
        return match (decide(found, found, Spare::None), refusal) {
            (Verdict::Open, _) | (_, None) => open(),
            (_, Some(refusal)) => Err(refusal),
        };
    }
    let held = hold(&site.store)?;
    let spare = prepare(site, ask)?;
    match (decide(found, found, spare), refusal) {
        (Verdict::Restore, refusal) => {
            let why = refusal.map_or_else(|| "it is empty".to_owned(), |why| why.to_string());
            put_in_place(site, ask)?;
            log::error!("store: restored from the identity copy: {why}");
            drop(held);
            open()
        }
        (Verdict::Open, _) => {
            drop(held);
            open()
        }
        (Verdict::Refuse, Some(refusal)) => Err(refusal),
        (Verdict::Refuse, None) => Err(OpenError::Damaged {
            file: site.store.display().to_string(),
            why: format!(
                "it is empty, and the identity copy ({}) cannot be used",
                site.copy().display()
            ),
        }),
    }
}

fn in_file(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        file: path.display().to_string(),
        source,
    }
}

/// Whether there is no file, or nothing in it that a store ever wrote.
fn is_blank(path: &Path) -> io::Result<bool> {
    match File::open(path) {
        Ok(file) => is_unwritten(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        // The state directory's path leads nowhere: opening says so.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

fn read_to_end(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; 64 * 1024];
    while file.read(&mut chunk)? > 0 {}
    Ok(())
}

/// Locks the store's file, if there is one: two starts at once must not restore it twice.
fn hold(path: &Path) -> std::result::Result<Option<File>, OpenError> {
    let opened = OpenOptions::new().read(true).write(true).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(in_file(path, error)),
    };
    let held = || OpenError::Held {
        file: path.display().to_string(),
    };
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => held(),
        TryLockError::Error(error) => in_file(path, error),
    })?;
    let [mine, there] = [file.metadata(), fs::metadata(path)];
    match (mine, there) {
        (Ok(mine), Ok(there)) if (mine.dev(), mine.ino()) == (there.dev(), there.ino()) => {
            Ok(Some(file))
        }
        // Somebody was quicker, and has put another file there.
        _ => Err(held()),
    }
}

/// The new file, until it takes the store's name.
fn unfinished(site: &Site) -> PathBuf {
    with_ending(&site.store, ".restoring")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes the new file of the copy, as far as the copy can be used.
fn prepare(site: &Site, ask: Ask<'_>) -> std::result::Result<Spare, OpenError> {
    let (copy, new) = (site.copy(), unfinished(site));
    let bytes = match fs::read(&copy) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Spare::None),
        Err(error) => return Err(in_file(&copy, error)),
    };
    if is_blank(&copy).map_err(|error| in_file(&copy, error))? {
        return Ok(Spare::Unusable);
    }
    let in_new = |error| in_file(&new, error);
    ask().map_err(in_new)?;
    let file = write_anew(&new, &bytes).map_err(in_new)?;
    let opened = rehearsal::stage(&new)
        .and_then(|()| open_medium(Medium::file(file), &new.display().to_string()));
    let spare = match opened {
        Ok(store) => {
            ask().map_err(in_new)?;
            let spare = begin_anew(&store);
            store.close();
            spare.map_err(|error| OpenError::from_store(&new.display().to_string(), error))
        }
        Err(error @ OpenError::Io { .. }) => Err(error),
        Err(error) => {
            log::error!("store: the identity copy cannot be used: {error}");
            Ok(Spare::Unusable)
        }
    };
    if spare.as_ref().is_ok_and(|spare| *spare == Spare::Linked) {
        ask().map_err(in_new)?;
        File::open(&new)
            .and_then(|file| file.sync_all())
            .map_err(in_new)?;
    } else {
        // Of no use; the next try begins with taking it away, too.
        let _ = fs::remove_file(&new);
    }
    spare
}

fn write_anew(path: &Path, bytes: &[u8]) -> io::Result<File> {
    clear_place(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}

/// Makes a device of the copy one that can go on: in one commit, with the mark that says what happened.
fn begin_anew(store: &Shared) -> Result<Spare> {
    let image = store.read(Image::of)?;
    if image.linked.is_empty() {
        return Ok(Spare::Unlinked);
    }
    let tx = Tx::new(store.begin_write()?);
    {
        let mut rows = tx.rows(DEVICE)?;
        for account in image.linked {
            let device = rows.get(account)?.map(|row| row.value().to_vec());
            if let Some(device) = device {
                let device = without_pre_keys(decode(DEVICE, &device)?);
                rows.put(account, &encode(DEVICE, &device)?)?;
            }
        }
    }
    let at_ms = Clock::start().now().wall.map(|wall| wall.0);
    let mark = encode(META, &Mark { at_ms })?;
    tx.rows(META)?.put(MARK, &mark)?;
    tx.finish(Durability::Immediate)?;
    Ok(Spare::Linked)
}

/// A device whose pre-keys are lost: the library uploads fresh ones after the login, with numbers that
/// neither the service nor a peer has seen.
fn without_pre_keys(mut device: Device) -> Device {
    let next = raised(device.next_pre_key_id);
    device.next_pre_key_id = next;
    device.first_unupload_pre_key_id = next;
    device.server_has_prekeys = false;
    device
}

/// Ids of pre-keys are 24 bits wide and not 0 (the protocol; the library's `MAX_PREKEY_ID`).
const LAST_PRE_KEY: u32 = 0x00ff_ffff;

/// The number of the first pre-key after a loss.
fn raised(next: u32) -> u32 {
    let raised = next.max(1).saturating_add(limits::IDENTITY_PRE_KEYS);
    (raised - 1) % LAST_PRE_KEY + 1
}

/// Gives the damaged file another name, and the new one its own.
fn put_in_place(site: &Site, ask: Ask<'_>) -> std::result::Result<(), OpenError> {
    let in_store = |error| in_file(&site.store, error);
    if fs::metadata(&site.store).is_ok_and(|damaged| damaged.len() > 0) {
        ask().map_err(in_store)?;
        keep_damaged(site).map_err(in_store)?;
        ask().map_err(in_store)?;
        site.sync_names().map_err(in_store)?;
    }
    let in_copy = |error| in_file(&site.copy(), error);
    ask().map_err(in_copy)?;
    raise_copy(site).map_err(in_copy)?;
    ask().map_err(in_store)?;
    fs::rename(unfinished(site), &site.store).map_err(in_store)?;
    ask().map_err(in_store)?;
    site.sync_names().map_err(in_store)
}

/// Makes the identity copy what the new store is.
fn raise_copy(site: &Site) -> io::Result<()> {
    let raised = site.store.with_file_name(UNFINISHED);
    write_anew(&raised, &fs::read(unfinished(site))?)?;
    fs::rename(&raised, site.copy())?;
    site.sync_names()
}

/// Gives the damaged file a second name, and lets go of the oldest of its kind.
fn keep_damaged(site: &Site) -> io::Result<()> {
    let mut kept = damaged(site)?;
    let number = kept.last().map_or(1, |(number, _)| number + 1);
    let name = with_ending(&site.store, &format!(".damaged-{number}"));
    let same = |path: &Path| -> io::Result<bool> {
        let [one, other] = [fs::metadata(path)?, fs::metadata(&site.store)?];
        Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
    };
    // A cut may have come right after it got its second name.
    let named = kept.last().map(|(_, last)| same(last)).transpose()?;
    if named != Some(true) {
        // A file system without second names (FAT) has to do without a store for a moment; the next
        // start would find none, and the copy.
        fs::hard_link(&site.store, &name).or_else(|_| fs::rename(&site.store, &name))?;
        kept.push((number, name));
    }
    let surplus = kept.len().saturating_sub(limits::DAMAGED_KEPT);
    for (_, oldest) in kept.drain(..surplus) {
        fs::remove_file(oldest)?;
    }
    Ok(())
}

/// The damaged files that are kept, oldest first.
fn damaged(site: &Site) -> io::Result<Vec<(u32, PathBuf)>> {
    let directory = site
        .store
        .parent()
        .filter(|parent| *parent != Path::new(""));
    let prefix = with_ending(&site.store, ".damaged-");
    let prefix = prefix.file_name().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(&*prefix));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// The row of [`MARK`].
#[derive(Serialize, Deserialize)]
struct Mark {
    #[serde(default)]
    at_ms: Option<u64>,
}

impl Store {
    /// Whether the store was restored from its identity copy, and nobody has said yet that they know.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn restored(&self) -> Result<Option<Restored>> {
        self.read(|tx| {
            let row = tx.open_table(META)?.get(MARK)?;
            let mark: Option<Mark> = row.map(|row| decode(META, row.value())).transpose()?;
            Ok(mark.map(|mark| Restored {
                at: mark.at_ms.map(UnixMillis),
            }))
        })
    }

    /// Somebody has seen that the store was restored. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn forget_restored(&self) -> Result<()> {
        self.write(|tx| {
            tx.rows(META)?.remove(MARK)?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: [Found; 4] = [Found::Sound, Found::Blank, Found::Broken, Found::Barred];
    const SPARES: [Spare; 4] = [Spare::None, Spare::Unusable, Spare::Unlinked, Spare::Linked];

    #[test]
    fn only_what_is_found_broken_or_blank_twice_is_restored_and_only_from_an_identity() {
        for first in FOUND {
            for again in FOUND {
                for spare in SPARES {
                    let restores = first == again
                        && matches!(first, Found::Broken | Found::Blank)
                        && spare == Spare::Linked;
                    let verdict = decide(first, again, spare);
                    assert_eq!(
                        verdict == Verdict::Restore,
                        restores,
                        "{first:?} {again:?} {spare:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_new_store_is_made_only_where_no_copy_tells_of_an_older_one() {
        let blank = |spare| decide(Found::Blank, Found::Blank, spare);
        assert_eq!(blank(Spare::None), Verdict::Open);
        assert_eq!(blank(Spare::Unlinked), Verdict::Open);
        assert_eq!(blank(Spare::Unusable), Verdict::Refuse);
    }

    #[test]
    fn what_is_barred_is_waited_for() {
        for spare in SPARES {
            for first in FOUND {
                assert_eq!(decide(first, Found::Barred, spare), Verdict::Refuse);
            }
        }
    }

    #[test]
    fn numbers_of_pre_keys_are_raised_and_stay_within_their_bits() {
        assert_eq!(raised(0), 1 + limits::IDENTITY_PRE_KEYS);
        assert_eq!(raised(813), 813 + limits::IDENTITY_PRE_KEYS);
        for next in [LAST_PRE_KEY - 5, LAST_PRE_KEY, LAST_PRE_KEY + 1, u32::MAX] {
            assert!((1..=LAST_PRE_KEY).contains(&raised(next)), "{next}");
        }
    }
}

//! The identity copy beside the store: what brings a box back without a scan when its store is beyond
//! repair (see `restore`).
//!
//! It holds what makes the box the box it is, and what people set; no ratchet, no message. It is
//! written anew when any of that changed in more than what changes with every connection, so that an
//! ordinary day costs nothing: written beside, synced, renamed, directory synced. Nobody waits for it,
//! and a copy that cannot be written is no fault of the box: it is said once and tried again.
//!
//! An identity that was wiped must not come back from here. So the copy goes *before* the wipe is
//! committed, none is made until the wipe is done, and then it is written anew. A cut in between
//! leaves a store without a copy, which gets one at the next start.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use redb::{ReadOnlyDatabase, ReadTransaction, ReadableDatabase};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use whatsapp_rust::wacore::store::Device;

use super::copy::{CopyError, clear_place};
use super::error::{Result, StoreError};
use super::medium::count;
use super::rows::{decode, encode};
use super::schema::{ACCOUNTS, DEVICE, META, visit_identity_rows};
use super::{Extent, Store, client_version, health, restore};
use crate::limits;
use crate::snapshot::StoreHealth;

/// Name of the copy within the state directory.
const FILE: &str = "identity.redb";

/// Name it has until it is whole.
pub(super) const UNFINISHED: &str = "identity.redb.new";

/// Where a store and its copy lie.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The store's file.
    pub(super) store: PathBuf,
    /// Test builds: where the disk is told how to fail.
    #[cfg(feature = "bench")]
    pub(super) words: Option<PathBuf>,
}

impl Site {
    /// The site of the store at `path`.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            store: path.to_owned(),
            #[cfg(feature = "bench")]
            words: None,
        }
    }

    /// The copy.
    pub(super) fn copy(&self) -> PathBuf {
        self.store.with_file_name(FILE)
    }

    /// Makes names that were changed survive a power cut.
    pub(super) fn sync_names(&self) -> io::Result<()> {
        let directory = self
            .store
            .parent()
            .filter(|parent| *parent != Path::new(""));
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// What the disk says to a change that does not go through the store's medium. Only a bench has
    /// anything to say before it is tried.
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "test builds can fail here"
    )]
    pub(super) fn ask_disk(&self) -> io::Result<()> {
        #[cfg(feature = "bench")]
        if let Some(words) = &self.words {
            super::bad_disk::trouble(words)?;
        }
        Ok(())
    }
}

/// The store's side of the copy.
pub(super) struct IdentityCopy {
    /// None for a store that is no file: a test's.
    site: OnceLock<Site>,
    /// Grows with every commit that changed rows of the copy's tables.
    changed: watch::Sender<u64>,
    /// Held while a copy is made, and while an identity is wiped.
    turn: Mutex<()>,
}

impl Default for IdentityCopy {
    fn default() -> Self {
        Self {
            site: OnceLock::new(),
            changed: watch::channel(0).0,
            turn: Mutex::const_new(()),
        }
    }
}

impl IdentityCopy {
    /// Says where the copy is to lie.
    pub(super) fn settle_at(&self, site: Site) {
        // A store lies where it lies: the first word stands.
        let _ = self.site.set(site);
    }

    /// Rows of the copy's tables changed, durably.
    pub(super) fn note_change(&self) {
        self.changed.send_modify(|number| *number += 1);
    }

    /// Takes the copy away, and lets none be made until the guard goes.
    pub(super) async fn take_away(&self) -> MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        if let Some(site) = self.site.get().cloned() {
            let gone = spawn_blocking(move || remove(&site)).await;
            if let Ok(Err(error)) = gone {
                log::warn!("store: the identity copy could not be taken away: {error}");
            }
        }
        turn
    }
}

fn remove(site: &Site) -> io::Result<()> {
    site.ask_disk()?;
    match fs::remove_file(site.copy()) {
        Ok(()) => site.sync_names(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Why there is no up-to-date copy.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{file}: {source}")]
    Io { file: String, source: io::Error },
    #[error("it broke down")]
    Died,
}

/// What a copy holds, as far as it matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Image {
    digest: [u8; 32],
    /// Accounts with an identity that completed pairing.
    pub(super) linked: BTreeSet<u32>,
}

impl Image {
    /// The image of one state of a store, or of a copy.
    pub(super) fn of(tx: &ReadTransaction) -> Result<Self> {
        let mut sum = Sha256::new();
        let mut linked = BTreeSet::new();
        let mut unreadable = None;
        let mut add = |part: &[u8]| {
            sum.update((part.len() as u64).to_le_bytes());
            sum.update(part);
        };
        visit_identity_rows(tx, &mut |table, key, value| {
            let row = essence(table, key, value, &mut linked);
            match row {
                Ok(Some(value)) => {
                    add(table.as_bytes());
                    add(key);
                    add(&value);
                }
                Ok(None) => {}
                Err(error) => unreadable = Some(error),
            }
        })?;
        match unreadable {
            Some(error) => Err(error),
            None => Ok(Self {
                digest: sum.finalize().into(),
                linked,
            }),
        }
    }
}

/// What of a row is worth a new copy; `None`: nothing.
fn essence(
    table: &str,
    key: &[u8],
    value: &[u8],
    linked: &mut BTreeSet<u32>,
) -> Result<Option<Vec<u8>>> {
    use redb::TableHandle as _;
    if table == DEVICE.name() {
        let device: Device = decode(DEVICE, value)?;
        if let (Some(_), Ok(account)) = (&device.pn, key.try_into()) {
            linked.insert(u32::from_le_bytes(account));
        }
        return Ok(Some(encode(DEVICE, &lasting(device))?));
    }
    if table == ACCOUNTS.name() {
        let mut record: Value = decode(ACCOUNTS, value)?;
        if let Some(record) = record.as_object_mut() {
            // Noted once an hour.
            record.remove("phone_seen_ms");
        }
        return Ok(Some(encode(ACCOUNTS, &record)?));
    }
    let passing = [health::PROBE, client_version::KEY, restore::MARK];
    let told_apart = table == META.name() && passing.iter().any(|name| name.as_bytes() == key);
    Ok((!told_apart).then(|| value.to_vec()))
}

/// A device without what changes with every connection, and which the service tells anew.
fn lasting(mut device: Device) -> Device {
    device.app_version_primary = 0;
    device.app_version_secondary = 0;
    device.app_version_tertiary = 0;
    device.app_version_last_fetched_ms = 0;
    device.edge_routing_info = None;
    device.props_hash = None;
    device.server_cert_chain = None;
    device.login_counter = 0;
    device.server_has_prekeys = false;
    device.first_unupload_pre_key_id = 0;
    // A restored device starts far above: the copy has to follow now and then only.
    device.next_pre_key_id /= limits::IDENTITY_PRE_KEYS / 2;
    device
}

impl Store {
    /// Keeps the identity copy as the store is, until the store is closed. Run it once, on a runtime.
    pub async fn keep_identity_copy(self) {
        let Some(site) = self.shared.identity.site.get().cloned() else {
            return;
        };
        let mut changed = self.shared.identity.changed.subscribe();
        let its = site.clone();
        // A copy that cannot be read is none.
        let mut kept = spawn_blocking(move || read_image(&its))
            .await
            .ok()
            .flatten();
        let mut said = false;
        loop {
            changed.mark_unchanged();
            match self.renew(&site, &mut kept).await {
                Ok(()) => said = false,
                Err(Failure::Store(StoreError::Closed)) => return,
                Err(failure) => {
                    if !said {
                        log::warn!("store: no identity copy could be written: {failure}");
                    }
                    said = true;
                    self.wait_for_disk().await;
                    continue;
                }
            }
            if !self.wait_for_change(&mut changed, kept.as_ref()).await {
                return;
            }
        }
    }

    /// What the store holds of what the copy is to hold.
    pub(super) fn identity_image(&self) -> Result<Image> {
        self.read(Image::of)
    }

    /// Writes a copy if the last one is not as the store is.
    async fn renew(
        &self,
        site: &Site,
        kept: &mut Option<Image>,
    ) -> std::result::Result<(), Failure> {
        let _turn = self.shared.identity.turn.lock().await;
        let image = self.identity_image()?;
        if kept.as_ref() == Some(&image) && site.copy().exists() {
            return Ok(());
        }
        *kept = None;
        let (store, its) = (self.clone(), site.clone());
        let written = spawn_blocking(move || write(&store, &its)).await;
        let bytes = written.map_err(|_| Failure::Died)??;
        count(&self.shared.medium.tally.bytes_written, bytes);
        log::debug!(
            "store: the identity copy was written: {} linked, {bytes} bytes",
            image.linked.len()
        );
        // A change while it was written is noted, and looked at next.
        *kept = Some(image);
        Ok(())
    }

    /// Waits until the copy is to be looked at again; false: the store is gone.
    async fn wait_for_change(
        &self,
        changed: &mut watch::Receiver<u64>,
        kept: Option<&Image>,
    ) -> bool {
        loop {
            if changed.changed().await.is_err() {
                return false;
            }
            sleep(limits::IDENTITY_SETTLE).await;
            let Ok(image) = self.identity_image() else {
                return true;
            };
            if kept == Some(&image) && self.has_copy() {
                continue;
            }
            if kept.map(|kept| &kept.linked) == Some(&image.linked) && self.has_copy() {
                let links = self.wait_for_links(changed.clone(), &image.linked);
                let _ = tokio::time::timeout(limits::IDENTITY_EVERY, links).await;
            }
            return true;
        }
    }

    /// Brings the copy up to date now, as the keeper would; the bytes handed to the disk since the
    /// start.
    ///
    /// # Errors
    /// What stood in the way, in words.
    #[cfg(feature = "bench")]
    pub async fn renew_identity_copy(&self) -> std::result::Result<u64, String> {
        let Some(site) = self.shared.identity.site.get().cloned() else {
            return Err("a store without a place".into());
        };
        let its = site.clone();
        let read = spawn_blocking(move || read_image(&its)).await;
        let mut kept = read.map_err(|died| died.to_string())?;
        let renewed = self.renew(&site, &mut kept).await;
        renewed.map_err(|failure| failure.to_string())?;
        Ok(self.counters().bytes_written)
    }

    fn has_copy(&self) -> bool {
        let site = self.shared.identity.site.get();
        site.is_some_and(|site| site.copy().exists())
    }

    /// Waits until other accounts are linked than these, or the store is gone.
    async fn wait_for_links(&self, mut changed: watch::Receiver<u64>, linked: &BTreeSet<u32>) {
        while changed.changed().await.is_ok() {
            match self.identity_image() {
                Ok(image) if image.linked == *linked && self.has_copy() => {}
                _ => return,
            }
        }
    }

    async fn wait_for_disk(&self) {
        let mut health = self.health();
        let troubled = *health.borrow_and_update() != StoreHealth::Well;
        if troubled {
            // The store's end is seen to by the next look at it.
            let _ = health.wait_for(|health| *health == StoreHealth::Well).await;
        } else {
            sleep(limits::IDENTITY_RETRY).await;
        }
    }
}

/// Writes the copy; returns the bytes it takes on the disk.
fn write(store: &Store, site: &Site) -> std::result::Result<usize, Failure> {
    let unfinished = site.store.with_file_name(UNFINISHED);
    let in_file = |source| Failure::Io {
        file: unfinished.display().to_string(),
        source,
    };
    clear_place(&unfinished).map_err(in_file)?;
    site.ask_disk().map_err(in_file)?;
    store.copy_to(&unfinished, Extent::Identity)?;
    let blocks = fs::metadata(&unfinished).map_err(in_file)?.blocks();
    site.ask_disk().map_err(in_file)?;
    fs::rename(&unfinished, site.copy()).map_err(in_file)?;
    site.sync_names().map_err(in_file)?;
    // stat(2): blocks of 512 bytes, whatever the file system's are.
    Ok(usize::try_from(blocks * 512).unwrap_or(usize::MAX))
}

/// What the copy on the disk holds; `None` when there is none that can be read.
fn read_image(site: &Site) -> Option<Image> {
    let database = ReadOnlyDatabase::open(site.copy()).ok()?;
    let tx = database.begin_read().ok()?;
    Image::of(&tx).ok()
}

//! `pairbox restore`: a backup becomes the store of this box. Everything is unpacked, opened and checked
//! before the store that is there is touched.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde_json::json;

use super::BackupError;
use super::copy::make_sure_of_room;
use super::envelope::{About, unseal};
use super::place::{self, Held, Place};
use super::words::{self, Kept};
use super::{passphrase, swap};
use crate::args::backup::RestoreOptions;
use crate::store::{OpenError, Store};

/// Restores a backup, or says what is in it and refuses.
///
/// # Errors
/// [`BackupError`]; the store that was there is there still.
pub fn restore(options: &RestoreOptions) -> Result<(), BackupError> {
    let place = Place::find(&options.whose)?;
    let _held = stopped(&place, options)?;
    let sealed =
        File::open(&options.file).map_err(|error| BackupError::io(&options.file, error))?;
    let passphrase = passphrase::recall(options.secret.passphrase_file.as_deref())?;
    let mut unpacked = Unpacked::begin(&place, &sealed)?;
    let about = unpacked.fill(sealed, options, &passphrase)?;
    let accounts = fit(&place, &options.file)?;
    let name = options.file.display().to_string();
    if !options.whose.console.json {
        print(&words::before(&name, &about, &accounts))?;
    }
    if !options.force {
        return Err(BackupError::NeedsForce);
    }
    let replaced = swap::replace(&place, |_| ());
    let replaced = replaced.map_err(|error| BackupError::io(place.database(), error))?;
    let kept = replaced.then(|| place.before().display().to_string());
    if options.whose.console.json {
        let said = json!({
            "accounts": accounts,
            "made_at": about.made_at,
            "version": about.version,
            "kept": kept,
        });
        return print(&format!("{said}\n"));
    }
    print(&words::restored(&accounts, kept.as_deref()))
}

/// Makes sure that the service is off.
fn stopped(place: &Place, options: &RestoreOptions) -> Result<Held, BackupError> {
    if place::service(&options.whose)?.is_some() {
        return Err(BackupError::Running);
    }
    let held = place.hold();
    let held = held.map_err(|error| BackupError::io(place.database(), error))?;
    held.ok_or(BackupError::Running)
}

/// A store that is being unpacked. Dropped, it leaves nothing; in its place, it has another name.
struct Unpacked<'p> {
    place: &'p Place,
    file: File,
}

impl<'p> Unpacked<'p> {
    fn begin(place: &'p Place, sealed: &File) -> Result<Self, BackupError> {
        let path = place.unpacked();
        let of_path = |error| BackupError::io(&path, error);
        if !place.folder().is_dir() {
            let mut folder = DirBuilder::new();
            let made = folder.recursive(true).mode(0o700).create(place.folder());
            made.map_err(of_path)?;
        }
        let size = sealed.metadata().map_err(of_path)?.len();
        make_sure_of_room(place, size)?;
        swap::remove(&path).map_err(of_path)?;
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&path);
        Ok(Self {
            place,
            file: opened.map_err(of_path)?,
        })
    }

    fn fill(
        &mut self,
        sealed: File,
        options: &RestoreOptions,
        passphrase: &crate::secret::Secret,
    ) -> Result<About, BackupError> {
        let mut out = BufWriter::new(&self.file);
        let about = unseal(BufReader::new(sealed), passphrase, &mut out);
        let about = about.map_err(|why| BackupError::Unseal {
            file: options.file.display().to_string(),
            why,
        })?;
        let written = out.flush().and_then(|()| self.file.sync_all());
        written.map_err(|error| BackupError::io(&self.place.unpacked(), error))?;
        Ok(about)
    }
}

impl Drop for Unpacked<'_> {
    fn drop(&mut self) {
        // Once it is in its place there is none of this name.
        let _ = fs::remove_file(self.place.unpacked());
    }
}

/// Opens what was unpacked as the store it should be, takes out what may not go on, and says which
/// accounts are in it.
fn fit(place: &Place, backup: &Path) -> Result<Vec<Kept>, BackupError> {
    let unfit = |why: String| BackupError::Unfit {
        file: backup.display().to_string(),
        why,
    };
    let store = Store::open(&place.unpacked()).map_err(|error| match error {
        OpenError::Newer { found, known, .. } => unfit(format!(
            "a newer pairbox made it (schema {found}, this program knows {known}): update this box first"
        )),
        error => unfit(error.to_string()),
    })?;
    let runtime = super::runtime()?;
    let looked = runtime.block_on(async {
        store.box_id()?;
        let accounts = store.accounts()?;
        store.discard_ratchets().await?;
        store.close().await;
        Ok::<_, crate::store::StoreError>(accounts)
    });
    Ok(super::kept(
        &looked.map_err(|error| unfit(error.to_string()))?,
    ))
}

fn print(text: &str) -> Result<(), BackupError> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| BackupError::io(Path::new("standard output"), error))
}

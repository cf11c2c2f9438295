//! Backup, restore and reset of a box: what is done to its store as a whole, from outside.
//!
//! A backup of a service that runs is a copy that the service makes (the web's `answer::backup`, over the
//! control socket only) and this program encrypts; of one that does not run, both happen here. Nothing is
//! ever unencrypted anywhere but in the state directory, where the store is.

pub mod copy;
pub mod envelope;
pub mod passphrase;
pub mod place;
pub mod reset;
pub mod restore;
pub mod swap;
pub mod target;
pub mod words;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::json;
use thiserror::Error;

use self::envelope::{About, SealError, UnsealError, seal};
use self::passphrase::PassphraseError;
use self::place::{Place, ServiceError};
use self::target::{Target, TargetError};
use self::words::Kept;
use crate::args::backup::BackupOptions;
use crate::cli::Failure;
use crate::cli::client::Client;
use crate::cli::session::Overview;
use crate::clock::Clock;
use crate::config::FileError;
use crate::event::StoredAccount;
use crate::store::{OpenError, Store, StoreError};
use crate::web::rfc3339;

/// Why a backup was not made, not restored, or a box not reset. Prints as one line.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] FileError),
    /// It is not known whether the service runs.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The service could not be asked, or said no; or it was not meant.
    #[error(transparent)]
    Ask(#[from] Failure),
    /// There is no passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The file of the backup.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// There is no copy of the store.
    #[error(transparent)]
    Copy(#[from] copy::CopyError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup was not written.
    #[error("{file}: {why}; there is no backup")]
    Seal {
        /// The file.
        file: String,
        /// Why.
        why: SealError,
    },
    /// The backup cannot be read.
    #[error("{file}: {why}; nothing was changed")]
    Unseal {
        /// The file.
        file: String,
        /// Why.
        why: UnsealError,
    },
    /// What is in the backup is no store for this program.
    #[error("{file}: {why}; nothing was changed")]
    Unfit {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// There is nothing to back up.
    #[error(
        "there is no store at {0}, and no service that runs: --config or --state-dir say where it is"
    )]
    Nothing(String),
    /// The service has the store.
    #[error("the service is running: systemctl stop pairbox")]
    Running,
    /// The accounts are unlinked, as far as could be; the files are there.
    #[error("{}", still_running(untold))]
    StillRunning {
        /// The accounts of which WhatsApp could not be told.
        untold: Vec<String>,
    },
    /// It was not said that the other box is off.
    #[error("nothing was changed: say --force if the box this backup is of stays off from now on")]
    NeedsForce,
    /// Something basic was refused.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
}

impl BackupError {
    fn io(file: &Path, source: io::Error) -> Self {
        Self::Io {
            file: file.display().to_string(),
            source,
        }
    }

    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ask(failure) => failure.exit_code(),
            Self::Service(ServiceError::Socket(..)) => 3,
            Self::NeedsForce
            | Self::Passphrase(PassphraseError::NoTerminal | PassphraseError::Empty)
            | Self::Target(TargetError::Terminal) => 2,
            _ => 1,
        }
    }
}

fn still_running(untold: &[String]) -> String {
    let mut text = String::new();
    if !untold.is_empty() {
        text.push_str("WhatsApp could not be told of ");
        text.push_str(&untold.join(", "));
        text.push_str(
            ": on these phones remove the box by hand, in WhatsApp under Linked devices. ",
        );
    }
    text.push_str(
        "The service is still running, and has its files. Now: systemctl stop pairbox, pairbox reset, \
         systemctl start pairbox",
    );
    text
}

/// Makes a backup.
///
/// # Errors
/// [`BackupError`]; then there is none, and an older file of that name is as it was.
pub fn backup(options: &BackupOptions) -> Result<(), BackupError> {
    target::look(&options.file, options.force)?;
    let service = place::service(&options.whose)?;
    let store = match &service {
        Some(_) => None,
        None => Some(Own::open(&Place::find(&options.whose)?)?),
    };
    let passphrase = passphrase::choose(options.secret.passphrase_file.as_deref())?;
    let (mut plain, bytes, accounts): (Box<dyn Read>, u64, _) = match (service, store) {
        (Some(socket), _) => {
            let client = Client::new(socket);
            let overview: Overview = client.get("/api/v1/status")?.read()?;
            let (copy, bytes) = client.download("/api/v1/backup")?;
            (copy, bytes, listed(&overview))
        }
        (None, Some(own)) => {
            let (copy, bytes) = own.copy()?;
            (Box::new(copy), bytes, own.accounts()?)
        }
        (None, None) => return Err(BackupError::Running),
    };
    let mut target = Target::begin(&options.file, options.force)?;
    let name = target.name();
    let sealed = seal(&about_now(), &mut plain, &passphrase, &mut target);
    sealed.map_err(|why| BackupError::Seal {
        file: name.clone(),
        why,
    })?;
    let printed = matches!(target, Target::Output(_));
    target.finish()?;
    let text = if options.whose.console.json {
        let said = json!({ "file": name, "accounts": accounts, "store_bytes": bytes });
        format!("{said}\n")
    } else {
        words::made(&name, &accounts, bytes)
    };
    if printed {
        eprint!("{text}");
    } else {
        print!("{text}");
    }
    Ok(())
}

/// What this backup says about itself.
fn about_now() -> About {
    let wall = Clock::start().now().wall;
    About {
        made_at: wall.map_or_else(|| "at an unknown time".to_owned(), rfc3339::format),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The store of a box whose service does not run.
struct Own {
    place: Place,
    store: Store,
}

impl Own {
    fn open(place: &Place) -> Result<Self, BackupError> {
        let database = place.database();
        // Opening would make one.
        if !database.exists() {
            return Err(BackupError::Nothing(database.display().to_string()));
        }
        let store = match Store::open(database) {
            Err(OpenError::Held { .. }) => return Err(BackupError::Running),
            store => store?,
        };
        Ok(Self {
            place: place.clone(),
            store,
        })
    }

    fn copy(&self) -> Result<(File, u64), BackupError> {
        Ok(copy::make(&self.store, &self.place)?)
    }

    fn accounts(&self) -> Result<Vec<Kept>, BackupError> {
        Ok(kept(&self.store.accounts()?))
    }
}

/// The accounts of a store, as they are shown.
fn kept(accounts: &[StoredAccount]) -> Vec<Kept> {
    let each = accounts.iter().map(|account| {
        let phone = account.linked.as_ref().map(|linked| linked.phone.as_ref());
        Kept {
            label: account.record.label.clone(),
            last4: phone.map(|phone| phone.map_or("?", |phone| phone.last4()).to_owned()),
        }
    });
    each.collect()
}

/// The accounts of a service, as they are shown.
fn listed(overview: &Overview) -> Vec<Kept> {
    let each = overview.sessions.iter().map(|session| Kept {
        label: session.label.clone(),
        last4: session
            .linked
            .then(|| session.last4().unwrap_or_else(|| "?".to_owned())),
    });
    each.collect()
}

fn runtime() -> Result<tokio::runtime::Runtime, BackupError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(|error| BackupError::io(Path::new("starting the runtime"), error))
}

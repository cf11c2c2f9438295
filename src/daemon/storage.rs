//! The store at boot, and how its disk is while the box runs.
//!
//! A store that cannot be opened is one of two things. Either the *start* is wrong, and going on would do
//! harm or help nobody: then the process ends with one line (`is_start_error` says which and why). Or
//! the *disk* is in trouble: then the box says so on panel and page, keeps its hands off the file, and
//! tries again until the disk is well (`refused`). A new identity is never made in place of one that
//! cannot be read. A store beyond repair comes back from its identity copy, where there is one
//! (`store/restore.rs`).

mod refused;

use std::io;

use thiserror::Error;
use tokio::sync::watch;

use super::{StartError, database};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Event;
use crate::inbox::Inbox;
use crate::snapshot::StoreHealth;
use crate::store::{OpenError, Store, StoreError, mark_schema};

/// Opens the store, with at least one account in it. While its disk is in trouble this takes as long as
/// that lasts; `None`: the process was asked to end meanwhile.
///
/// # Errors
/// [`StartError`], for what no waiting mends.
pub async fn open(config: &Config, clock: Clock) -> Result<Option<Store>, StartError> {
    let refusal = match open_file(config) {
        Ok(store) => match look_through(store, config).await {
            Ok(store) => return Ok(Some(store)),
            Err(refusal) => refusal,
        },
        Err(error) => error.into(),
    };
    match refusal {
        Refusal::Open(error) if is_start_error(&error) => Err(error.into()),
        refusal => refused::wait(config, &refusal, clock).await,
    }
}

/// Tells the machine how the disk takes writes, now if it is not well and then whenever that changes.
/// Ends with the store or the machine.
pub async fn tell(mut health: watch::Receiver<StoreHealth>, inbox: Inbox) {
    let mut told = StoreHealth::Well;
    loop {
        let now = health.borrow_and_update().clone();
        if now != told {
            told = now.clone();
            if inbox.send(Event::Disk(now)).await.is_err() {
                return;
            }
        }
        if health.changed().await.is_err() {
            return;
        }
    }
}

/// Why there is no store to run with.
#[derive(Debug, Error)]
enum Refusal {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    fn health(&self) -> StoreHealth {
        let health = match self {
            Self::Open(error) => error.health(),
            Self::Store(error) => error.health(),
        };
        health.unwrap_or_else(|| StoreHealth::Failing {
            why: self.to_string(),
        })
    }
}

/// Whether an error means that the start is wrong, not the disk.
fn is_start_error(error: &OpenError) -> bool {
    match error {
        // Held: somebody else runs, and has panel, buttons and port as well: there is nothing to show.
        // Newer, foreign: only another program or another directory helps, and both need a new start.
        OpenError::Held { .. } | OpenError::Newer { .. } | OpenError::Foreign { .. } => true,
        OpenError::Damaged { .. } => false,
        OpenError::Io { source, .. } => matches!(
            source.kind(),
            // A wrong state directory, or the wrong user for it: nothing that comes right by itself.
            io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidFilename
        ),
    }
}

fn open_file(config: &Config) -> Result<Store, OpenError> {
    let path = database(config);
    #[cfg(feature = "bench")]
    if let Some(words) = config.bench.as_ref().and_then(|bench| bench.disk.as_ref()) {
        return Store::open_or_restore_on_bad_disk(&path, words);
    }
    Store::open_or_restore(&path)
}

/// Reads what the boot needs, so that a file that can be opened but not read is not taken for whole.
async fn look_through(store: Store, config: &Config) -> Result<Store, Refusal> {
    let looked = async {
        store.ensure_first_account(&config.label).await?;
        store.accounts()?;
        store.box_id()?;
        store.restored()?;
        store.next_account()
    };
    match looked.await {
        Ok(_) => {
            mark_schema(&database(config));
            Ok(store)
        }
        Err(error) => {
            // The next try needs its lock.
            store.close().await;
            Err(error.into())
        }
    }
}

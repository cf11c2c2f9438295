//! The store under test: its behaviours beside the library's own in-memory backend, its writer, its
//! file, and what power cuts leave of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so and stop"
)]
#![allow(
    clippy::cast_possible_truncation,
    reason = "test data may repeat itself"
)]

mod accounts;
mod behaviours;
mod differential;
pub mod disk;
mod faults;
mod file;
mod gateway;
mod health;
mod identity;
mod killed;
mod names;
mod outbox;
mod pending;
mod power_cut;
mod queue;
mod ring;
mod tokens;
mod unsaved;
mod wear;
mod words;
mod writes;

use std::sync::Arc;

use pairbox::account::AccountId;
use pairbox::store::Store;
use pairbox::store::probe::{Commits, open_on};
use whatsapp_rust::traits::Backend;

use self::disk::Disk;

const ONE: AccountId = AccountId::FIRST;
const TWO: AccountId = AccountId(2);

/// A store on a disk in memory.
fn open(disk: &Disk) -> Store {
    let disk = disk.clone();
    open_on(move || Ok(disk.clone()), Commits::Durable).unwrap()
}

/// A new store in memory, and its first account as the library sees it.
fn fresh() -> (Store, Arc<dyn Backend>) {
    let store = open(&Disk::new());
    let backend = store.backend(ONE);
    (store, backend)
}

/// Runs a test's async part as the daemon would: on one thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

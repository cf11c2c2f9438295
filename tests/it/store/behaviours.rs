//! What any backend of the library must do, written once and run against the library's in-memory
//! backend and against ours.
//!
//! Each behaviour gets a fresh backend. A behaviour that the in-memory backend does not show does
//! not belong here: it would be our invention.

mod app_sync;
mod device;
mod messages;
mod msg_secrets;
mod protocol;
mod signal;

use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use whatsapp_rust::traits::Backend;
use whatsapp_rust::wacore::store::InMemoryBackend;

use super::{TWO, block_on, fresh};

pub use self::device::paired;

/// A behaviour: an async function of a backend that panics when it does not hold.
type Behaviour = fn(Arc<dyn Backend>) -> Pin<Box<dyn Future<Output = ()>>>;

/// Declares behaviours and a list `ALL` of them.
macro_rules! behaviours {
    ($(async fn $name:ident($backend:ident) $body:block)+) => {
        pub const ALL: &[(&str, super::Behaviour)] = &[
            $((stringify!($name), |$backend| Box::pin(async move $body)),)+
        ];
    };
}
use behaviours;

fn all() -> impl Iterator<Item = &'static (&'static str, Behaviour)> {
    [
        signal::ALL,
        app_sync::ALL,
        protocol::ALL,
        messages::ALL,
        msg_secrets::ALL,
        device::ALL,
    ]
    .into_iter()
    .flatten()
}

/// Runs every behaviour and says how many hold; names those that do not.
fn run_all(mut backend: impl FnMut() -> Arc<dyn Backend>) -> usize {
    let mut broken = Vec::new();
    for (name, behaviour) in all() {
        let backend = backend();
        if panic::catch_unwind(AssertUnwindSafe(|| block_on(behaviour(backend)))).is_err() {
            broken.push(name);
        }
    }
    assert!(
        broken.is_empty(),
        "{} do not hold: {broken:?}",
        broken.len()
    );
    all().count()
}

#[test]
fn the_in_memory_backend_shows_all_behaviours() {
    let count = run_all(|| Arc::new(InMemoryBackend::new()));
    figure!("store: {count} behaviours hold for the library's in-memory backend");
    assert!(count >= 80);
}

#[test]
fn the_store_shows_all_behaviours() {
    let count = run_all(|| fresh().1);
    figure!("store: {count} behaviours hold for the store");
    assert!(count >= 80);
}

/// Runs every behaviour on one account of a store that already holds everything the behaviours left
/// on another one: accounts do not see each other.
#[test]
fn accounts_do_not_see_each_other() {
    let mut stores = Vec::new();
    let count = run_all(|| {
        let (store, first) = fresh();
        stores.push(store.clone());
        block_on(fill(&*first));
        store.backend(TWO)
    });
    for store in &stores {
        block_on(check_filled(&*store.backend(super::ONE)));
    }
    figure!("store: {count} behaviours hold beside a filled account, which stays as it was");
}

/// Puts a row into every kind of table, under keys the behaviours use as well.
pub async fn fill(backend: &dyn Backend) {
    signal::fill(backend).await;
    app_sync::fill(backend).await;
    protocol::fill(backend).await;
    messages::fill(backend).await;
    msg_secrets::fill(backend).await;
    device::fill(backend).await;
}

/// Checks that every row of [`fill`] is there and unchanged.
pub async fn check_filled(backend: &dyn Backend) {
    signal::check_filled(backend).await;
    app_sync::check_filled(backend).await;
    protocol::check_filled(backend).await;
    messages::check_filled(backend).await;
    msg_secrets::check_filled(backend).await;
    device::check_filled(backend).await;
}

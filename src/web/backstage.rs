//! The way from the page's threads to the gateway and its store. Its methods wait, each for a bounded
//! time: they are for threads that may.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::problem::Problem;
use crate::account::AccountId;
use crate::gateway::Gateway;
use crate::gateway::telling::GatewayProblem;
use crate::store::{Store, StoreError};

/// The way.
pub struct Backstage {
    /// What is kept.
    pub store: Store,
    /// What acts.
    pub gateway: Gateway,
    /// Where links and workers run; must be running while this is used.
    pub runtime: Handle,
    /// Whoever changes a webhook holds this: a change reads what was before it.
    pub changes: Changes,
    /// Whoever copies the store holds this: the copy has one place.
    pub(super) copying: Mutex<()>,
}

/// One at a time.
#[derive(Default)]
pub struct Changes(Mutex<()>);

impl Backstage {
    /// The way to that gateway on that store.
    #[must_use]
    pub fn new(store: Store, gateway: Gateway, runtime: Handle) -> Self {
        Self {
            store,
            gateway,
            runtime,
            changes: Changes::default(),
            copying: Mutex::default(),
        }
    }

    /// Waits for something, at most so long.
    pub(super) fn wait<T>(
        &self,
        patience: Duration,
        what: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        // The timer has to be made inside the runtime.
        let waited = self
            .runtime
            .block_on(async { timeout(patience, what).await });
        waited.map_err(|_late| {
            let detail = "It took too long. It may still be done: look before you try again.";
            Problem::new(503, "busy", detail).retry_after_s(2)
        })
    }

    /// Messages of an account that wait to be sent; `None` when that cannot be read now.
    pub(super) fn waiting(&self, account: AccountId) -> Option<u64> {
        let length = self.store.send_queue_length(account).ok()?;
        u64::try_from(length).ok()
    }

    /// Holds back whoever else wants to change a webhook.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.changes
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the store did not do.
pub(super) fn not_kept(error: &StoreError) -> Problem {
    Problem::new(503, "store", format!("The store could not do it: {error}."))
}

/// What the gateway did not do. `unknown` and `gone`: what it means here that there is none.
pub(super) fn not_done(problem: &GatewayProblem, unknown: Problem, gone: Problem) -> Problem {
    match problem {
        GatewayProblem::NotFound => unknown,
        GatewayProblem::Gone => gone,
        GatewayProblem::NoClock => Problem::new(
            409,
            "clock_not_set",
            "The clock of this box is not set: nothing can be given a time.",
        ),
        GatewayProblem::Store(error) => not_kept(error),
    }
}

//! What has to be kept is held while the disk has a hiccup, and tried again: whoever asked cannot.

use tokio::time::{Instant, timeout_at};

use super::{Store, StoreError};
use crate::limits::{HELD, HELD_TRIES};
use crate::snapshot::StoreHealth;

impl Store {
    /// Has `keep` write something, and again while the disk does not take it: at once, and whenever it is
    /// told to be well, for [`HELD`].
    ///
    /// # Errors
    /// [`StoreError`]: it is not kept, and something else has to be done.
    pub async fn held<T, F>(&self, mut keep: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut health = self.health();
        let until = Instant::now() + HELD;
        let mut tries = 0;
        loop {
            let error = match keep().await {
                Err(error) if error.may_pass() => error,
                outcome => return outcome,
            };
            tries += 1;
            // At once the first time: the store was opened anew meanwhile.
            let well = tries == 1
                || timeout_at(until, health.wait_for(|it| *it == StoreHealth::Well))
                    .await
                    .is_ok_and(|store_is_there| store_is_there.is_ok());
            if !well || tries == HELD_TRIES {
                return Err(error);
            }
        }
    }
}

//! Waiting for the machine and the disk from a thread of the page, with a deadline.

use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::limits::ACCESS_ANSWER;

/// What a future comes to, if it does within [`ACCESS_ANSWER`]. Blocks, so never on the runtime's own
/// thread. What it waits for goes on when the wait is over.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    // A clock of its own is all it needs: whoever answers runs elsewhere.
    let clock = Builder::new_current_thread().enable_time().build().ok()?;
    clock.block_on(async { timeout(ACCESS_ANSWER, future).await.ok() })
}

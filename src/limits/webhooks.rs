//! Bounds of posting to webhooks, and of what is told about them.

use std::time::Duration;

/// Requests to webhooks at once: each is a thread and a connection.
pub const COURIER_FLIGHTS: usize = 16;

/// Of one webhook: chats go side by side, and a receiver that hangs leaves most of
/// [`COURIER_FLIGHTS`] to the others.
pub const COURIER_LANES: usize = 4;

/// Failures of a webhook in a row after which it is only asked whether it is back.
pub const COURIER_BREAKER: u32 = 5;

/// It is asked at least this often: a receiver that was away for days should not wait for hours.
pub const PROBE_WAIT_MAX: Duration = Duration::from_secs(300);

/// A receiver has this long to answer a request, all of it (API.md).
pub const POST_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest answer of a receiver that is read: a reply is a text or the address of a file.
pub const POST_ANSWER_MAX: u64 = 64 * 1024;

/// While something waits for its time, the clock is looked at this often: it may be set meanwhile.
pub const COURIER_LOOK: Duration = Duration::from_secs(60);

/// What waits is looked through for what is too old each so many [`COURIER_LOOK`]s: ages are counted in
/// days.
pub const OUTBOX_AGE_LOOKS: u32 = 60;

/// How the lines stand is told to the machine at most this often: people read it.
pub const OUTBOX_TOLD: Duration = Duration::from_secs(2);

/// Things to tell webhooks that are no messages and wait for the disk. More than this is a storm.
pub const TELLING_QUEUE: usize = 256;

/// At the end of the process, what is being posted is waited for so long; what was not answered by
/// then is posted again after the next start.
pub const COURIER_END: Duration = Duration::from_secs(2);

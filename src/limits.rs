//! Every bound in the program, with its reason.
//!
//! Timeouts, queue lengths, sizes and counts that are ours to choose. Constants of a datasheet or of
//! the protocol stand beside the code that needs them, with their source.

use std::time::Duration;

/// Events waiting for the machine. A step takes microseconds; a full queue means a storm, and its
/// sender is told (buttons and polls drop, people's wishes get an error).
pub const EVENT_QUEUE: usize = 256;

/// How often the live socket is looked at (DESIGN.md: failed attempts emit no event).
pub const SOCKET_POLL: Duration = Duration::from_secs(1);

/// After this long in `starting`, panel and page say why.
pub const STARTING_SLOW: Duration = Duration::from_secs(10);

/// After this long in `starting` without a QR or a login the link is built anew.
pub const STARTING_REBUILD: Duration = Duration::from_secs(90);

/// A link that has not ended this long after it was told to is waited for no more by shutdown.
pub const LINK_STOP: Duration = Duration::from_secs(12);

/// Time for each kind of panel step after which the panel counts as lost.
pub const PANEL_RETRY: Duration = Duration::from_secs(2);

/// How often a panel is asked whether it is still there while its picture stands still.
pub const PANEL_PROBE: Duration = Duration::from_secs(5);

/// A lit panel is set up anew this often: a loose contact takes its settings and its picture away
/// without a failed transfer, and nobody would see why it stays dark.
pub const PANEL_RENEW: Duration = Duration::from_secs(60);

/// Dim the glass after this long without a button or a state change (HARDWARE.md 1.5).
pub const PANEL_DIM: Duration = Duration::from_secs(60);

/// Switch it off after this long (HARDWARE.md 1.5).
pub const PANEL_OFF: Duration = Duration::from_secs(120);

/// A level must be stable this long to count (mechanical buttons bounce for up to 20 ms).
pub const DEBOUNCE: Duration = Duration::from_millis(30);

/// Holding disconnect this long logs out.
pub const HOLD_LOGOUT: Duration = Duration::from_secs(5);

/// A hold shows its bar only after this long, so that a short press does not flash one.
pub const HOLD_BAR_AFTER: Duration = Duration::from_millis(600);

/// Threads that answer HTTP.
pub const HTTP_WORKERS: usize = 2;

/// Largest request body of the page.
pub const HTTP_BODY_MAX: usize = 64 * 1024;

/// Blocking threads of the runtime (name look-ups, PBKDF2, version fetch).
pub const BLOCKING_THREADS: usize = 4;

/// Cache of the database, in bytes: the default of the library is far too large for 512 MB boards.
pub const STORE_CACHE: usize = 2 * 1024 * 1024;

/// Requests waiting for the store writer.
pub const STORE_QUEUE: usize = 1024;

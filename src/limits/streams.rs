//! Bounds of streams, and of what is kept for those who come back to one.

use std::time::Duration;

/// Streams of events at once (API.md): each is a thread.
pub const STREAMS: usize = 16;

/// Events that wait for the client of a stream: several of each account ([`super::ACCOUNTS_MAX`]). One that is
/// further behind is dropped; it comes back
/// and says where it was.
pub const STREAM_QUEUE: usize = 256;

/// A stream without events shows that it lives: below the minute after which routers forget.
pub const STREAM_BEAT: Duration = Duration::from_secs(15);

/// How often it is asked whether the caller of a stream may still listen.
pub const STREAM_CHECK: Duration = Duration::from_secs(5);

/// Largest frame and message a client may send on a WebSocket: it has nothing to say.
pub const STREAM_FRAME_MAX: usize = 4 * 1024;

/// Happenings kept for those who were away for a moment.
pub const JOURNAL_RING: usize = 512;

/// Changes of status kept for each account: "what happened lately".
pub const JOURNAL_OF_ACCOUNT: usize = 50;

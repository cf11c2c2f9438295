//! Bounds of messages that go out, and of their files.

use std::time::Duration;

/// A longer text is sent in pieces, of so many characters at most: a screen or two of a phone, far below
/// WhatsApp's own limit ([`super::TEXT_MAX`]), past which its apps hide text behind "read more".
pub const TEXT_PIECE: usize = 4096;

/// Longest caption, and longest name or address of a place, in characters: WhatsApp's apps cut longer ones.
pub const CAPTION_MAX: usize = 1024;

/// Messages of an account that wait to be sent: twelve minutes at the default pace, half of
/// [`super::MESSAGE_RING`], so that each is still in the ring when its receipts come.
pub const SEND_QUEUE: usize = 250;

/// Messages of an account on their way at once, each to another chat: enough to hide the time of an
/// acknowledgement, and few enough to be sent twice when the socket breaks.
pub const SENDS_IN_FLIGHT: usize = 4;

/// WhatsApp's server has said that it has a message after this long, or it goes again: seconds on a bad
/// network, and above the library's own pauses before it asks for keys again.
pub const SEND_ACK: Duration = Duration::from_secs(20);

/// After trouble with a message it is tried again after this long, then after twice as long…
pub const SEND_RETRY: Duration = Duration::from_secs(2);

/// …up to this…
pub const SEND_RETRY_MAX: Duration = Duration::from_secs(60);

/// A send queue that could not be read or written is not looked at again before this.
pub const SEND_LOOK_AGAIN: Duration = Duration::from_secs(1);

/// …so many times in all: about four minutes. Being offline does not count.
pub const SEND_ATTEMPTS: u32 = 8;

/// A message that could not be sent after this long fails, unless its sender said another time.
pub const SEND_EXPIRES: Duration = Duration::from_secs(24 * 3600);

/// Files that wait to be sent have this many times the largest file's room, so that they cannot fill the
/// card while the account is offline.
pub const SPOOL_FILES: u64 = 4;

/// "typing…" is shown for so long before an answer, for each character of it…
pub const TYPING_A_CHARACTER: Duration = Duration::from_millis(30);

/// …for no less than this, so that it is seen…
pub const TYPING_MIN: Duration = Duration::from_millis(500);

/// …and for no longer than this: somebody waits for it.
pub const TYPING_MAX: Duration = Duration::from_secs(4);

/// Numbers of which it is remembered whether WhatsApp knows them.
pub const NUMBERS_KNOWN: usize = 1000;

/// For so long, if it does…
pub const NUMBER_KNOWN: Duration = Duration::from_secs(24 * 3600);

/// …and for so long, if it does not: somebody may be about to join.
pub const NUMBER_UNKNOWN: Duration = Duration::from_secs(300);

/// A file to be sent has to come from its URL within this long, and its first byte within
/// [`MEDIA_ANSWER`]: what does not waits in no queue yet, and its asker waits for it.
pub const MEDIA_FETCH: Duration = Duration::from_secs(60);

/// See [`MEDIA_FETCH`].
pub const MEDIA_ANSWER: Duration = Duration::from_secs(15);

/// Files fetched from URLs at once: each is a thread.
pub const MEDIA_FETCHES: usize = 2;

/// A text that is not written to the socket after this long is tried again: the library may fetch keys
/// first (its own limit for one request is 75 s).
pub const SEND_TEXT: Duration = Duration::from_secs(90);

/// The same for a message with a file, which is uploaded first: 100 MB at 1.4 Mbit/s.
pub const SEND_FILE: Duration = Duration::from_secs(600);

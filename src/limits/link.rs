//! Bounds of a link: what it waits for, how much it remembers, files on their way.

use std::time::Duration;

/// A message of a group whose name is not known waits this long for it: the library's receiving waits
/// with it, and an answer takes a round trip.
pub const GROUP_NAME: Duration = Duration::from_secs(3);

/// A group that WhatsApp tells no name of is asked for again after this long.
pub const GROUP_ASKED_EVERY: Duration = Duration::from_secs(600);

/// Groups whose names a link remembers, and chats whose timers it does: some 200 bytes each.
pub const GROUPS_KNOWN: usize = 4096;

/// A message that could not be read is told as such after this long: the sender and the owner's phone
/// were asked for it again, and a phone in a pocket answers within minutes.
pub const UNREADABLE: Duration = Duration::from_secs(600);

/// So many are waited for at once; of more the oldest is told before its time.
pub const UNREADABLE_MOST: usize = 200;

/// Files that go to or come from WhatsApp's media servers at once, over all accounts: each holds a
/// thread of [`super::BLOCKING_THREADS`] and half of them are for name look-ups.
pub const MEDIA_TRANSFERS: usize = 2;

/// A media server that sends or takes nothing for this long is given up.
pub const MEDIA_STALL: Duration = Duration::from_secs(30);

/// A file that takes longer than this is given up: 100 MB at 1 Mbit/s take 14 minutes.
pub const MEDIA_TRANSFER: Duration = Duration::from_secs(20 * 60);

/// What a media server may answer to an upload or a question, in bytes: a few hundred are usual.
pub const MEDIA_ANSWER_BYTES: u64 = 4 * 1024 * 1024;

/// Files uploaded lately of which a link remembers where they are, so that a message that is sent once
/// more does not upload its file once more.
pub const UPLOADS_KNOWN: usize = 8;

/// Messages that went out of which a link remembers the chat, for the server's word on them.
pub const DISPATCHED_KNOWN: usize = 512;

/// How long a message or a receipt is held that could not be kept, and with it what follows, until the disk
/// takes it: two looks at the disk. WhatsApp waits for its acknowledgement as long.
pub const HELD: Duration = Duration::from_secs(12);

/// How often the store is asked to keep it meanwhile: a disk that says it is well and takes no message
/// is not asked again and again.
pub const HELD_TRIES: u32 = 4;

/// After a message could not be kept, a new connection is made this much later at the earliest.
pub const BEHIND: Duration = Duration::from_secs(2);

//! Bounds of what is done with messages: policies, routes, who waits, what is answered.

use std::time::Duration;

/// Entries of a list of people or groups: a policy is read for each message, and fits a body of the API.
pub const POLICY_ENTRIES: usize = 1000;

/// Longest emoji in bytes: the longest in use (families, flags of regions) have about 30.
pub const EMOJI_BYTES: usize = 64;

/// Routes of an account: the answer to `/agents` stays one message, and each text is compared with
/// every glob.
pub const ROUTES_MAX: usize = 50;

/// Longest name of a route, in characters: it is typed on a phone.
pub const ROUTE_NAME_CHARS: usize = 25;

/// Longest glob, in characters: at worst, time goes with its length times that of the text.
pub const GLOB_CHARS: usize = 100;

/// Longest time a person stays with a route, in seconds: a week.
pub const STICKY_TTL_MAX: u32 = 7 * 24 * 3600;

/// What is remembered of a person who writes is brought up to date at most this often, in milliseconds:
/// it is a row more to write for each message.
pub const ACQUAINTANCE_REFRESH_MS: u64 = 60_000;

/// People who wait for approval at one account: strangers must not fill panel and disk.
pub const REQUESTS_MAX: usize = 3;

/// How long one waits, in milliseconds: an hour.
pub const REQUEST_LIFE_MS: u64 = 3_600_000;

/// What we answer by ourselves (codes, commands, reactions) is worth sending for so long, in
/// milliseconds: an hour, as long as a code lives.
pub const ANSWER_LIFE_MS: u64 = 3_600_000;

/// Somebody who waits has to stand on the glass for so long before a press decides about them: nobody
/// reads a name faster, and whoever was about to press for something else has noticed.
pub const CALLER_SEEN: Duration = Duration::from_secs(2);

/// The same on e-paper, whose full refresh takes up to four seconds.
pub const CALLER_SEEN_PAPER: Duration = Duration::from_secs(6);

/// Messages that were not taken and are remembered per account, so that hearing them again is known.
pub const REFUSED_RING: usize = 500;

/// The rings are cut when they are this much too long: cutting touches pages a message does not touch.
pub const RING_SLACK: usize = 32;

/// Copies of messages that are being taken in, in bytes, before they are written for their number alone.
pub const PENDING_BYTES: usize = 1024 * 1024;

/// Deliveries kept for all webhooks together, in bytes, unless the settings say otherwise.
pub const OUTBOX_BYTES: u64 = 50 * 1024 * 1024;

/// How long a delivery is kept, unless the settings say otherwise.
pub const OUTBOX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long an idempotency key is remembered.
pub const IDEMPOTENCY: Duration = Duration::from_secs(24 * 3600);

/// How long the keys of a file somebody sent are kept: WhatsApp's servers keep the file about as long.
pub const MEDIA_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Files of which the keys are kept per account.
pub const MEDIA_KEPT_MAX: u64 = 5_000;

/// People of whom something is remembered, on the whole box: about 4 MB.
pub const ACQUAINTANCES_MAX: u64 = 20_000;

/// Requests for approval that ran out are remembered this long, so that their codes are told from wrong
/// ones.
pub const REQUEST_REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Messages kept per account: what fits a page, and what a program that was away may have missed.
pub const MESSAGE_RING: usize = 500;

/// Longest text, in characters: what WhatsApp's own apps accept.
pub const TEXT_MAX: usize = 65_536;

/// A send that is asked for through the page is waited for this long: the library may fetch keys
/// first (its own limit for one request is 75 s, which nobody waits for at a page).
pub const SEND: Duration = Duration::from_secs(30);

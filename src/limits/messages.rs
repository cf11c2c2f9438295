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

//! Bounds of what is written to the memory card, and of what is told about it.

use std::time::Duration;

/// The meters of what is written are read this often: the day they add up to is never older. Each look
/// wakes a box that is otherwise asleep.
pub const WEAR_LOOK: Duration = Duration::from_secs(15 * 60);

/// Nothing is said of a day before this much of it was seen: what a start and a pairing write is no rate.
pub const WEAR_FIRST: Duration = Duration::from_secs(3600);

/// More than this a day is told as too much, in bytes. Cards tell no endurance; 5 GB a day writes the
/// whole of a 16 GB card a hundred times a year, on top of what its own bookkeeping adds, while a box with
/// a thousand messages a day stays far below 1 GB.
pub const WEAR_HEAVY: u64 = 5_000_000_000;

/// This much of the file system stays free of files that could be fetched again or sent later, in bytes:
/// the store must never starve because of them. It holds several times what a full store grows by in a day.
pub const DISK_RESERVE: u64 = 64 * 1024 * 1024;

//! Bounds of the identity copy beside the store, and of what a restored store starts with.

use std::time::Duration;

/// A change of what the copy holds is waited on for this long before it is written: pairing saves the
/// device nine times within a second or two.
pub const IDENTITY_SETTLE: Duration = Duration::from_secs(1);

/// Changes that make or end no link are written at most this often: whoever sets up webhooks does it
/// in many small steps, and a card wears.
pub const IDENTITY_EVERY: Duration = Duration::from_secs(60);

/// A copy that could not be written is tried again this often; at once when the disk says it is well.
pub const IDENTITY_RETRY: Duration = Duration::from_secs(60);

/// How far a restored device's pre-key numbers are raised above those in the copy: none may be used
/// again that the service or a peer knows. The copy is renewed whenever they have grown by half of
/// this; the service hands out 812 to an upload, so that is after years.
pub const IDENTITY_PRE_KEYS: u32 = 8192;

/// Damaged stores that are kept for whoever wants to look into them; the oldest goes first. A card that
/// damages one after the other must not be filled with them.
pub const DAMAGED_KEPT: usize = 2;

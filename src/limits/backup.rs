//! Bounds of backups: what their passphrases cost, and what is left free on the disk they are made on.

use std::time::Duration;

/// scrypt's work factor for a new backup, N = 2^16 with r = 8 and p = 1 (RFC 7914; C2SP age): 64 MiB of
/// memory (128 · r · N bytes), which a Pi with 512 MB has, and some seconds of a Zero's core. OWASP's
/// password storage cheat sheet counts N = 2^16 among the settings it recommends (there with p = 2,
/// against guessing at what a server leaked); the factor the crate picks by itself is up to four times
/// that much memory.
pub const BACKUP_WORK: u8 = 16;

/// The largest work factor that is tried at a restore: what `age -p` uses on a desk machine, 256 MiB.
pub const BACKUP_WORK_MAX: u8 = 18;

/// Characters a passphrase should have; with fewer it is said that it is short.
pub const PASSPHRASE_SHORT: usize = 12;

/// Bytes a passphrase may have: the first line of a file.
pub const PASSPHRASE_MAX: u64 = 1024;

/// Bytes left free on the disk beyond those a copy takes, so that the service can go on writing while
/// the copy is there: a minute of its busiest.
pub const BACKUP_SPARE: u64 = 8 * 1024 * 1024;

/// Bytes the head of a backup may have: a line that names the format, and one of JSON.
pub const BACKUP_HEAD_MAX: usize = 4 * 1024;

/// The command line waits this long for the copy to begin: as long as the door does ([`super::HTTP_ANSWER`]),
/// and a moment.
pub const BACKUP_BEGIN: Duration = Duration::from_secs(100);

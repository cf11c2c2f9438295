//! `[messages]`: how fast and to whom messages go out, and what the box keeps for those who are away.

use std::time::Duration;

use serde::Deserialize;

use super::value;

/// `[messages]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section [messages]")]
pub struct Messages {
    /// Messages an account sends in a minute, 1 to 600; 0: as fast as it can. Default: 20.
    #[serde(deserialize_with = "value::pace_per_minute")]
    pub pace_per_minute: u32,
    /// Messages that may go out at once after a pause, 1 to 100. Default: 5.
    #[serde(deserialize_with = "value::pace_burst")]
    pub pace_burst: u32,
    /// Days after which somebody who wrote counts as a stranger again, 1 to 365. Default: 7.
    #[serde(deserialize_with = "value::days")]
    pub cold_after_days: u32,
    /// The largest file that is sent or fetched, in MB (1000 kB), 1 to 2000. Default: 100.
    #[serde(deserialize_with = "value::megabytes")]
    pub media_max_mb: u32,
    /// Disk for files that were fetched, in MB, 1 to 100000; the least used go first. Default: 200.
    #[serde(deserialize_with = "value::many_megabytes")]
    pub media_cache_mb: u32,
    /// Disk for events that wait for webhooks, in MB, 1 to 2000; the oldest go first. Default: 50.
    #[serde(deserialize_with = "value::megabytes")]
    pub outbox_mb: u32,
    /// Days an event waits for its webhook, 1 to 365. Default: 7.
    #[serde(deserialize_with = "value::days")]
    pub outbox_days: u32,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            pace_per_minute: 20,
            pace_burst: 5,
            cold_after_days: 7,
            media_max_mb: 100,
            media_cache_mb: 200,
            outbox_mb: 50,
            outbox_days: 7,
        }
    }
}

const MB: u64 = 1_000_000;
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Messages {
    /// The largest file, in bytes.
    #[must_use]
    pub fn media_max(&self) -> u64 {
        u64::from(self.media_max_mb) * MB
    }

    /// Disk for files that were fetched, in bytes.
    #[must_use]
    pub fn media_cache(&self) -> u64 {
        u64::from(self.media_cache_mb) * MB
    }

    /// Disk for events that wait, in bytes.
    #[must_use]
    pub fn outbox(&self) -> u64 {
        u64::from(self.outbox_mb) * MB
    }

    /// How long an event waits.
    #[must_use]
    pub fn outbox_age(&self) -> Duration {
        DAY * self.outbox_days
    }

    /// After how long somebody who wrote counts as a stranger again.
    #[must_use]
    pub fn cold_after(&self) -> Duration {
        DAY * self.cold_after_days
    }
}

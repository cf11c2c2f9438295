//! Which client version to tell the service.
//!
//! The service refuses versions that are too old, so the current one is read from its web client once
//! a day. A look-up must never stand between the box and its connection: the last good version is
//! kept in the store and used at once; only a box that never had one waits, and not for long.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use log::{info, warn};
use thiserror::Error;
use whatsapp_rust::version::parse_sw_js;

use crate::clock::Clock;
use crate::store::{ClientVersion, Store};

/// A client version, such as 2.3000.1023231.
pub type Version = (u32, u32, u32);

/// The version this release was built against: used when none was ever fetched.
/// Source: the default of whatsapp-rust 0.7.0 (`Device::new`).
pub const BUILT_WITH: Version = (2, 3000, 1_042_742_319);

/// A fetched version is good for this long.
pub const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// A look-up that takes longer is given up.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The script is a few kilobytes; more than this is not it.
const BODY_MAX: u64 = 1024 * 1024;

/// The service serves the script to browsers only.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                          Chrome/131.0.0.0 Safari/537.36";

/// Why no version could be read.
#[derive(Debug, Error)]
pub enum VersionError {
    /// The request failed or was answered with an error.
    #[error("reading the current WhatsApp version failed: {0}")]
    Http(String),
    /// The answer holds no version.
    #[error("the answer holds no WhatsApp version")]
    NoVersion,
}

/// The version to use, from the pin, the store or the service.
pub struct Versions {
    /// Where the service tells its current version.
    pub url: String,
    /// A version a person fixed in the configuration: used without question.
    pub pin: Option<Version>,
    /// Where the last good one is kept.
    pub store: Store,
    /// For the age of the kept one.
    pub clock: Clock,
    /// The service refused the kept one.
    pub distrusted: AtomicBool,
}

impl Versions {
    /// The version for the next connection. Waits for the network only when there is no usable one.
    pub async fn current(self: &std::sync::Arc<Self>) -> Version {
        if let Some(pin) = self.pin {
            return pin;
        }
        let kept = match self.store.client_version() {
            Ok(kept) => kept,
            Err(error) => {
                warn!("the last good WhatsApp version could not be read: {error}");
                None
            }
        };
        let Some(ClientVersion {
            version,
            fetched_at_unix_s,
        }) = kept
        else {
            return self.refresh().await.unwrap_or(BUILT_WITH);
        };
        if self.distrusted.swap(false, Ordering::Relaxed) {
            return self.refresh().await.unwrap_or(version);
        }
        if self.is_stale(fetched_at_unix_s) {
            let later = std::sync::Arc::clone(self);
            tokio::spawn(async move { later.refresh().await });
        }
        version
    }

    /// The service called the version outdated: ask for a newer one before the next connection.
    pub fn distrust(&self) {
        self.distrusted.store(true, Ordering::Relaxed);
    }

    fn is_stale(&self, fetched_at_s: u64) -> bool {
        // With the clock not set the age is unknown: better to ask once too often.
        self.clock.now().wall.is_none_or(|wall| {
            Duration::from_secs((wall.0 / 1000).saturating_sub(fetched_at_s)) > FRESH_FOR
        })
    }

    async fn refresh(&self) -> Option<Version> {
        let url = self.url.clone();
        let fetched = tokio::task::spawn_blocking(move || fetch(&url))
            .await
            .ok()?;
        match fetched {
            Ok(version) => {
                info!(
                    "WhatsApp's current version is {}.{}.{}",
                    version.0, version.1, version.2
                );
                let fetched_at_unix_s = self.clock.now().wall.map_or(0, |wall| wall.0 / 1000);
                let kept = ClientVersion {
                    version,
                    fetched_at_unix_s,
                };
                if let Err(error) = self.store.save_client_version(kept).await {
                    warn!("WhatsApp's current version could not be kept: {error}");
                }
                Some(version)
            }
            Err(error) => {
                warn!("{error}; going on with the last good version");
                None
            }
        }
    }
}

/// Reads the current version from `url`. Blocks for at most ten seconds.
///
/// # Errors
/// [`VersionError`]; nothing was changed.
pub fn fetch(url: &str) -> Result<Version, VersionError> {
    let http = |error: &dyn std::fmt::Display| VersionError::Http(error.to_string());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(FETCH_TIMEOUT))
        .build()
        .into();
    let answer = agent
        .get(url)
        .header("user-agent", USER_AGENT)
        .header("sec-fetch-site", "none")
        .call()
        .map_err(|error| http(&error))?;
    let mut body = String::new();
    answer
        .into_body()
        .into_reader()
        .take(BODY_MAX)
        .read_to_string(&mut body)
        .map_err(|error| http(&error))?;
    parse_sw_js(&body).ok_or(VersionError::NoVersion)
}

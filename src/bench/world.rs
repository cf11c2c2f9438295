//! Test builds only: what is wrong with the world around the box, as a file says.
//!
//! The words `no-clock` and `no-network`, one a line, make the wall clock look as if nobody had set
//! it and the box as if it had no address; `days-later 11` makes it eleven days later. A box that finds no such file at its start does not look
//! again: it would be woken by nothing else as often. One world a process.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::Config;

static NO_CLOCK: AtomicBool = AtomicBool::new(false);
static NO_NETWORK: AtomicBool = AtomicBool::new(false);
static DAYS_LATER: AtomicU32 = AtomicU32::new(0);
static CHANGED: Notify = Notify::const_new();

/// How soon a changed file is noticed.
const LOOK: Duration = Duration::from_millis(100);

/// Reads the file once: for what has to be known from the beginning. False when it is not there.
fn look(file: &Path) -> bool {
    let read = std::fs::read_to_string(file);
    let there = read.is_ok();
    let words = read.unwrap_or_default();
    let says = |word: &str| words.lines().any(|line| line.trim() == word);
    let before = NO_CLOCK.swap(says("no-clock"), Ordering::Relaxed);
    NO_NETWORK.store(says("no-network"), Ordering::Relaxed);
    let days = words
        .lines()
        .find_map(|line| line.trim().strip_prefix("days-later "));
    let days = days.and_then(|days| days.parse().ok()).unwrap_or(0);
    DAYS_LATER.store(days, Ordering::Relaxed);
    if before != clock_is_unset() {
        CHANGED.notify_one();
    }
    there
}

/// Reads the file of the configuration now, and again and again if it is there.
pub fn begin(config: &Config) {
    let world = config.bench.as_ref().and_then(|bench| bench.world.clone());
    if let Some(file) = world.filter(|file| look(file)) {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                look(&file);
            }
        });
    }
}

/// Whether the wall clock is to look unset.
pub fn clock_is_unset() -> bool {
    NO_CLOCK.load(Ordering::Relaxed)
}

/// How many days later it is to look.
pub fn days_later() -> u32 {
    DAYS_LATER.load(Ordering::Relaxed)
}

/// Whether the box is to have no address.
pub fn is_unplugged() -> bool {
    NO_NETWORK.load(Ordering::Relaxed)
}

/// Waits until the clock was set, or lost.
pub async fn clock_changed() {
    CHANGED.notified().await;
}

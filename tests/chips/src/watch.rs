//! Looking at a glass: waiting for a picture, and keeping every picture that was ever seen.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::picture::Picture;

/// Something that can be looked at.
pub(crate) trait Sight {
    /// What a person sees now.
    fn picture(&mut self) -> Picture;

    /// In how much real time the picture will change by itself, if it will.
    fn changes_in(&mut self) -> Option<Duration>;

    /// Where different pictures are kept, if they are.
    fn album(&mut self) -> &mut Option<Vec<Picture>>;

    /// Keeps the picture if it is another one than the last.
    fn keep(&mut self) {
        if self.album().is_none() {
            return;
        }
        let picture = self.picture();
        if let Some(kept) = self.album()
            && kept.last() != Some(&picture)
        {
            kept.push(picture);
        }
    }
}

/// What is at the end of a cable, shared by all its clones.
pub(crate) struct Watched<E> {
    end: Mutex<E>,
    changed: Condvar,
}

impl<E: Sight> Watched<E> {
    pub fn new(end: E) -> Self {
        Self {
            end: Mutex::new(end),
            changed: Condvar::new(),
        }
    }

    /// A panicking test leaves the chip in a readable state: every write is complete or refused.
    pub fn look(&self) -> MutexGuard<'_, E> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that may change the picture.
    pub fn change<T>(&self, work: impl FnOnce(&mut E) -> T) -> T {
        let mut end = self.look();
        let outcome = work(&mut end);
        end.keep();
        self.changed.notify_all();
        outcome
    }

    /// Waits, in real time, until the glass shows something for which `is_it` holds.
    #[allow(
        clippy::disallowed_methods,
        reason = "a deadline for a person's patience, not for the model"
    )]
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        mut is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        let deadline = Instant::now() + within;
        let mut end = self.look();
        loop {
            end.keep();
            let last = end.picture();
            if is_it(&last) {
                return Ok(last);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TimedOut {
                    wanted: wanted.to_owned(),
                    last,
                });
            }
            let nap = end.changes_in().map_or(left, |change| left.min(change));
            let woken = self.changed.wait_timeout(end, nap);
            end = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn keep_pictures(&self) {
        let mut end = self.look();
        let picture = end.picture();
        *end.album() = Some(vec![picture]);
    }

    pub fn kept_pictures(&self) -> Vec<Picture> {
        let mut end = self.look();
        end.keep();
        end.album().clone().unwrap_or_default()
    }
}

/// A wait that ended without what it waited for: what it was, and what the glass showed instead.
#[derive(Debug, thiserror::Error)]
pub struct TimedOut {
    wanted: String,
    last: Picture,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the panel never showed {}; at the end it showed",
            self.wanted
        )?;
        fmt::Display::fmt(&self.last, f)
    }
}

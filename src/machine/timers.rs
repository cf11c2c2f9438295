//! Deadlines with their reasons, and which of several comes first.
//!
//! A timer of the machine is not a thing that runs: each part tells its next deadline when asked,
//! derived from its state, so that no timer can outlive the state it belongs to.

use crate::time::Mono;

/// When something is due, and what, for whoever traces the loop.
pub(super) type Deadline = (Mono, &'static str);

/// The earliest of several deadlines; the first named wins a tie.
pub(super) fn earliest(deadlines: impl IntoIterator<Item = Option<Deadline>>) -> Option<Deadline> {
    deadlines.into_iter().flatten().min_by_key(|(at, _)| *at)
}

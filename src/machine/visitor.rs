//! Whether somebody is there: a person did something a short while ago.

use super::timers::Deadline;
use crate::limits;
use crate::time::Mono;

/// The last thing a person did.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    came_at: Option<Mono>,
}

impl Visitor {
    pub(super) fn new() -> Self {
        Self { came_at: None }
    }

    /// A person did something.
    pub(super) fn came(&mut self, now: Mono) {
        self.came_at = Some(now);
    }

    /// Forgets who came too long ago.
    pub(super) fn update(&mut self, now: Mono) {
        let recent = |at: &Mono| now.since(*at) < limits::ATTENDED;
        self.came_at = self.came_at.filter(recent);
    }

    pub(super) fn is_there(&self) -> bool {
        self.came_at.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        let came_at = self.came_at?;
        Some((came_at + limits::ATTENDED, "nobody is there any more"))
    }
}

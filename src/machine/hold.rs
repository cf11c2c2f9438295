//! What keeps a link from starting though its time has come: a clock that is not set, a disk that
//! takes no writes.
//!
//! It shows at once, and it is looked at again by itself, so that a lost event holds nobody up for
//! long. When it is gone, those who waited for it start one after the other, as at boot.

use super::session::{Session, Step};
use super::state::{Aim, Held, Identity, Opening, Rest, State};
use crate::fault::{Fault, Obstacle, Trouble};
use crate::limits;
use crate::snapshot::StoreHealth;
use crate::time::Mono;

impl Session {
    /// Holds a start, or lets it go. `free`: when the next one of those that were held may start.
    pub(super) fn hold(&mut self, step: &Step<'_>, free: &mut Mono) {
        let trouble = self.hindrance(step);
        let State::Waiting(wait, _) = &mut self.state else {
            return;
        };
        let now = step.now.mono;
        match (trouble, &mut wait.held) {
            (Some(trouble), Some(held)) => {
                held.trouble = trouble;
                if held.look_at <= now {
                    held.look_at = now + limits::HELD_LOOK;
                }
            }
            (Some(trouble), held @ None) => {
                let look_at = now + limits::HELD_LOOK;
                *held = Some(Held { trouble, look_at });
            }
            (None, held @ Some(_)) => {
                *held = None;
                let starts = wait.until.map_or(*free, |until| until.max(*free));
                wait.until = (starts > now).then_some(starts);
                if let Aim::Open(opening) = &mut wait.aim {
                    *opening = Opening {
                        paired: opening.paired,
                        ..Opening::new(starts)
                    };
                }
                *free = *free + limits::BOOT_STAGGER;
            }
            (None, None) => {}
        }
    }

    /// The disk takes writes again: a link that could not be built because of it is tried again. What
    /// could not be wiped waits for the person who wanted that.
    pub(super) fn disk_well(&mut self, step: &mut Step<'_>, free: &mut Mono) {
        let failed = matches!(
            self.state,
            State::Resting(
                Rest::Failed {
                    fault: Fault::Store,
                    ..
                },
                _
            )
        );
        let sound = match self.identity {
            Identity::Absent | Identity::Linked { .. } => true,
            Identity::Revoked | Identity::Condemned => false,
        };
        if !(failed && sound && self.record.enabled) {
            return;
        }
        self.open(step);
        if let State::Waiting(wait, _) = &mut self.state {
            wait.until = (*free > step.now.mono).then_some(*free);
        }
        *free = *free + limits::BOOT_STAGGER;
    }

    fn hindrance(&self, step: &Step<'_>) -> Option<Trouble> {
        let State::Waiting(wait, _) = &self.state else {
            return None;
        };
        if step.now.wall.is_none() {
            // No certificate can be judged: every try would fail, and with a riddle for a reason.
            return Some(Trouble {
                obstacle: Obstacle::Clock,
                why: "the clock is not set".to_owned(),
            });
        }
        let pairs = match self.identity {
            Identity::Absent | Identity::Condemned => matches!(wait.aim, Aim::Open(_)),
            // What there is can be used for as long as the disk lets it.
            Identity::Linked { .. } | Identity::Revoked => false,
        };
        let why = match step.disk {
            StoreHealth::Well => return None,
            StoreHealth::Full => "the disk is full",
            StoreHealth::ReadOnly => "the disk is read-only",
            StoreHealth::Failing { why } => why,
        };
        pairs.then(|| Trouble {
            obstacle: Obstacle::Disk,
            why: super::session::clip(why).collect(),
        })
    }
}

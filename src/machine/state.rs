//! What an account can be in, as types: combinations that make no sense do not compile.
//!
//! A link runs in exactly one state ([`State::Running`]); the others carry what is left of the last
//! one ([`Drain`]). Only data and its plain derivations belong here; `session` and `link` change it.

use crate::account::{E164, Epoch};
use crate::event::Ticket;
use crate::fault::{Fault, Obstacle, Trouble};
use crate::limits;
use crate::secret::Secret;
use crate::snapshot::{Pairing, QrCode, Status, TypedCode};
use crate::time::{Mono, Now};

use super::timers::{Deadline, earliest};

/// What the store holds of a WhatsApp identity, as far as the machine knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Identity {
    /// None that completed pairing. NEXT: `Linked`, `Revoked`, `Condemned`
    Absent,
    /// A phone accepted it. NEXT: `Revoked`, `Condemned`
    Linked { phone: Option<E164> },
    /// WhatsApp no longer knows it, or a wipe of it failed. It stays until somebody confirms.
    /// NEXT: `Condemned`
    Revoked,
    /// To be wiped as soon as no link runs, before any other starts. NEXT: `Absent`, `Revoked`
    Condemned,
}

/// Where an account stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// No link is wanted. NEXT: `Waiting`
    Resting(Rest, Drain),
    /// A link is wanted, but not yet: its time has not come, or the last one still drains.
    /// NEXT: `Running`, `Resting`
    Waiting(Wait, Drain),
    /// A link runs. NEXT: `Waiting`, `Resting`
    Running(Run),
}

/// Why no link is wanted.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    Stopped,
    Failed {
        fault: Fault,
        retry_at: Option<Mono>,
    },
    LoggedOut,
}

/// What is left of the last link; nothing new starts before it is [`Drain::Clear`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Drain {
    /// Nothing. NEXT: `Wiping`
    Clear,
    /// The link was told to end. NEXT: `Clear`
    Ending(Epoch),
    /// The store was told to wipe the identity. NEXT: `Clear`
    Wiping,
    /// The store was told to forget the account. NEXT: `Clear`, or there is no account any more
    Deleting,
}

/// An account that is to be forgotten.
#[derive(Clone, Debug)]
pub(super) struct Going {
    /// Who waits for that.
    pub(super) ticket: Option<Ticket>,
}

/// A link that is wanted.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) aim: Aim,
    /// Not before this; `None`: as soon as nothing drains.
    pub(super) until: Option<Mono>,
    /// What else it has to wait for.
    pub(super) held: Option<Held>,
    /// What was wrong with the last link.
    pub(super) trouble: Option<Trouble>,
}

/// Why a link does not start though its time may have come.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) trouble: Trouble,
    /// It is looked at again then.
    pub(super) look_at: Mono,
}

/// As what a link will start.
#[derive(Clone, Debug)]
pub(super) enum Aim {
    Open(Opening),
    Reconnect,
}

/// The way from "go" to a QR or a login.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) began: Mono,
    /// The phone accepted the scan.
    pub(super) paired: bool,
    /// The link was built anew because it took long: done once at this speed.
    pub(super) restarted: bool,
    /// What to say once it takes long.
    pub(super) slow: Option<Trouble>,
}

/// A running link.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) epoch: Epoch,
    pub(super) look: Look,
    pub(super) phase: Phase,
    /// The connection is one that can be paired with: a QR came out of it, and it stands.
    pub(super) live: bool,
    /// A code to type was asked of this link; not answered until then, it counts as refused.
    pub(super) request: Option<Mono>,
}

/// What there is to be paired with, codes to type aside (see `typed`).
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) qr: Option<QrCode>,
    /// QR codes this connection has shown so far.
    pub(super) codes: u32,
    /// There are no more of them.
    pub(super) exhausted: bool,
}

/// What the last look at the live socket saw.
#[derive(Clone, Default, Debug)]
pub(super) struct Look {
    pub(super) socket: bool,
    pub(super) failures: u32,
    pub(super) trouble: Option<Trouble>,
}

/// How far a running link is.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// Opening, handshaking, logging in. NEXT: any
    Starting {
        opening: Opening,
        /// QR codes this connection has shown so far.
        codes: u32,
        /// Without progress the link is built anew then.
        rebuild_at: Mono,
    },
    /// A QR is up, or a code to type, or both. NEXT: `Starting`, `Passkey`, `Working`
    Scanning(Scan),
    /// WhatsApp waits for a passkey. NEXT: `Starting`, `Working`
    Passkey {
        until: Mono,
        /// To be compared on both sides.
        code: Option<Secret>,
    },
    /// Logged in. NEXT: `Reconnecting`
    Working { since: Mono },
    /// Was logged in, the library tries again. NEXT: `Working`
    Reconnecting {
        /// Failures of this link before the loss: they do not count.
        before: u32,
    },
}

impl Wait {
    pub(super) fn at_once(aim: Aim) -> Self {
        Self {
            aim,
            until: None,
            held: None,
            trouble: None,
        }
    }

    pub(super) fn is_held_by(&self, obstacle: Obstacle) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.trouble.obstacle == obstacle)
    }
}

impl Opening {
    pub(super) fn new(now: Mono) -> Self {
        Self {
            began: now,
            paired: false,
            restarted: false,
            slow: None,
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        self.slow.is_none().then_some((
            self.began + limits::STARTING_SLOW,
            "say why starting is slow",
        ))
    }

    /// Says why it takes long, if it does by now. A reason that is known stands until another is: a
    /// new link that has not met it yet says nothing against it.
    pub(super) fn explain(&mut self, now: Now, trouble: Option<Trouble>) {
        if now.mono.since(self.began) < limits::STARTING_SLOW {
            return;
        }
        let trouble = trouble.or_else(|| self.slow.take());
        let trouble = trouble.unwrap_or_else(|| Trouble {
            obstacle: Obstacle::NoAnswer,
            why: "no answer from WhatsApp yet".to_owned(),
        });
        // Without a clock no certificate is valid yet: every other reason follows from this one.
        self.slow = Some(match now.wall {
            Some(_) => trouble,
            None => Trouble {
                obstacle: Obstacle::Clock,
                why: format!("the clock is not set; {}", trouble.why),
            },
        });
    }

    fn status(&self, held: Option<&Trouble>) -> Status {
        Status::Starting {
            pairing_done: self.paired,
            slow: held.or(self.slow.as_ref()).cloned(),
        }
    }
}

impl Look {
    /// The library failed and sits out its own wait, which may take minutes.
    pub(super) fn is_stuck(&self) -> bool {
        !self.socket && self.failures > 0
    }
}

impl Phase {
    /// On the way to the first QR, or to the login.
    pub(super) fn starting(opening: Opening, now: Mono) -> Self {
        // After the scan the phone is at it, too: that is not to be cut off early.
        let patient = opening.restarted || opening.paired;
        let patience = if patient {
            limits::STARTING_REBUILD
        } else {
            limits::STARTING_SLOW
        };
        Self::Starting {
            opening,
            codes: 0,
            rebuild_at: now + patience,
        }
    }

    /// Between two QR codes of a connection that has shown `codes` of them.
    pub(super) fn waiting_for_qr(codes: u32, now: Mono) -> Self {
        Self::Starting {
            opening: Opening::new(now),
            codes,
            rebuild_at: now + limits::STARTING_REBUILD,
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Starting {
                opening,
                rebuild_at,
                ..
            } => earliest([
                opening.deadline(),
                Some((*rebuild_at, "build the link anew")),
            ]),
            Self::Scanning(scan) => scan.qr.as_ref().map(|qr| {
                (
                    qr.expires_at() + limits::QR_GRACE,
                    "take the expired QR away",
                )
            }),
            Self::Passkey { until, .. } => Some((*until, "give up on the passkey")),
            // The link says what happens next, and a person can always stop or rebuild it.
            Self::Working { .. } | Self::Reconnecting { .. } => None,
        }
    }
}

impl State {
    /// What remains when this state is left, not counting a link that runs.
    pub(super) fn drain(&self) -> Drain {
        match self {
            Self::Resting(_, drain) | Self::Waiting(_, drain) => *drain,
            Self::Running(_) => Drain::Clear,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Resting(Rest::Failed { retry_at, .. }, _) => {
                retry_at.map(|at| (at, "try again after a fault"))
            }
            Self::Resting(Rest::Stopped | Rest::LoggedOut, _) => None,
            Self::Waiting(wait, _) => {
                let slow = match &wait.aim {
                    Aim::Open(opening) => opening.deadline(),
                    Aim::Reconnect => None,
                };
                let held = wait.held.as_ref();
                earliest([
                    wait.until.map(|at| (at, "start the link")),
                    held.map(|held| (held.look_at, "look whether the link may start")),
                    slow,
                ])
            }
            Self::Running(run) => run.phase.deadline(),
        }
    }

    /// What people see. `failed`: attempts to reconnect that were ours and came to nothing; `typed`: a
    /// code to type that is up.
    pub(super) fn status(&self, failed: u32, typed: Option<&TypedCode>) -> Status {
        match self {
            Self::Resting(Rest::Stopped, _) => Status::Stopped,
            Self::Resting(Rest::Failed { fault, retry_at }, _) => Status::Failed {
                fault: *fault,
                retry_at: *retry_at,
            },
            Self::Resting(Rest::LoggedOut, _) => Status::LoggedOut,
            Self::Waiting(wait, _) => {
                let held = wait.held.as_ref().map(|held| &held.trouble);
                match &wait.aim {
                    Aim::Open(opening) => opening.status(held),
                    Aim::Reconnect => Status::Reconnecting {
                        attempt: failed,
                        next_at: wait.until,
                        trouble: held.or(wait.trouble.as_ref()).cloned(),
                    },
                }
            }
            Self::Running(run) => match &run.phase {
                Phase::Starting { opening, .. } => opening.status(None),
                Phase::Scanning(scan) => Status::ScanQrCode(Pairing {
                    qr: scan.qr.clone(),
                    typed: typed.cloned(),
                }),
                Phase::Passkey { code, .. } => Status::PasskeyRequired { code: code.clone() },
                Phase::Working { .. } => Status::Working,
                Phase::Reconnecting { before } => Status::Reconnecting {
                    attempt: failed + run.look.failures.saturating_sub(*before),
                    next_at: None,
                    trouble: run.look.trouble.clone(),
                },
            },
        }
    }
}

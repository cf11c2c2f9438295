//! The one table of what can be wrong with an account: a stable code, the headline for the panel,
//! the advice for the page, and who ends it.
//!
//! A new fault is a new variant and one line in each function. Nothing here decides when a fault
//! happens; that is `machine/`.

use std::time::Duration;

use crate::time::Mono;

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// All QR codes of one connection were shown and none was scanned.
    QrExhausted,
    /// Another client logged in with this box's keys.
    StreamReplaced,
    /// WhatsApp wants a newer client.
    ClientOutdated,
    /// The account is locked for the moment.
    AccountLocked,
    /// The account is banned until then (`None`: not said).
    TemporaryBan {
        /// When it ends.
        until: Option<Mono>,
    },
    /// WhatsApp wants a passkey confirmed on the phone.
    Passkey,
    /// The service refused the login for a reason we have no word for.
    Refused,
    /// The store cannot be read or written.
    Store,
}

/// Who or what ends a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retry {
    /// Only a person: a press of the connect button, or the page.
    Person,
    /// It is tried again by itself at that time (a person may be quicker).
    At(Mono),
}

/// Waits after the first, second and every later "account locked" (DESIGN.md rule 6).
pub const LOCKED_WAITS: [Duration; 3] = [
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(3600),
];

/// A ban whose end the service does not tell is asked about this often (DESIGN.md rule 6).
pub const BAN_WAIT_UNKNOWN: Duration = Duration::from_secs(3600);

/// How often an outdated client looks for a newer version (DESIGN.md rule 6).
pub const OUTDATED_WAIT: Duration = Duration::from_secs(3600);

/// What stands between the box and WhatsApp, as far as the box can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The wall clock is not set: no certificate can be judged. A Pi has no clock of its own.
    Clock,
    /// This machine has no way out: no cable, no Wi-Fi, no address.
    NoNetwork,
    /// Names cannot be looked up.
    Dns,
    /// Something else answers in WhatsApp's place: a network's login page, or a filter.
    Portal,
    /// No connection comes about, or the one there was broke.
    NoAnswer,
    /// The socket is open and nothing comes out of it.
    Silence,
    /// The disk takes no writes, so nothing may be sent.
    Disk,
}

/// An obstacle, and the technical words for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// What it is.
    pub obstacle: Obstacle,
    /// The reason in technical words.
    pub why: String,
}

impl Obstacle {
    /// The stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Clock => "clock_not_set",
            Self::NoNetwork => "no_network",
            Self::Dns => "dns",
            Self::Portal => "captive_portal",
            Self::NoAnswer => "connection_lost",
            Self::Silence => "silent_socket",
            Self::Disk => "disk",
        }
    }

    /// What the panel says: at most 20 characters.
    #[must_use]
    pub fn headline(self) -> &'static str {
        match self {
            Self::Clock => "Waiting for the time",
            Self::NoNetwork => "No network",
            Self::Dns => "No name service",
            Self::Portal => "Network login needed",
            Self::NoAnswer => "No answer",
            Self::Silence => "Connection is silent",
            Self::Disk => "Storage problem",
        }
    }

    /// What a person can do about it, in one sentence or two.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Clock => {
                "The clock is not set. It is set from the network (NTP); nothing else is needed once \
                 that can be reached."
            }
            Self::NoNetwork => "This box has no network. Look at the cable or the Wi-Fi settings.",
            Self::Dns => {
                "Names cannot be looked up. Look at the router, or at the DNS server of this network."
            }
            Self::Portal => {
                "Something answers in WhatsApp's place. Sign in to this network, or ask for WhatsApp \
                 to be let through."
            }
            Self::NoAnswer => "WhatsApp cannot be reached. It is tried again by itself.",
            Self::Silence => "Nothing comes from WhatsApp any more. The connection is made anew.",
            Self::Disk => "The storage takes no writes: it is full, read-only or worn out.",
        }
    }
}

impl Fault {
    /// The stable code for programs, as in the API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::QrExhausted => "qr_exhausted",
            Self::StreamReplaced => "stream_replaced",
            Self::ClientOutdated => "client_outdated",
            Self::AccountLocked => "account_locked",
            Self::TemporaryBan { .. } => "temporary_ban",
            Self::Passkey => "passkey",
            Self::Refused => "refused",
            Self::Store => "store",
        }
    }

    /// What the panel says: at most 20 characters, so that it fits every panel on one line.
    #[must_use]
    pub fn headline(self) -> &'static str {
        match self {
            Self::QrExhausted => "Press to show QR",
            Self::StreamReplaced => "In use elsewhere",
            Self::ClientOutdated => "Update needed",
            Self::AccountLocked => "Account locked",
            Self::TemporaryBan { .. } => "Temporarily banned",
            Self::Passkey => "Passkey needed",
            Self::Refused => "WhatsApp refused",
            Self::Store => "Storage problem",
        }
    }

    /// What a person can do about it, in one sentence.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::QrExhausted => "Nobody scanned in time. Press connect for a new code.",
            Self::StreamReplaced => {
                "Another device runs with the same link. Stop it, then press connect."
            }
            Self::ClientOutdated => {
                "WhatsApp no longer accepts this version. Update pairbox; it is tried again hourly."
            }
            Self::AccountLocked => {
                "WhatsApp locked the account. Open WhatsApp on the phone; it is tried again."
            }
            Self::TemporaryBan { .. } => {
                "WhatsApp banned the account for a time. It connects again when the ban ends."
            }
            Self::Passkey => "WhatsApp asks for a passkey. Follow the phone, then press connect.",
            Self::Refused => "WhatsApp refused the login. Press connect to try again.",
            Self::Store => {
                "The storage could not be read or written. Nothing was deleted; see the log."
            }
        }
    }
}

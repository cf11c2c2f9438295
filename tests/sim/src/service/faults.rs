//! What goes wrong on demand: lasting faults ([`Fault`]), stream errors and login failures.
//!
//! Lasting faults are kept in a watch channel, so that connection tasks notice a change at once.

use std::time::Duration;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::clock;
use crate::stanza::{empty, parent};

/// A fault that lasts until [`crate::Service::clear_faults`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Connections are reset as soon as they come.
    Refuse,
    /// Nothing is read and nothing is answered; TCP stays open. What came meanwhile is handled
    /// when the fault is cleared.
    Stall,
    /// Every stanza of the service takes that much longer.
    Slow(Duration),
    /// Logins are answered by that failure. Registrations are not.
    Login(Failure),
    /// The phone computes its proof of the QR secret wrongly: companions answer `hmac-mismatch`.
    BadHmac,
    /// The phone signs companions wrongly: they answer `signature-mismatch`.
    BadAccountSignature,
    /// `/sw.js` answers 503.
    NoVersion,
}

/// The faults in force.
#[derive(Clone, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        // Of two delays or failures the later one counts.
        self.0.insert(0, fault);
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// How much later stanzas go out.
    pub(crate) fn slow(&self) -> Duration {
        let slow = self.0.iter().find_map(|fault| match fault {
            Fault::Slow(delay) => Some(*delay),
            _ => None,
        });
        slow.unwrap_or_default()
    }

    /// How logins fail.
    pub(crate) fn login(&self) -> Option<Failure> {
        self.0.iter().find_map(|fault| match fault {
            Fault::Login(failure) => Some(*failure),
            _ => None,
        })
    }
}

/// Why a login fails (`<failure reason>`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// 400: the payload is not in order.
    BadRequest,
    /// 401: the device is not linked.
    LoggedOut,
    /// 402: banned for some time.
    TemporaryBan {
        /// Why, as the wire numbers it (101: sent to too many people).
        code: u16,
        /// For how long.
        expire: Duration,
    },
    /// 403: the account is locked.
    Locked,
    /// 405: the client version is too old.
    ClientOutdated,
    /// 503: the service is not available now.
    Unavailable,
}

impl Failure {
    /// The wire's number.
    #[must_use]
    pub fn reason(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::LoggedOut => 401,
            Self::TemporaryBan { .. } => 402,
            Self::Locked => 403,
            Self::ClientOutdated => 405,
            Self::Unavailable => 503,
        }
    }

    pub(crate) fn node(self) -> Node {
        let node = NodeBuilder::new("failure")
            .attr("reason", self.reason())
            .attr("location", "sim");
        match self {
            Self::TemporaryBan { code, expire } => {
                node.attr("code", code).attr("expire", expire.as_secs())
            }
            _ => node,
        }
        .attr("t", clock::unix_seconds())
        .build()
    }
}

/// A stream error, sent to a live connection; the service then closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamError {
    /// 401: the session is not valid any more.
    Unauthorized,
    /// 409: another session took over.
    Conflict,
    /// 429: too many requests.
    RateLimited,
    /// 503: the service goes down.
    Unavailable,
    /// 515: connect again.
    Restart,
    /// 516: as the real service says it in some cases of an unlinked device.
    DeviceGone,
    /// `<conflict type="replaced"/>`: another client logged in with the same credentials.
    Replaced,
    /// `<conflict type="device_removed"/>` with 401: the phone unlinked the device.
    DeviceRemoved,
    /// `<xml-not-well-formed/>`: the client sent something malformed.
    NotWellFormed,
}

impl StreamError {
    /// A word for logs and for the command line of the binary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "401",
            Self::Conflict => "409",
            Self::RateLimited => "429",
            Self::Unavailable => "503",
            Self::Restart => "515",
            Self::DeviceGone => "516",
            Self::Replaced => "replaced",
            Self::DeviceRemoved => "device_removed",
            Self::NotWellFormed => "xml-not-well-formed",
        }
    }

    pub(crate) fn node(self) -> Node {
        let conflict = |kind: &'static str| NodeBuilder::new("conflict").attr("type", kind).build();
        match self {
            Self::Replaced => parent("stream:error", [conflict("replaced")]),
            Self::DeviceRemoved => NodeBuilder::new("stream:error")
                .attr("code", "401")
                .children([conflict("device_removed")])
                .build(),
            Self::NotWellFormed => parent("stream:error", [empty("xml-not-well-formed")]),
            coded => NodeBuilder::new("stream:error")
                .attr("code", coded.name())
                .build(),
        }
    }
}

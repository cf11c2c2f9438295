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
pub(crate) struct Faults {
    pub(crate) refuse: bool,
    pub(crate) stall: bool,
    pub(crate) slow: Duration,
    pub(crate) login: Option<Failure>,
    pub(crate) bad_hmac: bool,
    pub(crate) bad_account_signature: bool,
    pub(crate) no_version: bool,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Refuse => self.refuse = true,
            Fault::Stall => self.stall = true,
            Fault::Slow(delay) => self.slow = delay,
            Fault::Login(failure) => self.login = Some(failure),
            Fault::BadHmac => self.bad_hmac = true,
            Fault::BadAccountSignature => self.bad_account_signature = true,
            Fault::NoVersion => self.no_version = true,
        }
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

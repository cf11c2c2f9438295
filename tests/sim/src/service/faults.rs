//! What goes wrong on demand: lasting faults ([`Fault`]), stream errors and login failures.
//!
//! Lasting faults are kept in a watch channel, so that connection tasks notice a change at once.

use std::collections::{BTreeMap, BTreeSet};
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
    /// Companions that ask for a code to type are refused.
    Code(CodeRefusal),
    /// Whoever scans or types a code makes the service ask the companion for a passkey first.
    Passkey,
    /// The same, but the service does not say what is to be signed, not even when it is asked.
    PasskeyUntold,
    /// Messages of companions vanish: they are neither acknowledged nor delivered.
    LoseMessages,
    /// Messages of companions are delivered, but nobody tells the companion.
    LoseAcks,
    /// The media server does that.
    Media(MediaFault),
    /// Between the client and the service stands somebody who answers everything himself.
    Portal(Portal),
}

/// What the media server does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaFault {
    /// 404 for every file.
    NotFound,
    /// 410 for every file: it was kept too long.
    Gone,
    /// Every file comes that much later.
    Slow(Duration),
    /// Half a file comes, then the end.
    CutOff,
    /// Files come with a wrong byte.
    WrongBytes,
    /// 500 for every upload.
    NoUploads,
}

/// How a captive portal answers whatever it is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Portal {
    /// 302, to its page.
    Redirect,
    /// 200, with its page.
    Page,
}

/// How a request for a code to type is refused: the pairs of number and word that WhatsApp Web
/// knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeRefusal {
    /// 400, which the real service also says when a number asks too often.
    BadRequest,
    /// 403.
    Forbidden,
    /// 429: too often.
    RateOverlimit,
    /// 452: linking by a code is not to be had for this account yet.
    NotAvailable,
    /// 500.
    Internal,
}

impl CodeRefusal {
    /// The number and the word on the wire.
    pub(crate) fn words(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "bad-request"),
            Self::Forbidden => (403, "forbidden"),
            Self::RateOverlimit => (429, "rate-overlimit"),
            Self::NotAvailable => (452, "feature-not-available"),
            Self::Internal => (500, "internal-server-error"),
        }
    }
}

/// The faults in force.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    everywhere: Vec<Fault>,
    /// Accounts whose devices get no more answers, by number.
    silent: BTreeSet<String>,
    /// How the logins of some accounts fail, by number.
    logins: BTreeMap<String, Failure>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        // Of two delays or failures the later one counts.
        self.everywhere.insert(0, fault);
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.everywhere.contains(&fault)
    }

    /// From now on that account's devices get answers, or none.
    pub(crate) fn silence(&mut self, number: &str, silent: bool) {
        if silent {
            self.silent.insert(number.to_owned());
        } else {
            self.silent.remove(number);
        }
    }

    /// Whether some account gets no answers.
    pub(crate) fn silences_any(&self) -> bool {
        !self.silent.is_empty()
    }

    /// Whether that account gets no answers.
    pub(crate) fn silences(&self, number: &str) -> bool {
        self.silent.contains(number)
    }

    /// From now on that account's logins fail that way, or succeed.
    pub(crate) fn fail_logins(&mut self, number: &str, failure: Option<Failure>) {
        match failure {
            Some(failure) => self.logins.insert(number.to_owned(), failure),
            None => self.logins.remove(number),
        };
    }

    /// How requests for a code to type are refused.
    pub(crate) fn code(&self) -> Option<CodeRefusal> {
        self.find(|fault| match fault {
            Fault::Code(refusal) => Some(refusal),
            _ => None,
        })
    }

    /// Whether linking needs a passkey.
    pub(crate) fn passkey(&self) -> bool {
        self.has(Fault::Passkey) || self.has(Fault::PasskeyUntold)
    }

    /// Who answers in the service's place.
    pub(crate) fn portal(&self) -> Option<Portal> {
        self.find(|fault| match fault {
            Fault::Portal(portal) => Some(portal),
            _ => None,
        })
    }

    /// What the media server does wrong.
    pub(crate) fn media(&self) -> Option<MediaFault> {
        self.find(|fault| match fault {
            Fault::Media(fault) => Some(fault),
            _ => None,
        })
    }

    /// How much later stanzas go out.
    pub(crate) fn slow(&self) -> Duration {
        let slow = self.find(|fault| match fault {
            Fault::Slow(delay) => Some(delay),
            _ => None,
        });
        slow.unwrap_or_default()
    }

    /// How a login of that account fails.
    pub(crate) fn login(&self, number: &str) -> Option<Failure> {
        let own = self.logins.get(number).copied();
        own.or_else(|| {
            self.find(|fault| match fault {
                Fault::Login(failure) => Some(failure),
                _ => None,
            })
        })
    }

    fn find<T>(&self, wanted: impl Fn(Fault) -> Option<T>) -> Option<T> {
        self.everywhere.iter().copied().find_map(wanted)
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
    /// A number that says nothing to clients.
    Other(u16),
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
            Self::Other(reason) => reason,
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

//! Everything that can happen to the box ([`Event`]), what a person can want ([`Intent`]), and what
//! the machine asks the world to do ([`Effect`]).
//!
//! These are the only words spoken between the pure machine and the edges. Results of effects come
//! back as events, tagged with the account and the epoch they belong to. Nothing here has behaviour.

use std::time::Duration;

use crate::account::{AccountId, AccountRecord, E164, Epoch};
use crate::secret::Secret;
use crate::time::Mono;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A person (or a program for them) wants something.
    Intent {
        /// What is wanted.
        intent: Intent,
        /// Where the wish came from.
        source: Source,
    },
    /// A button line changed its level.
    Edge(Edge),
    /// The WhatsApp link of an account said something.
    Link {
        /// Whose link.
        account: AccountId,
        /// Which start of it.
        epoch: Epoch,
        /// What it said.
        event: LinkEvent,
    },
    /// The store answered.
    Store {
        /// Whose rows.
        account: AccountId,
        /// The outcome.
        event: StoreEvent,
    },
    /// The panel came or went.
    Panel(PanelEvent),
    /// Where others reach the page, as `192.168.1.20:8080`; `None` when nobody can.
    Page(Option<String>),
    /// The network came back (a route appeared, a cable was plugged): waiting links try at once.
    NetworkUp,
    /// The process was asked to end.
    Shutdown,
}

/// What a person can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    /// Bring the account online; pairs when it is not linked; a fresh QR when one is up or used up.
    Connect(AccountId),
    /// Take it offline, keep the link.
    Disconnect(AccountId),
    /// Unlink it at WhatsApp and wipe its identity.
    Logout(AccountId),
    /// Make room for one more account, select it and start pairing it.
    AddAccount,
    /// Take back every API token.
    ResetTokens,
}

/// Where an [`Intent`] came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A button on the box: somebody stands there.
    Button,
    /// The page on the LAN.
    Page,
    /// A program or the command line.
    Api,
}

/// A button, by its function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Button {
    /// Pair / connect.
    Connect,
    /// Disconnect; held: log out.
    Disconnect,
    /// The previous account: a joystick's up or left.
    Previous,
    /// The next account: a joystick's down or right.
    Next,
    /// Between one account and the overview of all.
    Select,
}

impl Button {
    /// All of them, in the order of their value: `Button::ALL[button as usize] == button`.
    pub const ALL: [Self; 5] = [
        Self::Connect,
        Self::Disconnect,
        Self::Previous,
        Self::Next,
        Self::Select,
    ];

    /// Its name in board files and in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Previous => "previous",
            Self::Next => "next",
            Self::Select => "select",
        }
    }
}

/// An edge on a button line. Polarity is already resolved: `pressed` means pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Which button.
    pub button: Button,
    /// The level after the edge.
    pub pressed: bool,
    /// When the edge happened, not when it was read.
    pub at: Mono,
}

/// What a link says. Texts from the service are shown to people but never parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkEvent {
    /// A QR to show, valid for `lifetime` from now.
    Qr {
        /// The text to encode.
        code: Secret,
        /// How long the service accepts it.
        lifetime: Duration,
    },
    /// All QR texts of this connection are used up; the link ends itself.
    QrExhausted,
    /// The phone accepted us; the service restarts the stream next.
    Paired {
        /// The account's number.
        phone: Option<E164>,
    },
    /// A scan failed; the QR stays up.
    PairFailed {
        /// The reason in the service's or library's words.
        why: String,
    },
    /// Logged in and ready.
    Connected {
        /// The account's number.
        phone: Option<E164>,
        /// The owner's name as the phone tells it.
        push_name: Option<String>,
    },
    /// The connection was lost; the library is trying again.
    Dropped {
        /// The reason in technical words.
        why: String,
    },
    /// The once-a-second look at the live socket.
    Alive {
        /// The socket is open and logged in.
        online: bool,
        /// The socket is open (before login too).
        socket: bool,
        /// Failed connection attempts since this link started.
        failures: u32,
        /// The last connection error in technical words, if any.
        why: Option<String>,
    },
    /// The service says this device is no longer linked.
    LoggedOut {
        /// The reason in technical words.
        why: String,
    },
    /// Another client took the connection with our keys.
    Replaced,
    /// The service wants a newer client version.
    Outdated,
    /// The account is locked (403 and relatives) and may open again.
    Locked,
    /// The account is banned for a time.
    Banned {
        /// How long from now, when the service says so.
        lasts: Option<Duration>,
    },
    /// WhatsApp asks for a passkey, which a box without a person cannot give.
    PasskeyRequired,
    /// The service refused the login with something we have no word for.
    Refused {
        /// The reason in technical words.
        why: String,
    },
    /// The link could not be built (store, configuration).
    StartFailed {
        /// The reason in technical words.
        why: String,
    },
    /// The link is gone: nothing of this epoch follows.
    Ended,
}

/// What the store reports for an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreEvent {
    /// The identity is gone, durably.
    AuthWiped,
    /// The wipe failed: the identity is still there.
    WipeFailed {
        /// The reason in technical words.
        why: String,
    },
    /// What the person decided could not be kept; what was kept before still is.
    SaveFailed {
        /// The reason in technical words.
        why: String,
    },
}

/// What the panel thread reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PanelEvent {
    /// It answers and shows frames.
    Attached,
    /// It stopped answering; it is tried again.
    Lost {
        /// The reason in technical words.
        why: String,
    },
}

/// What the machine asks for. Executed in order, by the daemon only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Build and run a link. Answers with [`Event::Link`] of this epoch, [`LinkEvent::Ended`] last.
    StartLink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
        /// The label, shown as the device's name on the phone.
        label: String,
    },
    /// End a link and flush what it holds. Answers with [`LinkEvent::Ended`].
    StopLink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// Tell WhatsApp that this device is no longer wanted, then end the link. Answers like `StopLink`.
    Unlink {
        /// Whose.
        account: AccountId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// Delete the identity and everything the protocol keeps. Only ever asked while no link runs.
    WipeAuth {
        /// Whose.
        account: AccountId,
    },
    /// Keep what the person decided.
    SaveRecord {
        /// Whose.
        account: AccountId,
        /// The record. Of an account the store does not know yet, it is the first.
        record: AccountRecord,
    },
    /// Take back every API token.
    ResetTokens,
}

/// An account as the store holds it when the box starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredAccount {
    /// Its number.
    pub id: AccountId,
    /// What the person decided.
    pub record: AccountRecord,
    /// Whether it holds a WhatsApp identity that completed pairing, and its number if known.
    pub linked: Option<LinkedAs>,
}

/// Whom a linked account belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkedAs {
    /// The account's number, when the identity names one.
    pub phone: Option<E164>,
}

//! Everything that can happen to the box ([`Event`]), what a person can want ([`Intent`]), and what
//! the machine asks the world to do ([`Effect`]).
//!
//! These are the only words spoken between the pure machine and the edges. Results of effects come
//! back as events, tagged with the account and the epoch they belong to. Nothing here has behaviour.

mod effect;

use std::time::Duration;

pub use self::effect::{Effect, LinkedAs, StoredAccount};

use crate::account::{AccountId, CountryPrefix, E164, Epoch, Label};
use crate::fault::Trouble;
use crate::secret::Secret;
use crate::snapshot::{OutboxHealth, StoreHealth, Waiting};
use crate::time::Mono;
use crate::wear::Written;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A person (or a program for them) wants something.
    Intent {
        /// What is wanted.
        intent: Intent,
        /// Where the wish came from.
        source: Source,
        /// Who wants to hear how it went: answered by exactly one [`Effect::Answer`].
        ticket: Option<Ticket>,
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
    /// The gateway has news for panel and page.
    Gateway(GatewayEvent),
    /// The panel came or went.
    Panel(PanelEvent),
    /// Where others reach the page, as `192.168.1.20:8080`; `None` when nobody can.
    Page(Option<String>),
    /// The network came back (a route appeared, a cable was plugged): waiting links try at once.
    NetworkUp,
    /// The wall clock was set: what waited for it goes on.
    ClockSet,
    /// How the disk takes writes, whenever that changes.
    Disk(StoreHealth),
    /// What was written to it lately.
    Written(Written),
    /// The process was asked to end.
    Shutdown,
}

/// Stands for somebody who waits for the answer to an intent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// How an intent went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is done, or on its way.
    Done,
    /// The account that was made.
    Added(AccountId),
    /// The code to type on the phone is up, in the snapshot and here.
    Typed {
        /// Eight characters, without the dash in their middle.
        code: Secret,
        /// When it ends.
        expires_at: Mono,
    },
    /// Nothing was changed.
    Denied(Denial),
}

/// Why an intent came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Denial {
    /// The process is ending.
    Ending,
    /// There is no such account (any more).
    UnknownAccount,
    /// Another account has that name.
    LabelTaken,
    /// The box holds [`crate::limits::ACCOUNTS_MAX`] accounts already.
    TooManyAccounts,
    /// It is linked: there is nothing to pair.
    AlreadyLinked,
    /// No code to type came: the reason in technical words.
    NoTypedCode {
        /// The reason.
        why: String,
        /// WhatsApp says that this number asked too often.
        throttled: bool,
    },
    /// The storage could not do it: all of the account is still there.
    StoreFailed {
        /// The reason in technical words.
        why: String,
    },
    /// The box has no panel that could show an access code.
    NoPanel,
    /// No access code is up.
    NoAccessCode,
    /// That is not the code on the panel.
    WrongAccessCode {
        /// Tries that remain for this code.
        left: u32,
    },
    /// Too many wrong codes: none is shown or taken until then.
    AccessLocked {
        /// When it ends.
        until: Mono,
    },
}

/// What a person can ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Intent {
    /// Bring the account online; pairs when it is not linked; a fresh QR when one is up or used up.
    Connect(AccountId),
    /// Take it offline, keep the link.
    Disconnect(AccountId),
    /// Take it offline and bring it online again, without history.
    Restart(AccountId),
    /// Unlink it at WhatsApp and wipe its identity.
    Logout(AccountId),
    /// Make room for one more account and select it. Answered with [`Answer::Added`].
    AddAccount {
        /// Its name; one after the box's is found when none is given.
        label: Option<Label>,
        /// Start pairing it.
        start: bool,
        /// Pair it by a code to type on the phone with this number.
        phone: Option<E164>,
    },
    /// Change what a person decides about an account; `None` leaves as it is.
    Change {
        /// Whose.
        account: AccountId,
        /// Its name.
        label: Option<Label>,
        /// The country code for numbers without one; `Some(None)` takes it away.
        country_prefix: Option<Option<CountryPrefix>>,
    },
    /// Unlink it if it can be done, and forget everything about it. The last account of a box is
    /// followed by a fresh one.
    Delete(AccountId),
    /// Pair it by a code to type on the phone with this number. Answered with [`Answer::Typed`] once
    /// WhatsApp has agreed to it.
    PairByCode {
        /// Whose.
        account: AccountId,
        /// The number of the phone.
        phone: E164,
    },
    /// Show it on the panel; the buttons act on it.
    Select(AccountId),
    /// Show this access code on the panel: whoever can read it stands at the box.
    ShowAccessCode {
        /// Six digits, made by chance at the edge.
        code: Secret,
    },
    /// Somebody has typed an access code. [`Answer::Done`] lets them in, and uses it up.
    TryAccessCode {
        /// What was typed.
        code: Secret,
    },
    /// Take back every API token.
    ResetTokens,
    /// Somebody has seen that the store was restored.
    AcknowledgeRestore,
    /// Decide about somebody who waits to be let in: they are on the panel, and a button was pressed.
    Decide {
        /// Whose account they wrote to.
        account: AccountId,
        /// The code they were told.
        code: Secret,
        /// Let them in, or not.
        approve: bool,
    },
}

/// Where an [`Intent`] came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A button on the box: somebody stands there.
    Button,
    /// The page on the LAN.
    Page,
    /// A program.
    Api,
    /// The control socket: the command line on the box itself.
    Console,
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

impl Intent {
    /// One more account, paired at once: what the buttons can ask for.
    pub const ONE_MORE: Self = Self::AddAccount {
        label: None,
        start: true,
        phone: None,
    };
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
        /// The account's hidden identity (`…@lid`), which stands for it where numbers are not shown.
        lid: Option<String>,
        /// The owner's name as the phone tells it.
        push_name: Option<String>,
    },
    /// WhatsApp agreed to a code to type on the phone (asked for by [`Effect::RequestCode`]).
    TypedCode {
        /// Eight characters, without the dash in their middle.
        code: Secret,
        /// How long it is good for.
        lifetime: Duration,
    },
    /// It did not agree.
    TypedCodeRefused {
        /// The reason in the service's or library's words.
        why: String,
        /// This number asked too often.
        throttled: bool,
    },
    /// The code to type is no longer good: wrong too often, or too late.
    TypedCodeEnded {
        /// The reason in technical words.
        why: String,
    },
    /// The passkey step of linking failed, or timed out.
    PasskeyFailed {
        /// The reason in technical words.
        why: String,
    },
    /// The owner's phone gave a sign of life (said once an hour at most).
    PhoneSeen,
    /// A message came or went (said once a second at most; its content never comes here).
    Message,
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
        /// How long nothing at all was received, while the socket is open.
        quiet: Duration,
        /// What stands in the way, if anything does.
        trouble: Option<Trouble>,
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
    /// The passkey was given elsewhere; this code has to be the same on both sides (`ABCD-1234`).
    PasskeyCode {
        /// The code to compare.
        code: Secret,
    },
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
    /// The account is gone, durably.
    Deleted,
    /// It could not be deleted: all of it is still there.
    DeleteFailed {
        /// The reason in technical words.
        why: String,
    },
}

/// What the gateway reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GatewayEvent {
    /// Who waits for approval at an account: all of them, oldest first, whenever that changes.
    Requests {
        /// Whose.
        account: AccountId,
        /// Who waits.
        waiting: Vec<Waiting>,
    },
    /// How the webhooks' lines stand, whenever that changes, once in two seconds at most.
    Outbox(OutboxHealth),
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

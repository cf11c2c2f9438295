//! The read model: what panel, page, API and health see. One immutable value, published by the
//! event loop after every step that changed it.
//!
//! Only plain data and derivations of it belong here. Secrets are wrapped, so that neither `Debug`
//! nor a log shows them; whoever needs one has to `expose` it.

use std::fmt;
use std::time::Duration;

use crate::account::{AccountId, CountryPrefix, E164};
use crate::event::Button;
use crate::fault::{Fault, Trouble};
use crate::secret::Secret;
use crate::time::{Mono, UnixMillis};
use crate::wear::Written;

/// The whole box at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Grows by one with every published change: the page's `ETag`.
    pub seq: u64,
    /// The account the panel shows and the buttons act on.
    pub selected: AccountId,
    /// All accounts, by number. Never empty.
    pub accounts: Vec<AccountView>,
    /// The panel shows all accounts, the selected one marked, instead of the selected one alone.
    pub overview: bool,
    /// Where the page is, as `192.168.1.20:8080`: shown where no code fits. `None` while unknown.
    pub page: Option<String>,
    /// A person did something within [`crate::limits::ATTENDED`]: a slow panel shows changes at once.
    pub attended: bool,
    /// A button held for something: the bar on the panel.
    pub hold: Option<Hold>,
    /// Buttons down for longer than [`crate::limits::STUCK`], in the order of [`Button::ALL`]: held
    /// by a thing or shorted, they count for nothing until they come up.
    pub stuck: Vec<Button>,
    /// The panel's health.
    pub panel: PanelHealth,
    /// How bright the panel should be.
    pub light: Light,
    /// A code on the glass that lets whoever reads it into the page.
    pub access: Option<AccessCode>,
    /// Somebody who waits to be let in, on the glass: connect and disconnect decide about them.
    pub caller: Option<Caller>,
    /// How the disk takes writes.
    pub store: StoreHealth,
    /// The store was restored, and nobody has said yet that they know.
    pub restored: Option<Restored>,
    /// What was written to the disk lately; `None` while that is not known.
    pub written: Option<Written>,
    /// How the webhooks' lines stand.
    pub outbox: OutboxHealth,
    /// The process is ending: the glass is to be cleared.
    pub shutting_down: bool,
}

impl Snapshot {
    /// A box of which nothing is known yet.
    #[must_use]
    pub fn blank() -> Self {
        Self {
            seq: 0,
            selected: AccountId::FIRST,
            accounts: Vec::new(),
            overview: false,
            page: None,
            attended: false,
            hold: None,
            stuck: Vec::new(),
            panel: PanelHealth::Headless,
            light: Light::Bright,
            access: None,
            caller: None,
            store: StoreHealth::Well,
            restored: None,
            written: None,
            outbox: OutboxHealth::default(),
            shutting_down: false,
        }
    }

    /// The selected account.
    ///
    /// # Panics
    /// Never: the machine keeps `accounts` non-empty and `selected` among them.
    #[must_use]
    pub fn current(&self) -> &AccountView {
        self.accounts
            .iter()
            .find(|account| account.id == self.selected)
            .unwrap_or(&self.accounts[0])
    }
}

/// One account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub label: String,
    /// Its state.
    pub status: Status,
    /// Desired state: it should be online.
    pub enabled: bool,
    /// It holds a WhatsApp identity that completed pairing.
    pub linked: bool,
    /// The number it is linked to.
    pub phone: Option<E164>,
    /// The owner's name.
    pub push_name: Option<String>,
    /// Since when it is in this state.
    pub since: Mono,
    /// The same on the wall, when known.
    pub since_wall: Option<UnixMillis>,
    /// The last thing that went wrong, kept until the account works again: for the page.
    pub last_error: Option<LastError>,
    /// Its hidden identity (`…@lid`).
    pub lid: Option<String>,
    /// The country code for numbers that come without one.
    pub country_prefix: Option<CountryPrefix>,
    /// The owner's phone has been silent for long: WhatsApp will unlink this box.
    pub phone_silent: Option<PhoneSilent>,
    /// When it last logged in.
    pub last_connected_at: Option<UnixMillis>,
    /// When a message last came or went, to the second.
    pub last_message_at: Option<UnixMillis>,
    /// Who wrote and waits for approval, oldest first.
    pub waiting: Vec<Waiting>,
}

impl AccountView {
    /// An account that was never linked, and is off.
    #[must_use]
    pub fn blank(id: AccountId, label: &str) -> Self {
        Self {
            id,
            label: label.to_owned(),
            status: Status::Stopped,
            enabled: false,
            linked: false,
            phone: None,
            push_name: None,
            since: Mono::START,
            since_wall: None,
            last_error: None,
            lid: None,
            country_prefix: None,
            phone_silent: None,
            last_connected_at: None,
            last_message_at: None,
            waiting: Vec::new(),
        }
    }
}

/// How long the owner's phone has been silent, once that is worth a word (DESIGN.md rule 10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhoneSilent {
    /// Whole days.
    pub days: u64,
    /// It is urgent: about two days are left.
    pub urgent: bool,
}

/// A code on the glass that lets whoever reads it into the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessCode {
    /// Six digits.
    pub code: Secret,
    /// When it ends.
    pub expires_at: Mono,
}

/// Somebody unknown who wrote to an account and waits for approval.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The code they were told; whoever approves compares it.
    pub code: Secret,
    /// The name they give themselves, cut to what a panel takes.
    pub name: Option<String>,
    /// The last four digits of their number, if it is known.
    pub last4: Option<String>,
    /// When it ends.
    pub expires_at: Mono,
}

/// Without the name.
impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last4 = self.last4.as_deref().unwrap_or_default();
        write!(f, "Waiting(…{last4} until {:?})", self.expires_at)
    }
}

/// Somebody who waits, on the glass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// Whom they wrote to.
    pub account: AccountId,
    /// Who.
    pub who: Waiting,
    /// How many wait beside them, at all accounts.
    pub others: usize,
}

/// How the webhooks' lines stand, all together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct OutboxHealth {
    /// Deliveries that wait.
    pub pending: u64,
    /// Given up: they wait for a person.
    pub dead: u64,
    /// Dropped because of the caps, ever.
    pub dropped: u64,
    /// Webhooks the box itself switched off.
    pub disabled: u32,
    /// A receiver does not answer at present.
    pub failing: bool,
}

/// The store was beyond repair, and was made anew from the identity copy: links and settings are there,
/// messages and history are not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restored {
    /// When, if the clock was set then.
    pub at: Option<UnixMillis>,
}

/// How the disk takes writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreHealth {
    /// As it should.
    Well,
    /// It is full.
    Full,
    /// It is read-only.
    ReadOnly,
    /// It fails otherwise.
    Failing {
        /// The reason in technical words.
        why: String,
    },
}

/// The state of an account (DESIGN.md, status table), with what each state carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// Off on purpose, linked or not.
    Stopped,
    /// Opening the socket, handshaking, or restarting after pairing.
    Starting {
        /// The phone accepted the scan: what remains is logging in.
        pairing_done: bool,
        /// Why it takes long, once it does, or what it waits for.
        slow: Option<Trouble>,
    },
    /// Not linked: a QR is up, or a code to type, or both.
    ScanQrCode(Pairing),
    /// WhatsApp asked for a passkey.
    PasskeyRequired {
        /// A code to compare with the one on the other screen, once there is one.
        code: Option<Secret>,
    },
    /// Linked, logged in, socket alive.
    Working,
    /// Linked, socket lost, trying again.
    Reconnecting {
        /// Failed attempts so far; 0 right after the loss.
        attempt: u32,
        /// About when the next attempt starts, if known.
        next_at: Option<Mono>,
        /// What stands in the way, if that is known.
        trouble: Option<Trouble>,
    },
    /// Needs a person or a timer.
    Failed {
        /// What is wrong.
        fault: Fault,
        /// When it is tried again by itself, if it is.
        retry_at: Option<Mono>,
    },
    /// The link was removed.
    LoggedOut,
}

impl Status {
    /// The canonical word, as in the API.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting { .. } => "starting",
            Self::ScanQrCode(_) => "scan_qr_code",
            Self::PasskeyRequired { .. } => "passkey_required",
            Self::Working => "working",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Failed { .. } => "failed",
            Self::LoggedOut => "logged_out",
        }
    }

    /// What panel and page say (`status_text` of the API).
    #[must_use]
    pub fn text(&self) -> &'static str {
        match self {
            Self::Stopped => "Disconnected",
            Self::Starting {
                pairing_done: true, ..
            } => "Linking…",
            Self::Starting { .. } => "Starting…",
            Self::ScanQrCode(Pairing { typed: Some(_), .. }) => "Enter code",
            Self::ScanQrCode(_) => "Scan to pair",
            Self::PasskeyRequired { .. } => "Confirm on your phone",
            Self::Working => "Connected",
            Self::Reconnecting { .. } => "Reconnecting",
            Self::Failed { fault, .. } => fault.headline(),
            Self::LoggedOut => "Unlinked",
        }
    }
}

/// What is on show to be paired with: a QR, a code to type, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pairing {
    /// The QR; none once all of them are used up and a code to type still lives.
    pub qr: Option<QrCode>,
    /// A code to type on the phone, when one was asked for: it goes before the QR where both do not
    /// fit.
    pub typed: Option<TypedCode>,
}

/// A QR on show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QrCode {
    /// The text to encode.
    pub code: Secret,
    /// Which code of this run of codes, from 1.
    pub seq: u32,
    /// When this one was put up.
    pub shown_at: Mono,
    /// How long it lives from then.
    pub lifetime: Duration,
}

/// A pairing code to type on the phone ("Link with phone number instead").
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypedCode {
    /// Eight characters, without the dash in their middle.
    pub code: Secret,
    /// When it ends.
    pub expires_at: Mono,
}

impl QrCode {
    /// When the code ends.
    #[must_use]
    pub fn expires_at(&self) -> Mono {
        self.shown_at + self.lifetime
    }
}

/// Something that went wrong, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastError {
    /// A stable code: a fault's, or `pair_rejected`, `connection_lost`, `logged_out`.
    pub code: &'static str,
    /// The technical words.
    pub message: String,
    /// When.
    pub at: Mono,
}

/// A button held down for an action that needs a long press.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// What letting it go on will do.
    pub action: HoldAction,
    /// When the hold began.
    pub began: Mono,
    /// How long it must last.
    pub needs: Duration,
}

/// What a completed hold does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldAction {
    /// Log the selected account out.
    Logout,
    /// Add another account and pair it.
    AddAccount,
    /// Take back every API token.
    ResetTokens,
}

/// Whether the panel answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PanelHealth {
    /// None is configured or found.
    Headless,
    /// It shows frames.
    Attached,
    /// It stopped answering; it is tried again.
    Lost {
        /// The reason in technical words.
        why: String,
    },
}

/// How bright the glass is (OLEDs wear).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Light {
    /// Normal.
    Bright,
    /// After a minute without a button or a state change.
    Dim,
    /// After two.
    Off,
}

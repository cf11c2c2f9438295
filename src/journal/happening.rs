//! What can be told to those who listen, and how it follows from two snapshots. Pure.
//!
//! A happening carries what a listener may need and no more; who may hear it is decided where it is
//! sent. A QR is a credential: it is told and never kept.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::account::AccountId;
use crate::event::{Button, Edge};
use crate::limits::DEBOUNCE;
use crate::message::envelope;
use crate::message::event::NewEvent;
use crate::secret::Secret;
use crate::snapshot::{AccountView, QrCode, Snapshot, Status};
use crate::time::{Mono, UnixMillis};
use crate::ulid::Ulid;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// Grows with every one that is named here; what was told brings its own. On the wire `evt_` and this.
    pub id: Ulid,
    /// When; `None` while the clock is not set.
    pub at: Option<UnixMillis>,
    /// What.
    pub what: What,
}

impl Happening {
    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> String {
        envelope::name(self.id)
    }

    /// Whom it is about; `None`: the box.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match &self.what {
            What::Status(news) => Some(news.account),
            What::Qr(news) => Some(news.account),
            What::Told(news, _) => news.account,
            What::Button(_) => None,
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// An account is in another state.
    Status(StatusNews),
    /// A QR was put up.
    Qr(QrNews),
    /// A button was pressed or let go.
    Button(ButtonNews),
    /// Something about messages: it brings its own name. And whom its account is linked to.
    Told(NewEvent, Option<Me>),
}

impl What {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Status(_) => Kind::SessionStatus,
            Self::Qr(_) => Kind::SessionQr,
            Self::Button(_) => Kind::DeviceButton,
            Self::Told(news, _) => news.kind,
        }
    }
}

/// The kinds, as `types=` and webhooks ask for them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `session.status`
    SessionStatus,
    /// `session.qr`: only told to those who ask for it by name.
    SessionQr,
    /// `message`
    Message,
    /// `message.ack`
    MessageAck,
    /// `message.failed`
    MessageFailed,
    /// `message.reaction`
    MessageReaction,
    /// `message.edited`
    MessageEdited,
    /// `message.revoked`
    MessageRevoked,
    /// `group.update`
    GroupUpdate,
    /// `pairing.request`
    PairingRequest,
    /// `policy.denied`
    PolicyDenied,
    /// `webhook.disabled`
    WebhookDisabled,
    /// `device.button`
    DeviceButton,
    /// `test`: posted to a webhook when somebody asks for it. Nobody can ask to hear it, so it is not one
    /// of [`Kind::ALL`].
    Test,
}

/// Why a word is no kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "an event type is one of: session.status, session.qr, message, message.ack, message.failed, \
     message.reaction, message.edited, message.revoked, group.update, pairing.request, \
     policy.denied, webhook.disabled, device.button"
)]
pub struct KindError;

impl Kind {
    /// All that can be asked for.
    pub const ALL: [Self; 13] = [
        Self::SessionStatus,
        Self::SessionQr,
        Self::Message,
        Self::MessageAck,
        Self::MessageFailed,
        Self::MessageReaction,
        Self::MessageEdited,
        Self::MessageRevoked,
        Self::GroupUpdate,
        Self::PairingRequest,
        Self::PolicyDenied,
        Self::WebhookDisabled,
        Self::DeviceButton,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SessionStatus => "session.status",
            Self::SessionQr => "session.qr",
            Self::Message => "message",
            Self::MessageAck => "message.ack",
            Self::MessageFailed => "message.failed",
            Self::MessageReaction => "message.reaction",
            Self::MessageEdited => "message.edited",
            Self::MessageRevoked => "message.revoked",
            Self::GroupUpdate => "group.update",
            Self::PairingRequest => "pairing.request",
            Self::PolicyDenied => "policy.denied",
            Self::WebhookDisabled => "webhook.disabled",
            Self::DeviceButton => "device.button",
            Self::Test => "test",
        }
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(word: &str) -> Result<Self, KindError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.word() == word).ok_or(KindError)
    }
}

/// The state of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusNews {
    /// Whose.
    pub account: AccountId,
    /// Whom it is linked to.
    pub me: Option<Me>,
    /// Its name.
    pub label: String,
    /// The canonical word.
    pub status: &'static str,
    /// What the panel says.
    pub text: &'static str,
    /// Why it is in this state, as a stable code, where there is something to say.
    pub reason: Option<&'static str>,
    /// The technical words for it.
    pub detail: Option<String>,
    /// It should be online.
    pub enabled: bool,
    /// It holds an identity.
    pub linked: bool,
    /// It is gone: this is the last of it.
    pub deleted: bool,
}

/// Whom an account is linked to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Me {
    /// `15550001234@s.whatsapp.net`
    pub id: String,
    /// The owner's name.
    pub push_name: Option<String>,
}

/// A QR to scan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QrNews {
    /// Whose.
    pub account: AccountId,
    /// The text to encode.
    pub code: Secret,
    /// Which of its run, from 1.
    pub seq: u32,
    /// When it ends.
    pub expires_at: Mono,
    /// How long it lives in all.
    pub lifetime: Duration,
}

/// A button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ButtonNews {
    /// Which.
    pub button: Button,
    /// `None`: it went down; otherwise it came up after this long.
    pub held: Option<Duration>,
}

/// What became different for the listeners between two snapshots, accounts in order.
#[must_use]
pub fn derive(before: &Snapshot, after: &Snapshot) -> Vec<What> {
    let mut news = Vec::new();
    let was = |id| before.accounts.iter().find(|old| old.id == id);
    let is = |id| after.accounts.iter().find(|new| new.id == id);
    for account in &after.accounts {
        let now = status_news(account);
        if was(account.id).map(status_news).as_ref() != Some(&now) {
            news.push(What::Status(now));
        }
        if let Some(qr) = qr(account)
            && was(account.id).and_then(self::qr).map(|old| &old.code) != Some(&qr.code)
        {
            news.push(What::Qr(qr_news(account.id, qr)));
        }
    }
    let gone = before.accounts.iter().filter(|old| is(old.id).is_none());
    news.extend(gone.map(|old| {
        What::Status(StatusNews {
            deleted: true,
            ..status_news(old)
        })
    }));
    news
}

/// The state of an account as it is told.
#[must_use]
pub fn status_news(account: &AccountView) -> StatusNews {
    let (reason, detail) = reason(account);
    StatusNews {
        account: account.id,
        me: account.phone.as_ref().map(|phone| Me {
            id: format!("{}@s.whatsapp.net", phone.digits()),
            push_name: account.push_name.clone(),
        }),
        label: account.label.clone(),
        status: account.status.word(),
        text: account.status.text(),
        reason,
        detail,
        enabled: account.enabled,
        linked: account.linked,
        deleted: false,
    }
}

/// The QR on show, as it is told to somebody who begins to listen.
#[must_use]
pub fn qr_on_show(account: &AccountView) -> Option<QrNews> {
    qr(account).map(|qr| qr_news(account.id, qr))
}

fn qr_news(account: AccountId, qr: &QrCode) -> QrNews {
    QrNews {
        account,
        code: qr.code.clone(),
        seq: qr.seq,
        expires_at: qr.expires_at(),
        lifetime: qr.lifetime,
    }
}

fn qr(account: &AccountView) -> Option<&QrCode> {
    match &account.status {
        Status::ScanQrCode(pairing) => pairing.qr.as_ref(),
        _ => None,
    }
}

fn reason(account: &AccountView) -> (Option<&'static str>, Option<String>) {
    let last = account.last_error.as_ref();
    let last = || (last.map(|it| it.code), last.map(|it| it.message.clone()));
    match &account.status {
        Status::Failed { fault, .. } => {
            let detail = account
                .last_error
                .as_ref()
                .filter(|error| error.code == fault.code())
                .map(|error| error.message.clone());
            (Some(fault.code()), detail)
        }
        Status::Starting {
            slow: Some(trouble),
            ..
        }
        | Status::Reconnecting {
            trouble: Some(trouble),
            ..
        } => (Some(trouble.obstacle.code()), Some(trouble.why.clone())),
        Status::Reconnecting { .. } | Status::LoggedOut => last(),
        Status::Stopped
        | Status::Starting { .. }
        | Status::ScanQrCode(_)
        | Status::PasskeyRequired { .. }
        | Status::Working => (None, None),
    }
}

/// From edges to presses: what bounces within [`DEBOUNCE`] is one. What a press *does* is the
/// machine's to say; this only tells that somebody was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Presses {
    /// Since when each button is down, in the order of [`Button::ALL`].
    down: [Option<Mono>; Button::ALL.len()],
    /// When each last counted.
    counted: [Option<Mono>; Button::ALL.len()],
}

impl Presses {
    /// What an edge tells, if it is news.
    pub fn edge(&mut self, edge: Edge) -> Option<ButtonNews> {
        let place = edge.button as usize;
        let bounces = |last: Mono| edge.at.since(last) < DEBOUNCE;
        if edge.pressed == self.down[place].is_some() || self.counted[place].is_some_and(bounces) {
            return None;
        }
        self.counted[place] = Some(edge.at);
        let held = self.down[place].take().map(|since| edge.at.since(since));
        if edge.pressed {
            self.down[place] = Some(edge.at);
        }
        Some(ButtonNews {
            button: edge.button,
            held,
        })
    }
}

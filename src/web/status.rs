//! `GET /api/v1/status`: the snapshot as JSON, as far as the one who asks may see it. Pure.
//!
//! Times are told as milliseconds from now, so that neither side needs a set clock; a wall time
//! comes along where one is known. The QR's text is never in here. What somebody may not see is null
//! or not there: that is decided here and nowhere else, and the page only shows what it gets.

pub mod session;

use std::time::Duration;

use serde::Serialize;

use self::session::SessionBody;
use super::rfc3339;
use crate::account::AccountId;
use crate::snapshot::{AccountView, HoldAction, PanelHealth, Snapshot, StoreHealth};
use crate::time::{Mono, Now};
use crate::token::{Caller, Scope};
use crate::ulid::SessionIds;

/// For whom, and when.
#[derive(Clone, Copy, Debug)]
pub struct Eye<'a> {
    /// Who looks.
    pub caller: &'a Caller,
    /// When.
    pub now: Now,
    /// The names of sessions.
    pub ids: SessionIds,
}

impl Eye<'_> {
    /// Whether an account is to be shown at all: somebody limited to some sees no others.
    #[must_use]
    pub fn meets(&self, account: AccountId) -> bool {
        match self.caller {
            Caller::Stranger | Caller::Console => true,
            Caller::Holder(grant) => grant
                .accounts
                .as_ref()
                .is_none_or(|accounts| accounts.contains(&account)),
        }
    }

    /// The accounts to be shown.
    pub fn accounts<'a>(&self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a AccountView> {
        let accounts = snapshot.accounts.iter();
        accounts.filter(|account| self.meets(account.id))
    }

    /// Whether technical words about the box are to be shown.
    fn sees_the_box(&self) -> bool {
        self.caller.may(Scope::Read, None)
    }

    /// Milliseconds until then; 0 when it is past.
    #[must_use]
    pub fn until(&self, moment: Mono) -> u64 {
        millis(moment.since(self.now.mono))
    }

    /// Milliseconds since then.
    fn ago(&self, moment: Mono) -> u64 {
        millis(self.now.mono.since(moment))
    }

    /// A moment on the wall, RFC 3339; none while the clock is not set.
    #[must_use]
    pub fn wall(&self, moment: Mono) -> Option<String> {
        let wall = self.now.wall?;
        let ahead = millis(moment.since(self.now.mono));
        let behind = millis(self.now.mono.since(moment));
        let at = wall.0.saturating_add(ahead).saturating_sub(behind);
        Some(rfc3339::format(crate::time::UnixMillis(at)))
    }
}

/// The whole answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StatusBody {
    seq: u64,
    version: &'static str,
    /// The session on the panel, if the one who looks may see it.
    selected: Option<String>,
    shutting_down: bool,
    caller: CallerBody,
    access: AccessBody,
    panel: PanelBody,
    hold: Option<HoldBody>,
    store: StoreBody,
    /// What waits for webhooks, if the one who looks may see it.
    outbox: Option<OutboxBody>,
    /// Where others reach the page, as `192.168.1.20:8080`.
    page: Option<String>,
    sessions: Vec<SessionBody>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct CallerBody {
    /// `stranger`, `token` or `console`.
    kind: &'static str,
    scopes: Vec<&'static str>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct AccessBody {
    /// There is a panel that can show a code.
    panel: bool,
    /// One is up.
    code_shown: bool,
    expires_in_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct PanelBody {
    /// `attached`, `lost` or `headless`.
    status: &'static str,
    why: Option<String>,
    /// Pixels.
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct StoreBody {
    /// `well`, `full`, `read_only` or `failing`.
    status: &'static str,
    why: Option<String>,
    /// It was made anew from the identity copy, and nobody has said yet that they know.
    restored: bool,
    /// When, RFC 3339, if the clock was set then.
    restored_at: Option<String>,
    /// What was written lately, if that is known and the one who looks may see it.
    written: Option<WrittenBody>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct WrittenBody {
    /// How long it was looked at: a day at most.
    over_ms: u64,
    /// Bytes handed to the database's file.
    store_bytes: u64,
    /// All that the process had written, if the kernel tells.
    process_bytes: Option<u64>,
    /// Bytes a day at this rate; null in the first hour.
    day_bytes: Option<u64>,
    /// More than a memory card should take.
    heavy: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct OutboxBody {
    pending: u64,
    dead: u64,
    dropped: u64,
    /// Webhooks the box itself switched off.
    disabled: u32,
    /// A receiver does not answer at present.
    failing: bool,
}

/// How many messages of an account wait to be sent, if that is known.
pub type Queues<'a> = &'a dyn Fn(AccountId) -> Option<u64>;

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct HoldBody {
    action: &'static str,
    held_ms: u64,
    needs_ms: u64,
}

/// The status as this eye may see it. `geometry` is the panel's, in pixels.
#[must_use]
pub fn status(
    snapshot: &Snapshot,
    geometry: Option<(u32, u32)>,
    queues: Queues<'_>,
    eye: &Eye<'_>,
) -> StatusBody {
    let technical = eye.sees_the_box();
    let selected = snapshot.selected;
    StatusBody {
        seq: snapshot.seq,
        version: env!("CARGO_PKG_VERSION"),
        selected: eye.meets(selected).then(|| eye.ids.name(selected)),
        shutting_down: snapshot.shutting_down,
        caller: caller(eye.caller),
        access: AccessBody {
            panel: snapshot.panel == PanelHealth::Attached,
            code_shown: snapshot.access.is_some(),
            expires_in_ms: snapshot
                .access
                .as_ref()
                .map(|access| eye.until(access.expires_at)),
        },
        panel: panel(&snapshot.panel, geometry, technical),
        hold: snapshot.hold.map(|hold| HoldBody {
            action: match hold.action {
                HoldAction::Logout => "logout",
                HoldAction::AddAccount => "add_account",
                HoldAction::ResetTokens => "reset_tokens",
            },
            held_ms: eye.ago(hold.began),
            needs_ms: millis(hold.needs),
        }),
        store: store(snapshot, technical),
        outbox: technical.then_some(OutboxBody {
            pending: snapshot.outbox.pending,
            dead: snapshot.outbox.dead,
            dropped: snapshot.outbox.dropped,
            disabled: snapshot.outbox.disabled,
            failing: snapshot.outbox.failing,
        }),
        page: snapshot.page.clone(),
        sessions: eye
            .accounts(snapshot)
            .map(|account| session::session(account, queues(account.id), eye))
            .collect(),
    }
}

fn caller(caller: &Caller) -> CallerBody {
    let (kind, scopes) = match caller {
        Caller::Stranger => ("stranger", Vec::new()),
        Caller::Console => ("console", Scope::ALL.to_vec()),
        Caller::Holder(grant) => ("token", grant.scopes.clone()),
    };
    CallerBody {
        kind,
        scopes: scopes.into_iter().map(Scope::word).collect(),
    }
}

fn panel(health: &PanelHealth, geometry: Option<(u32, u32)>, technical: bool) -> PanelBody {
    let (status, why) = match health {
        PanelHealth::Headless => ("headless", None),
        PanelHealth::Attached => ("attached", None),
        PanelHealth::Lost { why } => ("lost", Some(why.clone())),
    };
    PanelBody {
        status,
        why: why.filter(|_| technical),
        width: geometry.map(|(width, _)| width),
        height: geometry.map(|(_, height)| height),
    }
}

fn store(snapshot: &Snapshot, technical: bool) -> StoreBody {
    let (status, why) = match &snapshot.store {
        StoreHealth::Well => ("well", None),
        StoreHealth::Full => ("full", None),
        StoreHealth::ReadOnly => ("read_only", None),
        StoreHealth::Failing { why } => ("failing", Some(why.clone())),
    };
    StoreBody {
        status,
        why: why.filter(|_| technical),
        restored: snapshot.restored.is_some(),
        restored_at: snapshot
            .restored
            .and_then(|restored| restored.at)
            .map(rfc3339::format),
        written: snapshot
            .written
            .filter(|_| technical)
            .map(|written| WrittenBody {
                over_ms: millis(written.over),
                store_bytes: written.bytes.store,
                process_bytes: written.bytes.process,
                day_bytes: written.a_day(),
                heavy: written.is_heavy(),
            }),
    }
}

/// Milliseconds; more than half a billion years do not occur.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

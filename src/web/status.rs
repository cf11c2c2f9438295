//! `GET /api/v1/status`: the snapshot as JSON. Pure.
//!
//! Times are told as milliseconds from now, so that neither side needs a set clock; a wall time
//! comes along where one is known. The QR's text is never in here, a phone number with its last
//! four digits at most, and somebody who is not known to be local gets labels and states only.

use std::time::Duration;

use serde::Serialize;

use super::rfc3339;
use super::route::session_id;
use crate::fault::Fault;
use crate::snapshot::{AccountView, HoldAction, PanelHealth, Snapshot, Status};
use crate::time::Mono;

/// What the one who asks may see and do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everything: the listener takes connections of this machine only.
    Full,
    /// Labels and states.
    StatusOnly,
}

/// The whole answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StatusBody {
    seq: u64,
    version: &'static str,
    /// `full` or `status_only`: what the page offers.
    access: &'static str,
    selected: String,
    shutting_down: bool,
    panel: PanelBody,
    hold: Option<HoldBody>,
    sessions: Vec<SessionBody>,
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
struct HoldBody {
    action: &'static str,
    held_ms: u64,
    needs_ms: u64,
}

/// One session (API.md). Fields that somebody may not see are null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SessionBody {
    id: String,
    label: String,
    status: &'static str,
    status_text: &'static str,
    enabled: bool,
    linked: bool,
    phone_last4: Option<String>,
    push_name: Option<String>,
    pairing: Option<PairingBody>,
    /// The fault's code while failed.
    reason: Option<&'static str>,
    /// What a person can do about it.
    advice: Option<&'static str>,
    /// Technical words on why this state lasts.
    detail: Option<String>,
    last_error: Option<LastErrorBody>,
    reconnect: Option<ReconnectBody>,
    /// When a failed session is tried again by itself.
    retry_in_ms: Option<u64>,
    /// How long it has been in this state.
    since_ms: u64,
    /// The same on the wall, RFC 3339.
    since: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct PairingBody {
    method: &'static str,
    /// Which code of this run, from 1.
    seq: u32,
    expires_in_ms: u64,
    lifetime_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct LastErrorBody {
    code: &'static str,
    message: Option<String>,
    ago_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct ReconnectBody {
    attempt: u32,
    next_in_ms: Option<u64>,
}

/// The status as `access` may see it. `geometry` is the panel's, in pixels.
#[must_use]
pub fn status(
    snapshot: &Snapshot,
    now: Mono,
    geometry: Option<(u32, u32)>,
    access: Access,
) -> StatusBody {
    StatusBody {
        seq: snapshot.seq,
        version: env!("CARGO_PKG_VERSION"),
        access: match access {
            Access::Full => "full",
            Access::StatusOnly => "status_only",
        },
        selected: session_id(snapshot.selected),
        shutting_down: snapshot.shutting_down,
        panel: panel(&snapshot.panel, geometry),
        hold: snapshot.hold.map(|hold| HoldBody {
            action: match hold.action {
                HoldAction::Logout => "logout",
                HoldAction::AddAccount => "add_account",
                HoldAction::ResetTokens => "reset_tokens",
            },
            held_ms: millis(now.since(hold.began)),
            needs_ms: millis(hold.needs),
        }),
        sessions: snapshot
            .accounts
            .iter()
            .map(|account| session(account, now, access))
            .collect(),
    }
}

/// One account as `access` may see it.
#[must_use]
pub fn session(account: &AccountView, now: Mono, access: Access) -> SessionBody {
    let full = access == Access::Full;
    let until = |moment: Mono| millis(moment.since(now));
    let (mut pairing, mut fault, mut reconnect, mut retry_in_ms, mut detail) =
        (None, None, None, None, None);
    match &account.status {
        Status::ScanQrCode(shown) => {
            pairing = shown.qr.as_ref().map(|qr| PairingBody {
                method: "qr",
                seq: qr.seq,
                expires_in_ms: until(qr.expires_at()),
                lifetime_ms: millis(qr.lifetime),
            });
        }
        Status::Starting { slow, .. } => {
            detail = slow.as_ref().map(|trouble| trouble.why.clone());
        }
        Status::Reconnecting {
            attempt, next_at, ..
        } => {
            reconnect = Some(ReconnectBody {
                attempt: *attempt,
                next_in_ms: next_at.map(until),
            });
        }
        Status::Failed {
            fault: what,
            retry_at,
        } => {
            fault = Some(*what);
            retry_in_ms = retry_at.map(until);
        }
        Status::Stopped | Status::PasskeyRequired { .. } | Status::Working | Status::LoggedOut => {}
    }
    SessionBody {
        id: session_id(account.id),
        label: account.label.clone(),
        status: account.status.word(),
        status_text: account.status.text(),
        enabled: account.enabled,
        linked: account.linked,
        phone_last4: last4(account).filter(|_| full),
        push_name: account.push_name.clone().filter(|_| full),
        pairing,
        reason: fault.map(Fault::code),
        advice: fault.map(Fault::advice),
        detail: detail.filter(|_| full),
        last_error: account.last_error.as_ref().map(|error| LastErrorBody {
            code: error.code,
            message: Some(error.message.clone()).filter(|_| full),
            ago_ms: millis(now.since(error.at)),
        }),
        reconnect,
        retry_in_ms,
        since_ms: millis(now.since(account.since)),
        since: account.since_wall.map(rfc3339::format),
    }
}

fn last4(account: &AccountView) -> Option<String> {
    Some(account.phone.as_ref()?.last4().to_owned())
}

fn panel(health: &PanelHealth, geometry: Option<(u32, u32)>) -> PanelBody {
    let (status, why) = match health {
        PanelHealth::Headless => ("headless", None),
        PanelHealth::Attached => ("attached", None),
        PanelHealth::Lost { why } => ("lost", Some(why.clone())),
    };
    PanelBody {
        status,
        why,
        width: geometry.map(|(width, _)| width),
        height: geometry.map(|(_, height)| height),
    }
}

/// Milliseconds; more than half a billion years do not occur.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

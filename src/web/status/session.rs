//! A session as JSON (API.md), as far as the one who asks may see it. Pure.
//!
//! Strangers and tokens without `read` get the label and the state. Number, identity, names, codes,
//! technical words and times of messages are for those who may read this session.

use serde::Serialize;

use super::Eye;
use crate::account::{CountryPrefix, E164};
use crate::fault::{Fault, Trouble};
use crate::snapshot::{AccountView, LastError, Pairing, QrCode, Status};
use crate::time::Mono;
use crate::token::Scope;
use crate::web::rfc3339;

/// One session. Fields that somebody may not see are null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SessionBody {
    id: String,
    label: String,
    status: &'static str,
    status_text: &'static str,
    enabled: bool,
    linked: bool,
    /// Digits with the country code, without `+`.
    phone: Option<String>,
    jid: Option<String>,
    lid: Option<String>,
    push_name: Option<String>,
    pairing: Option<PairingBody>,
    /// The fault's code while failed; what stands in the way while starting or reconnecting.
    reason: Option<&'static str>,
    /// What a person can do about it.
    advice: Option<&'static str>,
    /// Technical words on why this state lasts.
    detail: Option<String>,
    last_error: Option<LastErrorBody>,
    restriction: Option<RestrictionBody>,
    reconnect: Option<ReconnectBody>,
    /// When a failed session is tried again by itself.
    retry_in_ms: Option<u64>,
    /// A code to compare with the one on the other screen (`passkey_required`).
    passkey_code: Option<String>,
    country_prefix: Option<String>,
    phone_silent: Option<PhoneSilentBody>,
    /// Unknown people who wrote and wait to be let in.
    waiting: Vec<WaitingBody>,
    last_connected_at: Option<String>,
    last_message_at: Option<String>,
    queue: Option<QueueBody>,
    /// Unknown people who wait for approval.
    waiting_requests: Option<usize>,
    /// How long it has been in this state.
    since_ms: u64,
    /// The same on the wall, RFC 3339.
    since: Option<String>,
}

/// Messages that wait to be sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct QueueBody {
    waiting: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct PairingBody {
    /// What is to be used first: `qr` or `code`.
    method: &'static str,
    /// The QR's end; the code's when there is no QR.
    expires_at: Option<String>,
    expires_in_ms: u64,
    /// Which QR of this run, from 1; null without one.
    seq: Option<u32>,
    /// QRs to come in this run.
    remaining: Option<u32>,
    /// How long the QR lives in all.
    lifetime_ms: Option<u64>,
    /// The code to type on the phone, `ABCD-1234`.
    code: Option<String>,
    code_expires_in_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct LastErrorBody {
    code: &'static str,
    message: Option<String>,
    at: Option<String>,
    ago_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct RestrictionBody {
    /// `temporary_ban` or `account_locked`.
    kind: &'static str,
    expires_at: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct ReconnectBody {
    attempt: u32,
    next_at: Option<String>,
    next_in_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct PhoneSilentBody {
    days: u64,
    urgent: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct WaitingBody {
    /// What they were told; null for those who may not let them in.
    code: Option<String>,
    name: Option<String>,
    /// The last four digits of their number.
    last4: Option<String>,
    expires_in_ms: u64,
}

/// What a state adds.
#[derive(Default)]
struct Extra<'a> {
    pairing: Option<PairingBody>,
    fault: Option<Fault>,
    trouble: Option<&'a Trouble>,
    reconnect: Option<ReconnectBody>,
    retry_at: Option<Mono>,
    passkey_code: Option<String>,
}

/// One account as this eye may see it. `waiting`: how many of its messages wait to be sent.
#[must_use]
pub fn session(account: &AccountView, waiting: Option<u64>, eye: &Eye<'_>) -> SessionBody {
    let sees = eye.caller.sees(account.id);
    let extra = extra(account, eye);
    let advice = extra
        .fault
        .map(Fault::advice)
        .or_else(|| extra.trouble.map(|trouble| trouble.obstacle.advice()))
        .or_else(|| match account.status {
            Status::PasskeyRequired { .. } => Some(Fault::Passkey.advice()),
            _ => None,
        });
    SessionBody {
        id: eye.ids.name(account.id),
        label: account.label.clone(),
        status: account.status.word(),
        status_text: account.status.text(),
        enabled: account.enabled,
        linked: account.linked,
        phone: account.phone.as_ref().filter(|_| sees).map(digits),
        jid: account.phone.as_ref().filter(|_| sees).map(jid),
        lid: account.lid.clone().filter(|_| sees),
        push_name: account.push_name.clone().filter(|_| sees),
        pairing: extra.pairing,
        reason: extra
            .fault
            .map(Fault::code)
            .or_else(|| extra.trouble.map(|trouble| trouble.obstacle.code())),
        advice,
        detail: extra
            .trouble
            .filter(|_| sees)
            .map(|trouble| trouble.why.clone()),
        last_error: account
            .last_error
            .as_ref()
            .map(|error| last_error(error, eye, sees)),
        restriction: extra
            .fault
            .and_then(|fault| restriction(fault, extra.retry_at, eye)),
        reconnect: extra.reconnect,
        retry_in_ms: extra.retry_at.map(|at| eye.until(at)),
        passkey_code: extra.passkey_code,
        country_prefix: account
            .country_prefix
            .as_ref()
            .filter(|_| sees)
            .map(|prefix: &CountryPrefix| prefix.digits().to_owned()),
        phone_silent: account
            .phone_silent
            .filter(|_| sees)
            .map(|silent| PhoneSilentBody {
                days: silent.days,
                urgent: silent.urgent,
            }),
        waiting: askers(account, eye, sees),
        last_connected_at: account
            .last_connected_at
            .filter(|_| sees)
            .map(rfc3339::format),
        last_message_at: account
            .last_message_at
            .filter(|_| sees)
            .map(rfc3339::format),
        queue: waiting
            .filter(|_| sees)
            .map(|waiting| QueueBody { waiting }),
        waiting_requests: sees.then_some(account.waiting.len()),
        since_ms: eye.ago(account.since),
        since: account.since_wall.map(rfc3339::format),
    }
}

fn askers(account: &AccountView, eye: &Eye<'_>, sees: bool) -> Vec<WaitingBody> {
    let approves = eye.caller.may(Scope::Admin, Some(account.id));
    let bodies = account
        .waiting
        .iter()
        .filter(|_| sees)
        .map(|one| WaitingBody {
            code: approves.then(|| one.code.expose().to_owned()),
            name: one.name.clone(),
            last4: one.last4.clone(),
            expires_in_ms: eye.until(one.expires_at),
        });
    bodies.collect()
}

fn extra<'a>(account: &'a AccountView, eye: &Eye<'_>) -> Extra<'a> {
    let mut extra = Extra::default();
    // A code is as good as the account itself: for those who could have asked for one, or see the QR.
    let codes = eye.caller.sees(account.id) || eye.caller.may(Scope::Control, Some(account.id));
    match &account.status {
        Status::ScanQrCode(shown) => extra.pairing = pairing(shown, eye, codes),
        Status::Starting { slow, .. } => extra.trouble = slow.as_ref(),
        Status::Reconnecting {
            attempt,
            next_at,
            trouble,
        } => {
            extra.trouble = trouble.as_ref();
            extra.reconnect = Some(ReconnectBody {
                attempt: *attempt,
                next_at: next_at.and_then(|at| eye.wall(at)),
                next_in_ms: next_at.map(|at| eye.until(at)),
            });
        }
        Status::Failed { fault, retry_at } => {
            extra.fault = Some(*fault);
            extra.retry_at = *retry_at;
        }
        Status::PasskeyRequired { code } => {
            extra.passkey_code = code
                .as_ref()
                .filter(|_| codes)
                .map(|code| code.expose().to_owned());
        }
        Status::Stopped | Status::Working | Status::LoggedOut => {}
    }
    extra
}

fn pairing(shown: &Pairing, eye: &Eye<'_>, codes: bool) -> Option<PairingBody> {
    let (qr, typed) = (shown.qr.as_ref(), shown.typed.as_ref());
    let ends = qr
        .map(QrCode::expires_at)
        .or_else(|| typed.map(|typed| typed.expires_at))?;
    Some(PairingBody {
        method: if typed.is_some() { "code" } else { "qr" },
        expires_at: eye.wall(ends),
        expires_in_ms: eye.until(ends),
        seq: qr.map(|qr| qr.seq),
        remaining: qr.map(|qr| remaining(qr.seq)),
        lifetime_ms: qr.map(|qr| super::millis(qr.lifetime)),
        code: typed
            .filter(|_| codes)
            .map(|typed| with_dash(typed.code.expose())),
        code_expires_in_ms: typed.map(|typed| eye.until(typed.expires_at)),
    })
}

/// QRs that follow the one with this number: a connection gets six (DESIGN.md rule 7).
#[must_use]
pub fn remaining(seq: u32) -> u32 {
    const QRS_OF_A_RUN: u32 = 6;
    QRS_OF_A_RUN.saturating_sub(seq)
}

/// A code as people read it: `ABCD-1234`.
#[must_use]
pub fn with_dash(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((front, back)) if !back.is_empty() => format!("{front}-{back}"),
        _ => code.to_owned(),
    }
}

fn digits(phone: &E164) -> String {
    phone.digits().to_owned()
}

fn jid(phone: &E164) -> String {
    format!("{}@s.whatsapp.net", phone.digits())
}

fn last_error(error: &LastError, eye: &Eye<'_>, sees: bool) -> LastErrorBody {
    LastErrorBody {
        code: error.code,
        message: Some(error.message.clone()).filter(|_| sees),
        at: eye.wall(error.at),
        ago_ms: eye.ago(error.at),
    }
}

fn restriction(fault: Fault, retry_at: Option<Mono>, eye: &Eye<'_>) -> Option<RestrictionBody> {
    let ends = match fault {
        Fault::TemporaryBan { until } => until,
        Fault::AccountLocked => retry_at,
        Fault::QrExhausted
        | Fault::StreamReplaced
        | Fault::ClientOutdated
        | Fault::Passkey
        | Fault::Refused
        | Fault::Store => return None,
    };
    Some(RestrictionBody {
        kind: fault.code(),
        expires_at: ends.and_then(|at| eye.wall(at)),
    })
}

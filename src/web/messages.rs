//! Messages as the API shows them, and what stands in the way of one that is to be sent. Pure.
//!
//! Nothing in this file derives `Debug`, because everything in it is somebody's conversation.

use serde::Serialize;
use serde_json::{Value, json};

use super::fields::unknown;
use super::problem::Problem;
use super::rfc3339;
use crate::account::AccountId;
use crate::message::body::BodyProblem;
use crate::message::content::{Content, Media};
use crate::message::outbound::Progress;
use crate::message::policy::Request;
use crate::message::wish::{SendProblem, SendReceipt};
use crate::metrics::Way;
use crate::store::KeptMessage;
use crate::ulid::SessionIds;

/// A list of a kind, and where it goes on.
#[derive(Serialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// What was found when at most `limit` was asked for; `place`: of the last one.
    pub fn of(data: Vec<T>, limit: usize, place: Option<u64>) -> Self {
        let more = data.len() >= limit;
        Self {
            data,
            next_cursor: place.filter(|_| more).map(|place| place.to_string()),
        }
    }
}

/// A message of the ring.
#[derive(Serialize)]
pub(super) struct MessageBody {
    id: String,
    direction: &'static str,
    chat: String,
    /// Who wrote it; null: the account.
    from: Option<String>,
    from_lid: Option<String>,
    name: Option<String>,
    group_name: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    text: Option<String>,
    /// The message a reaction, an edit or a revocation is about.
    target: Option<String>,
    quoted: Option<Value>,
    media: Option<Value>,
    location: Option<Value>,
    contacts: Option<Vec<Value>>,
    at: Option<String>,
    /// `received`, or how far it is.
    status: &'static str,
    /// Why it will not arrive.
    reason: Option<String>,
    /// The event it was told as.
    event: Option<String>,
}

impl MessageBody {
    pub fn of(message: KeptMessage, account: AccountId, ids: SessionIds) -> Self {
        let way = if message.from_me {
            Way::Outbound
        } else {
            Way::Inbound
        };
        let event = message.event.map(|event| format!("evt_{event}"));
        let url = event
            .as_ref()
            .map(|event| format!("/api/v1/sessions/{}/media/{event}", ids.name(account)));
        let sender = message.sender.filter(|_| !message.from_me);
        let reason = match &message.progress {
            Some(Progress::Failed { code }) => Some(code.clone()),
            _ => None,
        };
        let status = match (&message.progress, message.from_me) {
            (Some(progress), _) => progress.word(),
            // Written on the phone: it went out from there.
            (None, true) => "sent",
            (None, false) => "received",
        };
        let content = &message.content;
        Self {
            id: message.id.as_str().to_owned(),
            direction: way.word(),
            chat: message.chat.id(),
            from: sender.as_ref().map(crate::message::address::Person::jid),
            from_lid: sender.and_then(|sender| sender.lid_jid()),
            name: message.name,
            group_name: message.group_name,
            kind: content.word(),
            text: content.text().map(str::to_owned),
            target: target(content),
            quoted: message
                .quoted
                .map(|quoted| json!({"id": quoted.id, "text": quoted.text})),
            media: match content {
                Content::Media(it) => {
                    Some(media(it, url.as_deref().filter(|_| way == Way::Inbound)))
                }
                _ => None,
            },
            location: match content {
                Content::Location(it) => Some(json!({
                    "latitude": it.latitude, "longitude": it.longitude,
                    "name": it.name, "address": it.address,
                })),
                _ => None,
            },
            contacts: match content {
                Content::Contact { cards } => {
                    let cards = cards.iter();
                    let shown = cards.map(|it| json!({"name": it.name, "vcard": it.vcard}));
                    Some(shown.collect())
                }
                _ => None,
            },
            at: (message.at.0 > 0).then(|| rfc3339::format(message.at)),
            status,
            reason,
            event,
        }
    }
}

fn target(content: &Content) -> Option<String> {
    match content {
        Content::Reaction { target, .. }
        | Content::Edit { target, .. }
        | Content::Revoke { target } => Some(target.as_str().to_owned()),
        Content::Text { .. }
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contact { .. }
        | Content::Other { .. } => None,
    }
}

/// Without the keys that open it.
fn media(media: &Media, url: Option<&str>) -> Value {
    json!({
        "url": url,
        "mimetype": media.mimetype,
        "size": media.size,
        "sha256": media.sha256,
        "filename": media.filename,
        "seconds": media.seconds,
    })
}

/// What a sender gets back.
#[derive(Serialize)]
pub(super) struct ReceiptBody {
    id: String,
    status: &'static str,
    /// All ids, when a long text became several messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<String>,
    /// `cold_send`: the recipient did not write for long, or ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl From<SendReceipt> for ReceiptBody {
    fn from(receipt: SendReceipt) -> Self {
        let parts = receipt.parts.iter().map(|id| id.as_str().to_owned());
        let parts: Vec<String> = parts.collect();
        Self {
            id: receipt.id.as_str().to_owned(),
            status: receipt.status,
            parts: if parts.len() > 1 { parts } else { Vec::new() },
            warning: receipt.cold.then_some("cold_send"),
        }
    }
}

/// Somebody who waits for approval.
#[derive(Serialize)]
pub(super) struct RequestBody {
    /// What they were told; null for those who may not approve.
    code: Option<String>,
    phone: Option<String>,
    jid: String,
    lid: Option<String>,
    name: Option<String>,
    asked_at: String,
    expires_at: String,
}

impl RequestBody {
    pub fn of(request: Request, approves: bool) -> Self {
        let phone = request.person.phone();
        Self {
            phone: phone.map(|phone| phone.digits().to_owned()),
            jid: request.person.jid(),
            lid: request.person.lid_jid(),
            name: request.name,
            asked_at: rfc3339::format(request.asked_at),
            expires_at: rfc3339::format(request.expires_at),
            code: Some(request.code).filter(|_| approves),
        }
    }
}

impl From<SendProblem> for Problem {
    fn from(problem: SendProblem) -> Self {
        let words = sentence(&problem.to_string());
        match problem {
            SendProblem::NotWorking => Self::new(409, "not_working", words),
            SendProblem::NotOnWhatsApp => Self::new(404, "not_on_whatsapp", words),
            SendProblem::BadRecipient(_) => Self::new(422, "bad_recipient", words),
            SendProblem::BadText(_) => Self::new(422, "bad_text", words),
            SendProblem::UnknownMessage => Self::new(404, "unknown_message", words),
            SendProblem::MediaTooLarge { .. } => Self::new(413, "media_too_large", words),
            SendProblem::MediaUnreachable(_) => Self::new(502, "media_unreachable", words),
            SendProblem::BadMedia(_) => Self::new(422, "bad_media", words),
            SendProblem::PacingLimited { retry_after } => {
                let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX);
                Self::new(429, "pacing_limited", words).retry_after_s(seconds.max(1))
            }
            SendProblem::ColdSendBlocked => Self::new(403, "cold_send_blocked", words),
            SendProblem::IdempotencyConflict => Self::new(409, "idempotency_conflict", words),
            SendProblem::Busy(_) => Self::new(503, "busy", words).retry_after_s(1),
            SendProblem::Storage(_) => Self::new(503, "store", words),
        }
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::Unknown { name, known } => unknown(&name, &known),
            BodyProblem::NotKept => Self::new(507, "spool_failed", "The file could not be kept."),
            BodyProblem::Type
            | BodyProblem::Missing(_)
            | BodyProblem::Wrong(..)
            | BodyProblem::Source => Self::new(422, "bad_message", sentence(&problem.to_string())),
        }
    }
}

/// Words of ours as a sentence.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

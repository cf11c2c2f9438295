//! What is told of a message that went out: how far it is (`message.ack`), or that it will not arrive
//! (`message.failed`).

use serde_json::json;

use super::address::{Chat, MessageId};
use super::event::{NewEvent, Payload};
use super::naming::Origin;
use super::outbound::Progress;
use crate::account::AccountId;
use crate::journal::Kind;
use crate::time::UnixMillis;
use crate::ulid::Ulid;
use crate::web::rfc3339;

/// The event of a message of an account that got so far at that time; `None` while it waits.
#[must_use]
pub fn reached(
    box_id: Ulid,
    account: AccountId,
    id: &MessageId,
    chat: &Chat,
    progress: &Progress,
    at: UnixMillis,
) -> Option<NewEvent> {
    let (kind, code) = match progress {
        Progress::Queued => return None,
        Progress::Sent | Progress::Delivered | Progress::Read => (Kind::MessageAck, None),
        Progress::Failed { code } => (Kind::MessageFailed, Some(code)),
    };
    let chat_id = chat.id();
    let name = Origin {
        box_id,
        account,
        chat: &chat_id,
        // Each step of a message is an event of its own.
        sender: progress.word(),
        id: id.as_str(),
    };
    let mut payload = json!({
        "whatsapp_message_id": id.as_str(),
        "chat_id": chat_id,
        "is_group": chat.group().is_some(),
        "status": progress.word(),
        "at": rfc3339::format(at),
    });
    if let Some(code) = code {
        payload["code"] = json!(code);
    }
    Some(NewEvent {
        id: name.event(kind, at),
        kind,
        account: Some(account),
        at: Some(at),
        lane: chat_id,
        payload: Payload(payload),
    })
}

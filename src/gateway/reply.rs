//! What a receiver answers: `{"reply":{…}}` is a message to send, in the form of `POST …/messages`. It is
//! checked like one, and queued in the transaction that removes the delivery. Its ids are made of the
//! event's and the webhook's, so that an answer to an event that was posted twice is sent once.

use std::time::Duration;

use log::{info, warn};
use serde_json::{Map, Value};

use super::Gateway;
use crate::journal::Kind;
use crate::message::body::{self, Around};
use crate::message::outbound::Outbound;
use crate::message::webhook::Delivery;
use crate::message::wish::{SendProblem, SendWish};

/// Events that can be answered: those that somebody in a chat caused.
const ANSWERED: [Kind; 4] = [
    Kind::Message,
    Kind::MessageReaction,
    Kind::MessageEdited,
    Kind::MessageRevoked,
];

/// How long until an answer that could not be queued for the moment is asked for again.
const AGAIN: Duration = Duration::from_secs(5);

impl Gateway {
    /// The messages a receiver wants sent; none if it said nothing, or nothing that can be sent, which is
    /// logged. `Err`: not now; the event is to be posted again after that long.
    pub(super) async fn answers(
        &self,
        delivery: &Delivery,
        answer: &[u8],
    ) -> Result<Vec<Outbound>, Duration> {
        let Some(wish) = self.wish(delivery, answer) else {
            return Ok(Vec::new());
        };
        let mut seed = delivery.event.bits().to_be_bytes().to_vec();
        seed.extend(delivery.id.webhook.0.to_be_bytes());
        match self.prepare(wish, &seed).await {
            Ok(messages) => Ok(messages),
            Err(SendProblem::PacingLimited { retry_after }) => Err(retry_after),
            Err(SendProblem::Busy(_) | SendProblem::Storage(_)) => Err(AGAIN),
            Err(problem) => {
                let code = problem.code();
                warn!("{}: its reply is not sent: {code}", delivery.id.webhook);
                Ok(Vec::new())
            }
        }
    }

    fn wish(&self, delivery: &Delivery, answer: &[u8]) -> Option<SendWish> {
        let account = delivery.account?;
        ANSWERED.iter().find(|kind| kind.word() == delivery.kind)?;
        let reply = reply(answer)?;
        let chat = chat(&delivery.body);
        let names_another = reply
            .get("to")
            .is_some_and(|to| to.as_str() != chat.as_deref());
        let around = Around {
            account,
            to: chat,
            // To somebody else it is a message like any other.
            reply: !names_another,
            idempotency_key: None,
            file: None,
        };
        let mut spool = |bytes: &[u8]| self.spool().keep(bytes).ok().map(|kept| kept.file);
        match body::read(&reply, around, &mut spool) {
            Ok(wish) => Some(wish),
            Err(problem) => {
                // Its words repeat nothing of the answer.
                info!(
                    "{}: its reply cannot be read: {problem}",
                    delivery.id.webhook
                );
                None
            }
        }
    }
}

/// The `reply` of an answer; `None` if it has none, or is something else.
fn reply(answer: &[u8]) -> Option<Map<String, Value>> {
    let Value::Object(mut answer) = serde_json::from_slice(answer).ok()? else {
        return None;
    };
    match answer.remove("reply")? {
        Value::Object(reply) => Some(reply),
        _ => None,
    }
}

/// The chat a delivery is about.
fn chat(body: &str) -> Option<String> {
    let envelope: Value = serde_json::from_str(body).ok()?;
    let chat = envelope.get("payload")?.get("chat_id")?.as_str()?;
    Some(chat.to_owned())
}

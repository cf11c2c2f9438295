//! Messages as the API shows and takes them.
//!
//! Sending and keeping them is not done here: `daemon` hands two closures in. Nothing in this file
//! derives `Debug`, because everything in it is somebody's conversation.

use serde::{Deserialize, Serialize};

use super::fields::no_json;
use super::problem::Problem;
use super::rfc3339;
use crate::account::AccountId;
use crate::time::UnixMillis;

/// Answers the newest messages of an account, at most so many. May block for as long as a look into
/// the database takes. The error is in technical words.
pub type ListMessages =
    Box<dyn Fn(AccountId, usize) -> Result<Vec<MessageView>, String> + Send + Sync>;

/// Takes a text to a recipient (a phone number or a JID) on behalf of an account. May block; it is
/// called from a thread of its own, at most [`crate::limits::HTTP_SENDS`] at once, and has to end
/// by a deadline of its own.
pub type SendMessage =
    Box<dyn Fn(AccountId, &str, &str) -> Result<SendReceipt, SendProblem> + Send + Sync>;

/// A message, for somebody who may read it.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageView {
    /// WhatsApp's id.
    pub id: String,
    /// Who wrote to whom.
    pub direction: Direction,
    /// The JID of the chat.
    pub chat: String,
    /// The text.
    pub text: String,
    /// When, if known.
    pub at: Option<UnixMillis>,
    /// `queued`, `sent`, `delivered`, `read`, `failed` or `received`.
    pub status: &'static str,
}

/// Who wrote to whom.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the account.
    Inbound,
    /// From the account.
    Outbound,
}

/// What a sender gets back.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SendReceipt {
    /// WhatsApp's id of the message.
    pub id: String,
    /// How far it is: `queued` or `sent`.
    pub status: &'static str,
}

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, thiserror::Error, Debug)]
pub enum SendProblem {
    /// The account is not connected.
    #[error("The account is not connected.")]
    NotWorking,
    /// The recipient is neither a phone number nor a JID; why, without repeating it.
    #[error("The recipient cannot be used: {0}.")]
    BadRecipient(&'static str),
    /// The text is empty or longer than WhatsApp takes.
    #[error("A text has 1 to {max} characters.", max = crate::limits::TEXT_MAX)]
    BadText,
    /// Nobody with that number is on WhatsApp.
    #[error("Nobody with this number is on WhatsApp.")]
    NotOnWhatsApp,
    /// Too much is waiting to be sent.
    #[error("Too many messages are waiting.")]
    Busy,
    /// Anything else, in technical words.
    #[error("The message was not sent: {0}")]
    Failed(String),
}

impl From<SendProblem> for Problem {
    fn from(problem: SendProblem) -> Self {
        let (status, code) = match problem {
            SendProblem::NotWorking => (409, "not_working"),
            SendProblem::BadRecipient(_) => (422, "bad_recipient"),
            SendProblem::BadText => (422, "bad_text"),
            SendProblem::NotOnWhatsApp => (404, "not_on_whatsapp"),
            SendProblem::Busy => (503, "busy"),
            SendProblem::Failed(_) => (502, "send_failed"),
        };
        let answer = Self::new(status, code, problem.to_string());
        match problem {
            SendProblem::Busy => answer.retry_after_s(1),
            _ => answer,
        }
    }
}

/// The body of `POST …/messages`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendBody {
    /// A phone number or a JID.
    pub to: String,
    #[serde(rename = "type")]
    _kind: Kind,
    /// The text.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Text,
}

impl SendBody {
    /// Parses a body. The words of the error never repeat a value of it.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let parsed: Self =
            serde_json::from_slice(body).map_err(|error| match error.classify() {
                serde_json::error::Category::Data => Problem::new(
                    422,
                    "bad_message",
                    "Send exactly `to`, `type` (\"text\") and `text`, all of them texts.",
                ),
                _ => no_json(&error),
            })?;
        if parsed.to.trim().is_empty() || parsed.text.trim().is_empty() {
            return Err(Problem::new(
                422,
                "bad_message",
                "`to` and `text` must not be empty.",
            ));
        }
        Ok(parsed)
    }
}

/// The answer of `GET …/messages`.
#[derive(Serialize)]
pub(super) struct ListBody {
    data: Vec<MessageBody>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct MessageBody {
    id: String,
    direction: Direction,
    chat: String,
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
    at: Option<String>,
    status: &'static str,
}

impl From<Vec<MessageView>> for ListBody {
    fn from(messages: Vec<MessageView>) -> Self {
        let data = messages.into_iter().map(|message| MessageBody {
            id: message.id,
            direction: message.direction,
            chat: message.chat,
            kind: "text",
            text: message.text,
            at: message.at.map(rfc3339::format),
            status: message.status,
        });
        Self {
            data: data.collect(),
            next_cursor: None,
        }
    }
}

//! A message as it came in, whoever wrote it: somebody else, or the owner on their phone.

use serde::{Deserialize, Serialize};

use super::address::{Chat, MessageId, Person};
use super::content::{Content, Quoted};
use crate::time::UnixMillis;

/// A message as it came in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Inbound {
    /// WhatsApp's id.
    pub id: MessageId,
    /// Where it belongs.
    pub chat: Chat,
    /// Who wrote it.
    pub sender: Person,
    /// The owner wrote it, on another of their devices.
    pub from_me: bool,
    /// The name the sender gives themselves.
    pub name: Option<String>,
    /// The group's name, if it is one and its name is known.
    pub group_name: Option<String>,
    /// When it was sent, as WhatsApp's server says, to the second.
    pub at: UnixMillis,
    /// It waited at the service while we were away.
    pub offline: bool,
    /// What it says.
    pub content: Content,
    /// Who is mentioned in it.
    pub mentioned: Vec<Person>,
    /// What it answers.
    pub quoted: Option<Quoted>,
}

/// What is heard of a message we sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The chat it was sent to.
    pub chat: Chat,
    /// Which messages.
    pub ids: Vec<MessageId>,
    /// Who says so: in a group, one of many.
    pub by: Option<Person>,
    /// How far they are.
    pub state: ReceiptState,
}

/// How far a message is, by a receipt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReceiptState {
    /// WhatsApp's server has it.
    Server,
    /// The recipient's device has it.
    Delivered,
    /// They have seen it (or played it).
    Read,
}

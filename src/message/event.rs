//! What is told to webhooks and streams beside the state of accounts: kind, payload, and name.

use std::fmt;

use crate::account::AccountId;
use crate::journal::Kind;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// Something to tell. Its name is made of what happened, so that hearing the same thing twice from
/// WhatsApp gives the same name twice.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its name.
    pub id: Ulid,
    /// Its kind.
    pub kind: Kind,
    /// Whom it is about; `None`: the box.
    pub account: Option<AccountId>,
    /// When it happened.
    pub at: Option<UnixMillis>,
    /// What keeps its order: a chat's address, or empty.
    pub lane: String,
    /// The payload.
    pub payload: Payload,
}

/// Its lane is somebody's address.
impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewEvent({} evt_{})", self.kind.word(), self.id)
    }
}

/// The `payload` of an envelope: JSON of somebody's conversation. `Debug` shows its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(pub serde_json::Value);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(…)")
    }
}

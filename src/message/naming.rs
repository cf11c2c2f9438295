//! Names that are made of what happened: of events, and of the messages we answer with. Hearing the
//! same message again gives the same names again, also after everything about it was forgotten.

use sha2::{Digest, Sha256};

use super::address::MessageId;
use super::inbound::Inbound;
use crate::account::AccountId;
use crate::journal::Kind;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// What makes a message of one box different from every other.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The box.
    pub box_id: Ulid,
    /// The account.
    pub account: AccountId,
    /// The chat's address.
    pub chat: &'a str,
    /// The sender's address.
    pub sender: &'a str,
    /// WhatsApp's id of the message.
    pub id: &'a str,
}

impl<'a> Origin<'a> {
    /// Of a message; `chat` and `sender` are its addresses.
    #[must_use]
    pub fn new(
        box_id: Ulid,
        account: AccountId,
        chat: &'a str,
        sender: &'a str,
        inbound: &'a Inbound,
    ) -> Self {
        Self {
            box_id,
            account,
            chat,
            sender,
            id: inbound.id.as_str(),
        }
    }

    /// The name of an event of that kind: the time of what happened, and 80 bits of SHA-256.
    #[must_use]
    pub fn event(self, kind: Kind, at: UnixMillis) -> Ulid {
        let digest = self.digest(kind.word());
        let bits = digest[..10]
            .iter()
            .fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Ulid::new(at.0, bits)
    }

    /// The id of a message of ours that this one causes, in the form of WhatsApp's web client: `3EB0` and
    /// 18 hexadecimal digits. `purpose` tells several apart.
    #[must_use]
    pub fn answer(self, purpose: &str) -> Option<MessageId> {
        use std::fmt::Write as _;
        let mut id = String::from("3EB0");
        for byte in &self.digest(purpose)[..9] {
            // A `String` takes everything.
            let _ = write!(id, "{byte:02X}");
        }
        id.parse().ok()
    }

    /// Each part with its length before it, so that no two lists of parts read the same.
    fn digest(self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.box_id.bits().to_be_bytes());
        hash.update(self.account.0.to_be_bytes());
        for part in [self.chat, self.sender, self.id, purpose] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

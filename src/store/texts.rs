//! Texts in the words of before the gateway, for callers that do not speak its words yet. To be deleted
//! with the last of them.

use super::error::Result;
use super::kept::KeptMessage;
use super::ring::{Ring, refuse_deleted};
use super::{Store, people};
use crate::account::AccountId;
use crate::message::content::Content;
use crate::message::outbound::Progress;
use crate::time::UnixMillis;

/// One text.
#[derive(Clone)]
pub struct StoredMessage {
    /// WhatsApp's id.
    pub id: String,
    /// The chat's address.
    pub chat: String,
    /// Whether the account itself sent it.
    pub from_me: bool,
    /// The sender's address.
    pub sender: String,
    /// When it was sent, in seconds since 1970-01-01 UTC.
    pub timestamp_s: i64,
    /// What it says.
    pub text: String,
}

impl StoredMessage {
    /// As the ring keeps it; `None` for what belongs to no chat.
    pub(super) fn into_kept(self) -> Option<KeptMessage> {
        let seconds = u64::try_from(self.timestamp_s).unwrap_or(0);
        let sender = self.sender.parse().ok();
        Some(KeptMessage {
            place: 0,
            id: self.id.parse().ok()?,
            chat: self.chat.parse().ok()?,
            sender: if self.from_me { None } else { Some(sender?) },
            from_me: self.from_me,
            name: None,
            group_name: None,
            at: UnixMillis(seconds.saturating_mul(1000)),
            content: Content::Text { text: self.text },
            quoted: None,
            // Only what was sent was kept.
            progress: self.from_me.then_some(Progress::Sent),
            progress_at: None,
            event: None,
        })
    }
}

impl Store {
    /// Appends texts to the ring.
    ///
    /// # Errors
    /// [`super::StoreError`]; then all or none of them may be there.
    pub async fn append_messages(
        &self,
        account: AccountId,
        messages: Vec<StoredMessage>,
    ) -> Result<usize> {
        self.write(move |tx| {
            refuse_deleted(tx, account.0)?;
            let mut ring = Ring::load(tx, account.0)?;
            let mut new = 0;
            for message in messages.clone() {
                let Some(mut kept) = message.into_kept() else {
                    continue;
                };
                kept.chat = people::resolve_chat(tx, account.0, kept.chat)?;
                let sender = kept.sender.as_ref();
                if !ring.has(tx, &kept.id, "text", &kept.chat, sender)? {
                    ring.append(tx, kept)?;
                    new += 1;
                }
            }
            ring.trim(tx)?;
            Ok(new)
        })
        .await
    }
}

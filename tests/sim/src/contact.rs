//! Somebody with a phone of their own: writes to linked accounts and reads what they write.
//!
//! Their messages go through real Signal sessions with each companion of the account they write to,
//! and wait at the service while a companion is away.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wacore_binary::Jid;

use crate::event_log::{Event, TimedOut};
use crate::service::Shared;

/// A text that was read on a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The device it came from.
    pub from: Jid,
    /// The message's id.
    pub id: String,
    /// What it says.
    pub body: String,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("id", &self.id)
            .field("letters", &self.body.chars().count())
            .finish_non_exhaustive()
    }
}

/// A contact.
#[derive(Clone)]
pub struct Contact {
    shared: Arc<Shared>,
    number: String,
}

impl Contact {
    pub(crate) fn new(shared: Arc<Shared>, number: &str) -> Self {
        Self {
            shared,
            number: number.to_owned(),
        }
    }

    /// The contact's number, digits only.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Writes `body` to the account with that number. Returns the message's id.
    #[allow(clippy::must_use_candidate, reason = "the text is sent all the same")]
    pub fn send_text(&self, to: &str, body: &str) -> String {
        self.shared.lock().write_text(&self.number, to, body)
    }

    /// Waits for the next text that this contact has been sent.
    ///
    /// # Errors
    /// [`TimedOut`] when none comes within `deadline`.
    pub fn wait_text(&self, deadline: Duration) -> Result<Text, TimedOut> {
        loop {
            let from = self.shared.log.len();
            if let Some(text) = self.take_text() {
                return Ok(text);
            }
            self.shared.log.wait_until(deadline, |events| {
                events[from..]
                    .iter()
                    .any(|event| matches!(event, Event::TextRead { to, .. } if *to == self.number))
                    .then_some(())
            })?;
        }
    }

    fn take_text(&self) -> Option<Text> {
        let mut state = self.shared.lock();
        let inbox = &mut state.accounts.get_mut(&self.number)?.inbox;
        (!inbox.is_empty()).then(|| inbox.remove(0))
    }
}

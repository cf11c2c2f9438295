//! Somebody with a phone of their own: writes to linked accounts and reads what they write.
//!
//! Their messages go through real Signal sessions with each companion of the account they write to,
//! and wait at the service while a companion is away. `to` is a number (digits only) or the address
//! of a group.

use std::sync::Arc;
use std::time::Duration;

use wacore_binary::Jid;
use waproto::whatsapp as wa;

use crate::compose::{self, Attachment};
use crate::event_log::{Event, TimedOut};
use crate::reading::{Content, Received, Text};
use crate::service::Shared;

/// Under what addresses somebody's messages come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Appears {
    /// From the number, and nothing tells the hidden one.
    Number,
    /// From the number, with the hidden one beside it (`sender_lid`).
    #[default]
    NumberWithHidden,
    /// From the hidden number, with the number beside it (`sender_pn`).
    HiddenWithNumber,
    /// From the hidden number, and nothing tells the number.
    Hidden,
}

/// What a phone tells the sender of a message by itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Manner {
    /// Nothing: as if the phone were off, though it reads.
    Silent,
    /// That the message arrived.
    #[default]
    Delivered,
    /// That it arrived and was read.
    Read,
    /// That it arrived, was read, and, if it is a voice note, played.
    Played,
}

/// In what order messages that were held back go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// As they were written.
    Written,
    /// The last first.
    Backwards,
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

    /// The address by number.
    #[must_use]
    pub fn jid(&self) -> Jid {
        Jid::pn(self.number.as_str())
    }

    /// The address by hidden number.
    ///
    /// # Panics
    /// Never: a contact has an account.
    #[must_use]
    pub fn lid(&self) -> Jid {
        let state = self.shared.lock();
        #[allow(clippy::expect_used, reason = "accounts are not removed")]
        let account = state.accounts.get(&self.number).expect("an account");
        account.lid_jid()
    }

    /// From now on their messages come from these addresses.
    pub fn appears(&self, appears: Appears) {
        self.with_account(|account| account.appears = appears);
    }

    /// From now on the phone tells senders that much.
    pub fn behaves(&self, manner: Manner) {
        self.with_account(|account| account.manner = manner);
    }

    /// Writes `body` to the account with that number. Returns the message's id.
    #[allow(clippy::must_use_candidate, reason = "the text is sent all the same")]
    pub fn send_text(&self, to: &str, body: &str) -> String {
        self.send(to, compose::text(body))
    }

    /// Sends a message of any kind ([`crate::compose`]). Returns its id.
    #[allow(
        clippy::must_use_candidate,
        clippy::needless_pass_by_value,
        reason = "the message is sent all the same, and made for it"
    )]
    pub fn send(&self, to: &str, message: wa::Message) -> String {
        self.shared.lock().write(&self.number, to, &message)
    }

    /// Sends a message under an id that was used before: encrypted anew, it is a duplicate that only
    /// its id shows.
    #[allow(clippy::needless_pass_by_value, reason = "as for `send`")]
    pub fn send_as(&self, id: &str, to: &str, message: wa::Message) {
        self.shared.lock().write_as(&self.number, to, id, &message);
    }

    /// What was sent under that id goes out to companions once more, the same bytes.
    pub fn send_again(&self, id: &str) {
        self.shared.lock().send_again(&self.number, id);
    }

    /// Leaves a file at the media server and gives the message that carries it.
    #[must_use]
    pub fn attach(&self, attachment: &Attachment) -> wa::Message {
        self.shared.lock().attach(attachment)
    }

    /// What they write from now on waits until [`Contact::release`]. Encrypted at once, it can go out
    /// in another order.
    pub fn hold(&self) {
        self.shared.lock().hold(&self.number);
    }

    /// Lets out what was held back.
    pub fn release(&self, order: Order) {
        self.shared.lock().release(&self.number, order);
    }

    /// Spoils the next `times` encryptions of theirs for companions: nobody can read them. A companion
    /// that asks again gets the message anew, spoiled as well if there are `times` left.
    pub fn spoil(&self, times: u32) {
        self.with_account(|account| account.spoil = times);
    }

    /// From the next message on, theirs are encrypted with a new sender key in every group.
    pub fn rotate_sender_keys(&self) {
        self.with_account(|account| account.group_keys.clear());
    }

    /// Tells the sender of a message that it was read.
    pub fn mark_read(&self, message: &Received) {
        self.tell(message, "read");
    }

    /// Tells the sender of a voice note that it was played.
    pub fn mark_played(&self, message: &Received) {
        self.tell(message, "played");
    }

    fn tell(&self, message: &Received, kind: &'static str) {
        let mut state = self.shared.lock();
        if let Some(to) = state.resolve(&message.from) {
            let chat = message.group.as_ref().unwrap_or(&message.addressed);
            state.tell_sender(&self.number, &to, chat, &message.id, kind);
        }
    }

    /// Waits for the next text that this contact has been sent; what comes before it and is no text
    /// stays for [`Contact::wait_message`].
    ///
    /// # Errors
    /// [`TimedOut`] when none comes within `deadline`.
    pub fn wait_text(&self, deadline: Duration) -> Result<Text, TimedOut> {
        let read = self.wait_for(deadline, |read| read.text().is_some())?;
        let Content::Text(body) = read.content else {
            unreachable!("only texts were asked for");
        };
        Ok(Text {
            from: read.from,
            id: read.id,
            body,
        })
    }

    /// Waits for the next message of any kind.
    ///
    /// # Errors
    /// [`TimedOut`] when none comes within `deadline`.
    pub fn wait_message(&self, deadline: Duration) -> Result<Received, TimedOut> {
        self.wait_for(deadline, |_| true)
    }

    /// Everything that was read and not taken yet, oldest first.
    #[must_use]
    pub fn take_messages(&self) -> Vec<Received> {
        let mut taken = Vec::new();
        self.with_account(|account| taken = std::mem::take(&mut account.inbox));
        taken
    }

    fn wait_for(
        &self,
        deadline: Duration,
        wanted: impl Fn(&Received) -> bool,
    ) -> Result<Received, TimedOut> {
        let mut from = self.shared.log.len();
        loop {
            if let Some(read) = self.take(&wanted) {
                return Ok(read);
            }
            let read_here = |event: &Event| {
                let (Event::MessageRead { to, .. } | Event::TextRead { to, .. }) = event else {
                    return false;
                };
                *to == self.number
            };
            from = self.shared.log.wait_until(deadline, |events| {
                let at = events[from..].iter().position(read_here);
                let found = at.map(|at| from + at + 1);
                if found.is_none() {
                    from = events.len();
                }
                found
            })?;
        }
    }

    fn take(&self, wanted: impl Fn(&Received) -> bool) -> Option<Received> {
        let mut state = self.shared.lock();
        let inbox = &mut state.accounts.get_mut(&self.number)?.inbox;
        let at = inbox.iter().position(wanted)?;
        Some(inbox.remove(at))
    }

    fn with_account(&self, change: impl FnOnce(&mut crate::service::Account)) {
        if let Some(account) = self.shared.lock().accounts.get_mut(&self.number) {
            change(account);
        }
    }
}

//! The owner's phone as the box sees it: what counts as a sign of life, and how to ask for one.
//!
//! WhatsApp unlinks a box whose phone was away for about 14 days, and tells nobody how long it was.
//! What counts: a message sent by device 0 of our own account (the phone is device 0, for ever), and a
//! receipt from it (the owner reads on the phone; the phone took a question of ours). What does not:
//! app-state changes, which every other companion makes as well; notifications about our device list,
//! which the service makes; and anything that waited at the service for longer than an hour.
//!
//! A phone in a drawer that is on and never used says nothing of itself, so after
//! [`limits::PHONE_ASKED_AFTER`] it is asked for one old message. Its receipt, or its answer, is the
//! sign. That the real phone answers such a question is what whatsapp-rust and whatsmeow rely on for
//! history; that it does so for us was not seen with a real account.

use std::sync::Arc;

use whatsapp_rust::wacore::types::events::Receipt;
use whatsapp_rust::wacore::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::{Client, Jid, anyhow};

use crate::account::AccountId;
use crate::limits;
use crate::store::{MessageFilter, Store};
use crate::time::UnixMillis;

/// The phone itself, among the devices of an account.
const PHONE: u16 = 0;

/// Whether our own phone sent this message, lately.
#[must_use]
pub fn sent(info: &MessageInfo, wall: Option<UnixMillis>) -> bool {
    let MessageSource {
        sender, is_from_me, ..
    } = &info.source;
    *is_from_me && sender.device == PHONE && lately(info.timestamp.timestamp(), wall)
}

/// Whether our own phone (`own`: its number and hidden number) sent this receipt, lately.
#[must_use]
pub fn receipted(receipt: &Receipt, own: [Option<Jid>; 2], wall: Option<UnixMillis>) -> bool {
    let sender = &receipt.source.sender;
    let ours = own
        .into_iter()
        .flatten()
        .any(|own| own.user == sender.user && own.server == sender.server);
    ours && sender.device == PHONE && lately(receipt.timestamp.timestamp(), wall)
}

/// Whether a time of the service, in seconds since 1970, is not too long ago. Nobody can tell without
/// a clock.
fn lately(seconds: i64, wall: Option<UnixMillis>) -> bool {
    wall.is_some_and(|now| {
        let then = u64::try_from(seconds).unwrap_or(0).saturating_mul(1000);
        u128::from(now.0.saturating_sub(then)) < limits::PHONE_TOLD.as_millis()
    })
}

/// When to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// The last sign of life, or since when there could have been one.
    seen: Option<UnixMillis>,
    asked: Option<UnixMillis>,
}

impl Question {
    /// For a phone that was last seen then, if that is known.
    #[must_use]
    pub fn new(seen: Option<UnixMillis>) -> Self {
        Self { seen, asked: None }
    }

    /// It was seen then, if at all: later than what is known, that ends the asking.
    pub fn seen(&mut self, then: Option<UnixMillis>) {
        if then > self.seen {
            self.seen = then;
            self.asked = None;
        }
    }

    /// Whether it is time; then it counts as asked.
    pub fn is_due(&mut self, wall: Option<UnixMillis>) -> bool {
        let Some(now) = wall else {
            return false;
        };
        let since = |then: UnixMillis| u128::from(now.0.saturating_sub(then.0));
        let seen = *self.seen.get_or_insert(now);
        let silent = since(seen) >= limits::PHONE_ASKED_AFTER.as_millis();
        let again = self
            .asked
            .is_none_or(|asked| since(asked) >= limits::PHONE_ASKED_EVERY.as_millis());
        let due = silent && again;
        if due {
            self.asked = Some(now);
        }
        due
    }
}

/// Asks the phone for the message before the last one the box knows. False when the box knows none:
/// then there is nothing to ask for.
///
/// # Errors
/// The question could not be sent.
pub async fn ask(client: &Arc<Client>, store: &Store, account: AccountId) -> anyhow::Result<bool> {
    let Some(last) = store.messages(account, MessageFilter::newest(1))?.pop() else {
        return Ok(false);
    };
    let chat: Jid = last.chat.id().parse()?;
    let milliseconds = i64::try_from(last.at.0)?;
    client
        .fetch_message_history(&chat, last.id.as_str(), last.from_me, milliseconds, 1)
        .await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600 * 1000;
    const START: u64 = 1_800_000_000_000;

    #[allow(clippy::unnecessary_wraps, reason = "as it is asked for")]
    fn at(milliseconds: u64) -> Option<UnixMillis> {
        Some(UnixMillis(START + milliseconds))
    }

    #[test]
    fn a_silent_phone_is_asked_after_three_days_and_then_daily() {
        let mut question = Question::new(at(0));
        assert!(!question.is_due(None), "without a clock nobody knows");
        assert!(!question.is_due(at(3 * DAY - 1)));
        assert!(question.is_due(at(3 * DAY)));
        assert!(!question.is_due(at(4 * DAY - 1)));
        assert!(question.is_due(at(4 * DAY)));
        question.seen(at(4 * DAY + 1));
        assert!(!question.is_due(at(7 * DAY)));
        assert!(question.is_due(at(7 * DAY + 1)));
    }

    #[test]
    fn a_phone_that_was_never_seen_is_given_the_same_time() {
        let mut question = Question::default();
        assert!(!question.is_due(at(0)));
        assert!(question.is_due(at(3 * DAY)));
    }

    #[test]
    fn old_news_is_none() {
        let now = i64::try_from(START / 1000).unwrap();
        assert!(lately(now, at(0)));
        assert!(lately(now + 5, at(0)), "their clock is ahead");
        assert!(!lately(now - 3600, at(0)));
        assert!(!lately(now, None));
    }

    #[test]
    fn only_device_zero_of_our_own_account_is_the_phone() {
        let own = || [Some(Jid::pn("15550001111")), Some(Jid::lid("9001"))];
        let receipt = |sender: Jid| {
            let source = MessageSource {
                sender,
                ..MessageSource::default()
            };
            let timestamp = i64::try_from(START / 1000).unwrap();
            let timestamp = whatsapp_rust::wacore::time::from_secs(timestamp).unwrap();
            Receipt::builder()
                .source(source)
                .message_ids(vec!["3A".to_owned()])
                .timestamp(timestamp)
                .r#type(whatsapp_rust::types::presence::ReceiptType::Read)
                .offline(false)
                .build()
        };
        for (sender, wanted) in [
            (Jid::pn("15550001111"), true),
            (Jid::lid("9001"), true),
            (Jid::pn_device("15550001111", 3), false),
            (Jid::pn("15550002222"), false),
            // A hidden number is no number.
            (Jid::pn("9001"), false),
        ] {
            assert_eq!(receipted(&receipt(sender), own(), at(0)), wanted);
        }
    }
}

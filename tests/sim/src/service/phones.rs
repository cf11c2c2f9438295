//! What phones do with messages they are handed: decrypt, understand, keep, and tell the sender.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt as _, Node};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message;

use super::state::State;
use crate::clock;
use crate::contact::Manner;
use crate::event_log::Event;
use crate::party::{Address, Unreadable};
use crate::reading::{self, Content, Received};
use crate::refusal::Refusal;
use crate::stanza::holding;

/// How often a phone or a companion is sent the same message again because it could not be read.
pub(crate) const RETRIES: u64 = 5;

impl State {
    /// The phone with that number is handed an encrypted message, written to `chat`.
    pub(crate) fn read(
        &mut self,
        number: &str,
        from: &Address,
        chat: &Jid,
        id: &str,
        (kind, bytes): (&str, &[u8]),
    ) {
        let Some(account) = self.accounts.get_mut(number) else {
            return;
        };
        let key = (from.clone(), id.to_owned());
        let opened = if kind == "skmsg" {
            account.party.open_in_group(&chat.to_string(), from, bytes)
        } else {
            account.party.open(from, kind, bytes)
        };
        match opened {
            Ok(message) => {
                self.accept(number, from, chat, id, &message);
            }
            // The sender did not hear that it arrived.
            Err(Unreadable::Duplicate) if account.read.contains(&key) => {
                self.phone_receipt(number, from, chat, id, None);
            }
            Err(why) => self.cannot_read(number, from, chat, id, &why),
        }
    }

    /// The phone has decrypted a message.
    fn accept(
        &mut self,
        number: &str,
        from: &Address,
        chat: &Jid,
        id: &str,
        message: &wa::Message,
    ) {
        self.learn(number, from, message);
        let key = (from.clone(), id.to_owned());
        let account = self.accounts.get_mut(number);
        let fresh = account.is_some_and(|account| account.read.insert(key));
        if fresh {
            self.understand(number, from, chat, id, message);
        }
        self.phone_receipt(number, from, chat, id, None);
        if fresh {
            self.mannered_receipts(number, from, chat, id, message);
        }
    }

    /// Part of a group message, for that phone alone: the sender's key.
    pub(crate) fn read_key(
        &mut self,
        number: &str,
        from: &Address,
        group: &str,
        kind: &str,
        bytes: &[u8],
    ) {
        let Some(account) = self.accounts.get_mut(number) else {
            return;
        };
        match account.party.open(from, kind, bytes) {
            Ok(message) => self.learn(number, from, &message),
            Err(why) => log::warn!("{number} cannot read a sender key for {group}: {why}"),
        }
    }

    /// Takes the sender key out of a message that brings one.
    fn learn(&mut self, number: &str, from: &Address, message: &wa::Message) {
        let Some(told) = message.sender_key_distribution_message.as_option() else {
            return;
        };
        let (Some(group), Some(key)) = (
            &told.group_id,
            &told.axolotl_sender_key_distribution_message,
        ) else {
            return;
        };
        let account = self.accounts.get_mut(number);
        let learnt = account.map(|account| account.party.learn_group_key(group, from, key));
        if let Some(Err(why)) = learnt {
            log::warn!("a sender key is not in order: {why}");
        }
    }

    fn cannot_read(
        &mut self,
        number: &str,
        from: &Address,
        chat: &Jid,
        id: &str,
        why: &Unreadable,
    ) {
        if matches!(why, Unreadable::OneTimeKeyUsed) {
            self.event(Event::Refused {
                conn: None,
                why: Refusal::OneTimeKeyUsedAgain,
            });
        }
        self.event(Event::Unreadable {
            to: number.to_owned(),
            from: Jid::pn_device(from.number.as_str(), from.device),
            id: id.to_owned(),
            why: why.to_string(),
        });
        let key = (from.clone(), id.to_owned());
        let asked = self.accounts.get_mut(number).map_or(0, |account| {
            let asked = account.asked_again.entry(key).or_default();
            *asked += 1;
            *asked
        });
        if (1..=RETRIES).contains(&asked) {
            self.phone_receipt(number, from, chat, id, Some(asked));
        }
    }

    /// The phone acts on what it read.
    fn understand(
        &mut self,
        number: &str,
        from: &Address,
        chat: &Jid,
        id: &str,
        message: &wa::Message,
    ) {
        let jid = Jid::pn_device(from.number.as_str(), from.device);
        let message = message
            .device_sent_message
            .as_option()
            .and_then(|sent| sent.message.as_option())
            .unwrap_or(message);
        let protocol = message
            .protocol_message
            .as_option()
            .and_then(|it| it.r#type);
        if protocol == Some(protocol_message::Type::APP_STATE_SYNC_KEY_REQUEST) {
            self.share_keys(from);
            return;
        }
        if protocol == Some(protocol_message::Type::PEER_DATA_OPERATION_REQUEST_MESSAGE) {
            self.questioned(number, from, &jid, id);
            return;
        }
        let content = reading::content(message, |file| self.media.open(file));
        let context = reading::context(message);
        let text = matches!(content, Content::Text(_));
        let received = Received {
            from: jid.clone(),
            group: chat.is_group().then(|| chat.clone()),
            addressed: chat.clone(),
            id: id.to_owned(),
            content,
            quoted: context.and_then(|context| context.stanza_id.clone()),
            mentions: context.map_or_else(Vec::new, |context| context.mentioned_jid.clone()),
            message: message.clone(),
        };
        if let Some(account) = self.accounts.get_mut(number) {
            account.inbox.push(received);
        }
        let (to, id) = (number.to_owned(), id.to_owned());
        self.event(if text {
            Event::TextRead { to, from: jid, id }
        } else {
            Event::MessageRead { to, from: jid, id }
        });
    }

    /// The phone tells a companion that its message arrived, or asks for it again.
    fn phone_receipt(
        &mut self,
        number: &str,
        to: &Address,
        chat: &Jid,
        id: &str,
        again: Option<u64>,
    ) {
        let Some(account) = self.accounts.get(number) else {
            return;
        };
        let Some(count) = again else {
            // The own phone has a copy; its owner needs no tick for that.
            if number != to.number && account.manner != Manner::Silent {
                self.tell_sender(number, to, chat, id, "");
            }
            return;
        };
        let registration = account.party.published.registration_id;
        let retry = NodeBuilder::new("retry")
            .attr("v", 1_u8)
            .attr("count", count)
            .attr("id", id)
            .attr("t", clock::unix_seconds())
            .build();
        let registration = holding("registration", registration.to_be_bytes());
        let receipt = self
            .receipt_of(number, to, chat, id)
            .attr("type", "retry")
            .children([retry, registration]);
        self.deliver(to, "receipt", id, receipt.build());
    }

    /// What the phone tells by itself once its owner has looked.
    fn mannered_receipts(
        &mut self,
        number: &str,
        from: &Address,
        chat: &Jid,
        id: &str,
        message: &wa::Message,
    ) {
        let manner = self.accounts.get(number).map(|account| account.manner);
        if number == from.number || !matches!(manner, Some(Manner::Read | Manner::Played)) {
            return;
        }
        self.tell_sender(number, from, chat, id, "read");
        let audio = message.audio_message.as_option();
        let voice = audio.is_some_and(|audio| audio.ptt == Some(true));
        if manner == Some(Manner::Played) && voice {
            self.tell_sender(number, from, chat, id, "played");
        }
    }

    /// A receipt of that kind; empty: delivered.
    pub(crate) fn tell_sender(
        &mut self,
        number: &str,
        to: &Address,
        chat: &Jid,
        id: &str,
        kind: &'static str,
    ) {
        let mut receipt = self.receipt_of(number, to, chat, id);
        if !kind.is_empty() {
            receipt = receipt.attr("type", kind);
        }
        let receipt: Node = receipt.build();
        self.deliver(to, "receipt", id, receipt);
    }

    /// The receipt of a phone, named as the sender addressed it.
    fn receipt_of(&self, number: &str, to: &Address, chat: &Jid, id: &str) -> NodeBuilder {
        let receipt = NodeBuilder::new("receipt")
            .attr("id", id)
            .attr("t", clock::unix_seconds());
        let Some(account) = self.accounts.get(number) else {
            return receipt;
        };
        if number == to.number {
            return receipt.attr("from", account.jid());
        }
        let group = self.groups.get(&chat.to_string());
        match group {
            Some(group) => receipt
                .attr("from", chat)
                .attr("participant", account.address(0, group.hidden)),
            None => receipt.attr("from", account.address(0, chat.is_lid())),
        }
    }
}

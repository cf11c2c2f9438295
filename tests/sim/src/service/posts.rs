//! What phones write: encrypted for each device that is to read it, and queued there.

use wacore_binary::{Jid, JidExt as _, Node};
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use super::account::Account;
use super::envelope::{Envelope, Place};
use super::messages::enc;
use super::phones::RETRIES;
use super::state::State;
use crate::bundle::Bundle;
use crate::compose;
use crate::contact::Appears;
use crate::event_log::Event;
use crate::keys;
use crate::party::{Address, Sealed};
use crate::stanza::Stanza;

/// What a phone sent.
pub(crate) struct Sent {
    pub(crate) message: wa::Message,
    /// A number or a group's address.
    pub(crate) to: String,
    /// The stanzas, for those who are to get them once more.
    pub(crate) nodes: Vec<(Address, Node)>,
}

/// A message to be queued with many others ([`crate::Service::post`]).
#[derive(Clone, Debug)]
pub struct Letter {
    /// The number of who writes.
    pub from: String,
    /// A number, or the address of a group.
    pub to: String,
    /// What.
    pub message: wa::Message,
}

impl State {
    /// A phone writes to a number or into a group. Returns the message's id.
    pub(crate) fn write(&mut self, from: &str, to: &str, message: &wa::Message) -> String {
        let id = message_id();
        self.write_as(from, to, &id, message);
        id
    }

    /// The same, under a given id.
    pub(crate) fn write_as(&mut self, from: &str, to: &str, id: &str, message: &wa::Message) {
        self.remember(from, to, id, message.clone());
        if to.contains('@') {
            self.post_in_group(from, to, id, message);
            return;
        }
        if from != to {
            let (sender, phone) = (Address::new(from, 0), Address::new(to, 0));
            if let Some(sealed) = self.seal(from, &phone, message) {
                let chat = Jid::pn(to);
                self.read(to, &sender, &chat, id, (sealed.kind, &sealed.bytes));
            }
        }
        self.post(from, to, id, message);
        if from != to {
            self.copy_to_own(from, to, id, message);
        }
    }

    /// One of many: only companions get it, phones are off.
    pub(crate) fn write_quietly(&mut self, letter: Letter) -> String {
        let id = message_id();
        let Letter { from, to, message } = letter;
        if to.contains('@') {
            self.post_in_group(&from, &to, &id, &message);
        } else {
            self.post(&from, &to, &id, &message);
        }
        self.remember(&from, &to, &id, message);
        id
    }

    fn remember(&mut self, from: &str, to: &str, id: &str, message: wa::Message) {
        if let Some(account) = self.accounts.get_mut(from) {
            let sent = Sent {
                message,
                to: to.to_owned(),
                nodes: Vec::new(),
            };
            account.sent.insert(id.to_owned(), sent);
        }
    }

    /// Encrypts a message for every companion of `to`.
    fn post(&mut self, from: &str, to: &str, id: &str, message: &wa::Message) {
        for device in self.companions(to) {
            let envelope = Envelope::of(id, message, Place::Direct(None));
            self.send_sealed(from, &device, &envelope, message);
        }
    }

    /// The sender's own companions get a copy.
    fn copy_to_own(&mut self, from: &str, to: &str, id: &str, message: &wa::Message) {
        let to = self.address_of(to);
        let copy = device_sent(&to, message);
        for device in self.companions(from) {
            let envelope = Envelope::of(id, message, Place::Direct(Some(&to)));
            self.send_sealed(from, &device, &envelope, &copy);
        }
    }

    /// How that number is written to: by hidden number if nothing else is known of it.
    fn address_of(&self, number: &str) -> Jid {
        let account = self.accounts.get(number);
        let hidden = account.filter(|account| {
            matches!(account.appears, Appears::Hidden | Appears::HiddenWithNumber)
        });
        hidden.map_or_else(|| Jid::pn(number), Account::lid_jid)
    }

    /// Encrypts a message for all companions in a group, with the sender key for those who lack it.
    fn post_in_group(&mut self, from: &str, group: &str, id: &str, message: &wa::Message) {
        let Ok(jid) = group.parse::<Jid>() else {
            return;
        };
        let members: Vec<String> = match self.groups.get(group) {
            Some(group) if group.members.contains_key(from) => {
                group.members.keys().cloned().collect()
            }
            _ => return,
        };
        let Some((key, sealed)) = self.seal_for_group(from, group, message) else {
            return;
        };
        let common = enc("skmsg", &sealed, compose::media_type(message));
        for number in members {
            for device in self.companions(&number) {
                let mut encs = Vec::new();
                let knows = self.accounts.get_mut(from).is_some_and(|account| {
                    let told = account.group_keys.entry(group.to_owned()).or_default();
                    !told.insert(device.clone())
                });
                if !knows && let Some(sealed) = self.seal(from, &device, &telling(group, &key)) {
                    encs.push(enc(sealed.kind, &sealed.bytes, None));
                }
                encs.push(self.spoilt(from, common.clone()));
                let envelope = Envelope::of(id, message, Place::Group(&jid));
                self.forward(&Address::new(from, 0), &device, &envelope, encs);
            }
            // What contacts write to each other is not encrypted: nothing of a companion is in it.
        }
    }

    /// The sender key, new if the phone has none for this group, and the message encrypted with it.
    fn seal_for_group(
        &mut self,
        from: &str,
        group: &str,
        message: &wa::Message,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let own = Address::new(from, 0);
        let account = self.accounts.get_mut(from)?;
        if !account.group_keys.contains_key(group) {
            account.party.forget_group_key(group, &own);
        }
        let key = account.party.group_key(group, &own).ok()?;
        let sealed = account.party.seal_for_group(group, &own, message).ok()?;
        Some((key, sealed))
    }

    /// Encrypts for one companion and puts it in its queue.
    fn send_sealed(
        &mut self,
        from: &str,
        to: &Address,
        envelope: &Envelope<'_>,
        message: &wa::Message,
    ) {
        let Some(sealed) = self.seal(from, to, message) else {
            return;
        };
        let media = compose::media_type(message);
        let enc = self.spoilt(from, enc(sealed.kind, &sealed.bytes, media));
        self.forward(&Address::new(from, 0), to, envelope, vec![enc]);
    }

    /// Makes an encrypted part unreadable, if its phone is to spoil some.
    fn spoilt(&mut self, from: &str, mut enc: Node) -> Node {
        let Some(account) = self.accounts.get_mut(from).filter(|it| it.spoil > 0) else {
            return enc;
        };
        account.spoil -= 1;
        if let Some(wacore_binary::NodeContent::Bytes(bytes)) = &mut enc.content
            && let Some(at) = bytes.len().checked_sub(9)
        {
            // There are the bytes of a MAC, a signature or a ciphertext, and never, as behind them in
            // a first message, a number that a client with a session does not look at.
            bytes[at] ^= 0x55;
        }
        enc
    }

    /// The phone gives a companion the keys of its app state.
    pub(crate) fn share_keys(&mut self, to: &Address) {
        let Some(account) = self.accounts.get(&to.number) else {
            return;
        };
        let message = account.app_state.key_share();
        let id = message_id();
        self.remember(&to.number, &to.number, &id, message.clone());
        self.send_peer(to, &id, &message);
    }

    fn send_peer(&mut self, to: &Address, id: &str, message: &wa::Message) {
        if let Some(sealed) = self.seal(&to.number, to, message) {
            let envelope = Envelope {
                id,
                kind: "protocol".to_owned(),
                category: Some("peer".to_owned()),
                edit: None,
                place: Place::Direct(None),
                identity: None,
            };
            let encs = vec![enc(sealed.kind, &sealed.bytes, None)];
            self.forward(&Address::new(&to.number, 0), to, &envelope, encs);
        }
    }

    /// A companion could not read a message of a phone: it is encrypted anew.
    pub(crate) fn retry(&mut self, companion: &Address, receipt: &Node, id: &str) {
        let count = receipt
            .child("retry")
            .and_then(|retry| retry.number("count"))
            .unwrap_or(1);
        self.event(Event::RetryAsked {
            jid: Jid::pn_device(companion.number.as_str(), companion.device),
            id: id.to_owned(),
            count,
        });
        let Some(chat) = receipt.jid("to") else {
            return;
        };
        let author = receipt.jid("participant").filter(|_| chat.is_group());
        let Some(phone) = self.resolve(author.as_ref().unwrap_or(&chat)) else {
            return;
        };
        let Some(account) = self.accounts.get_mut(&phone.number) else {
            return;
        };
        let sent = account.sent.get(id).filter(|_| count <= RETRIES);
        let Some((mut message, to)) = sent.map(|sent| (sent.message.clone(), sent.to.clone()))
        else {
            return;
        };
        account.party.forget_session(companion);
        // Keys that come along go before those that were published: the companion may have lost some.
        if let Some(bundle) = Bundle::of_receipt(receipt)
            && let Err(error) = account.party.start_session(companion, &bundle)
        {
            log::warn!("the keys of a retry receipt make no session: {error}");
        }
        if receipt.is("category", "peer") {
            self.send_peer(companion, id, &message);
        } else if chat.is_group() {
            let own = Address::new(&phone.number, 0);
            if let Ok(key) = account.party.group_key(&to, &own) {
                let key = telling(&to, &key).sender_key_distribution_message;
                message.sender_key_distribution_message = key;
            }
            let envelope = Envelope::of(id, &message, Place::Group(&chat));
            self.send_sealed(&phone.number, companion, &envelope, &message);
        } else if companion.number == phone.number && companion.number != to {
            self.copy_again(&phone.number, companion, &to, id, &message);
        } else {
            let envelope = Envelope::of(id, &message, Place::Direct(None));
            self.send_sealed(&phone.number, companion, &envelope, &message);
        }
    }

    fn copy_again(
        &mut self,
        from: &str,
        companion: &Address,
        to: &str,
        id: &str,
        message: &wa::Message,
    ) {
        let to = self.address_of(to);
        let envelope = Envelope::of(id, message, Place::Direct(Some(&to)));
        self.send_sealed(from, companion, &envelope, &device_sent(&to, message));
    }

    /// Encrypts with the phone's session, set up first if there is none.
    fn seal(&mut self, phone: &str, to: &Address, message: &wa::Message) -> Option<Sealed> {
        if !self.accounts.get(phone)?.party.has_session(to) {
            let bundle = self.take_bundle(to)?;
            let party = &mut self.accounts.get_mut(phone)?.party;
            if let Err(error) = party.start_session(to, &bundle) {
                log::warn!("a companion's keys make no session: {error}");
                return None;
            }
        }
        let party = &mut self.accounts.get_mut(phone)?.party;
        party.seal(to, message).ok()
    }

    /// Hands out the keys of one device.
    pub(crate) fn take_bundle(&mut self, of: &Address) -> Option<Bundle> {
        let account = self.accounts.get_mut(&of.number)?;
        if of.device == 0 {
            Some(account.party.published.take())
        } else {
            Some(account.devices.get_mut(&of.device)?.published.take())
        }
    }

    pub(crate) fn companions(&self, number: &str) -> Vec<Address> {
        self.accounts
            .get(number)
            .map(|account| account.devices.keys())
            .into_iter()
            .flatten()
            .map(|device| Address::new(number, *device))
            .collect()
    }
}

/// The copy for the sender's own devices.
fn device_sent(to: &Jid, message: &wa::Message) -> wa::Message {
    wa::Message {
        device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
            destination_jid: Some(to.to_string()),
            message: MessageField::some(message.clone()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The message that tells a sender key.
fn telling(group: &str, key: &[u8]) -> wa::Message {
    wa::Message {
        sender_key_distribution_message: MessageField::some(
            wa::message::SenderKeyDistributionMessage {
                group_id: Some(group.to_owned()),
                axolotl_sender_key_distribution_message: Some(key.to_vec()),
            },
        ),
        ..Default::default()
    }
}

fn message_id() -> String {
    format!("3A{}", hex(&keys::random::<9>()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

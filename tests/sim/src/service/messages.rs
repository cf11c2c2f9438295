//! Messages: what companions send, what phones read of it, and what phones send.
//!
//! The service only routes `<enc>` elements; phones decrypt and encrypt with their own sessions
//! ([`crate::party`]). What a phone reads goes to its inbox, and its receipt to the sender.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message;

use super::state::State;
use crate::Text;
use crate::bundle::Bundle;
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::keys;
use crate::party::{Address, Sealed, Unreadable};
use crate::refusal::Refusal;
use crate::stanza::{self, Stanza, holding};

/// How often a phone or a companion is sent the same message again because it could not be read.
const RETRIES: u64 = 5;

/// A message on its way to one device.
struct Envelope<'a> {
    id: &'a str,
    kind: &'a str,
    category: Option<&'a str>,
    /// For copies to the sender's own devices: whom the message is for.
    recipient: Option<&'a Jid>,
    identity: Option<&'a [u8]>,
}

impl State {
    /// A companion sent `<message>`: forwards each `<enc>` to the device it is for.
    pub(crate) fn message(&mut self, conn: Conn, message: &Node) {
        let Some(from) = self.logged_in(conn) else {
            return;
        };
        let (Some(to), Some(id)) = (message.jid("to"), message.text("id")) else {
            self.malformed(conn, "a message without addressee or id");
            return;
        };
        let parts = encrypted_parts(message, &to);
        if parts.is_empty() {
            self.malformed(conn, "a message with nothing encrypted in it");
            return;
        }
        let jid = Jid::pn_device(from.number.as_str(), from.device);
        self.send(conn, stanza::ack("message", message));
        self.event(Event::Sent {
            jid,
            to: to.clone(),
            id: id.clone(),
        });
        let kind = message.text("type").unwrap_or_else(|| "text".to_owned());
        let category = message.text("category");
        for (jid, enc) in parts {
            let Some(device) = self.resolve(&jid) else {
                continue;
            };
            let (Some(version), Some(bytes)) = (enc.text("type"), enc.bytes()) else {
                continue;
            };
            if device.device == 0 {
                self.read(&device.number, &from, &id, &version, bytes);
            } else {
                let envelope = Envelope {
                    id: &id,
                    kind: &kind,
                    category: category.as_deref(),
                    recipient: (device.number == from.number).then_some(&to),
                    identity: message.child_bytes("device-identity"),
                };
                self.forward(&from, &device, &envelope, enc.clone());
            }
        }
    }

    /// The phone with that number is handed an encrypted message.
    fn read(&mut self, number: &str, from: &Address, id: &str, kind: &str, bytes: &[u8]) {
        let Some(account) = self.accounts.get_mut(number) else {
            return;
        };
        let key = (from.clone(), id.to_owned());
        let jid = Jid::pn_device(from.number.as_str(), from.device);
        match account.party.open(from, kind, bytes) {
            Ok(message) => {
                if account.read.insert(key) {
                    self.understand(number, from, &jid, id, &message);
                }
                self.phone_receipt(number, from, id, None);
            }
            // The sender did not hear that it arrived.
            Err(Unreadable::Duplicate) if account.read.contains(&key) => {
                self.phone_receipt(number, from, id, None);
            }
            Err(why) => {
                if matches!(why, Unreadable::OneTimeKeyUsed) {
                    self.event(Event::Refused {
                        conn: None,
                        why: Refusal::OneTimeKeyUsedAgain,
                    });
                }
                self.event(Event::Unreadable {
                    to: number.to_owned(),
                    from: jid,
                    id: id.to_owned(),
                    why: why.to_string(),
                });
                let asked = self.accounts.get_mut(number).map_or(0, |account| {
                    let asked = account.asked_again.entry(key).or_default();
                    *asked += 1;
                    *asked
                });
                if (1..=RETRIES).contains(&asked) {
                    self.phone_receipt(number, from, id, Some(asked));
                }
            }
        }
    }

    /// The phone acts on what it read.
    fn understand(
        &mut self,
        number: &str,
        from: &Address,
        jid: &Jid,
        id: &str,
        message: &wa::Message,
    ) {
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
            self.questioned(number, from, jid, id);
            return;
        }
        let body = message.conversation.clone().or_else(|| {
            let extended = message.extended_text_message.as_option()?;
            extended.text.clone()
        });
        if let (Some(body), Some(account)) = (body, self.accounts.get_mut(number)) {
            account.inbox.push(Text {
                from: jid.clone(),
                id: id.to_owned(),
                body,
            });
            self.event(Event::TextRead {
                to: number.to_owned(),
                from: jid.clone(),
                id: id.to_owned(),
            });
        }
    }

    /// The phone tells a companion that its message arrived, or asks for it again.
    fn phone_receipt(&mut self, number: &str, to: &Address, id: &str, again: Option<u64>) {
        let Some(account) = self.accounts.get(number) else {
            return;
        };
        let registration = account.party.published.registration_id;
        let mut receipt = NodeBuilder::new("receipt")
            .attr("from", account.jid())
            .attr("id", id)
            .attr("t", clock::unix_seconds());
        if let Some(count) = again {
            let retry = NodeBuilder::new("retry")
                .attr("v", 1_u8)
                .attr("count", count)
                .attr("id", id)
                .attr("t", clock::unix_seconds())
                .build();
            let registration = holding("registration", registration.to_be_bytes());
            receipt = receipt
                .attr("type", "retry")
                .children([retry, registration]);
        } else if number == to.number {
            // The own phone has a copy; its owner needs no tick for that.
            return;
        }
        self.deliver(to, "receipt", id, receipt.build());
    }

    /// A phone writes `body` to another number. Returns the message's id.
    pub(crate) fn write_text(&mut self, from: &str, to: &str, body: &str) -> String {
        let id = format!("3A{}", hex(&keys::random::<9>()));
        let message = wa::Message {
            conversation: Some(body.to_owned()),
            ..Default::default()
        };
        self.post(from, to, &id, &message);
        id
    }

    /// Encrypts a message for every device of `to` and for the sender's own companions.
    fn post(&mut self, from: &str, to: &str, id: &str, message: &wa::Message) {
        if let Some(account) = self.accounts.get_mut(from) {
            account.sent.insert(id.to_owned(), message.clone());
        }
        let to_jid = Jid::pn(to);
        let sender = Address::new(from, 0);
        if from != to {
            let phone = Address::new(to, 0);
            if let Some(sealed) = self.seal(from, &phone, message) {
                self.read(to, &sender, id, sealed.kind, &sealed.bytes);
            }
        }
        for device in self.companions(to) {
            self.send_sealed(&sender, &device, id, message, None);
        }
        let copy = wa::Message {
            device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
                destination_jid: Some(to_jid.to_string()),
                message: MessageField::some(message.clone()),
                ..Default::default()
            }),
            ..Default::default()
        };
        if from != to {
            for device in self.companions(from) {
                self.send_sealed(&sender, &device, id, &copy, Some(&to_jid));
            }
        }
    }

    /// Encrypts for one companion and puts it in its queue.
    fn send_sealed(
        &mut self,
        from: &Address,
        to: &Address,
        id: &str,
        message: &wa::Message,
        recipient: Option<&Jid>,
    ) {
        let Some(sealed) = self.seal(&from.number, to, message) else {
            return;
        };
        let envelope = Envelope {
            id,
            kind: "text",
            category: None,
            recipient,
            identity: None,
        };
        self.forward(from, to, &envelope, enc(&sealed));
    }

    /// The phone gives a companion the keys of its app state.
    pub(crate) fn share_keys(&mut self, to: &Address) {
        let Some(account) = self.accounts.get(&to.number) else {
            return;
        };
        let message = account.app_state.key_share();
        let id = format!("3A{}", hex(&keys::random::<9>()));
        if let Some(sealed) = self.seal(&to.number, to, &message) {
            let envelope = Envelope {
                id: &id,
                kind: "protocol",
                category: Some("peer"),
                recipient: None,
                identity: None,
            };
            let from = Address::new(&to.number, 0);
            if let Some(account) = self.accounts.get_mut(&to.number) {
                account.sent.insert(id.clone(), message);
            }
            self.forward(&from, to, &envelope, enc(&sealed));
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
        let Some(phone) = receipt.jid("to").and_then(|to| self.resolve(&to)) else {
            return;
        };
        let Some(account) = self.accounts.get_mut(&phone.number) else {
            return;
        };
        let Some(message) = account.sent.get(id).cloned().filter(|_| count <= RETRIES) else {
            return;
        };
        account.party.forget_session(companion);
        let peer = receipt.is("category", "peer");
        if let Some(sealed) = self.seal(&phone.number, companion, &message) {
            let envelope = Envelope {
                id,
                kind: if peer { "protocol" } else { "text" },
                category: peer.then_some("peer"),
                recipient: None,
                identity: None,
            };
            self.forward(
                &Address::new(&phone.number, 0),
                companion,
                &envelope,
                enc(&sealed),
            );
        }
    }

    /// Queues one encrypted part for a companion.
    fn forward(&mut self, from: &Address, to: &Address, envelope: &Envelope<'_>, enc: Node) {
        let Some(account) = self.accounts.get(&from.number) else {
            return;
        };
        let mut message = NodeBuilder::new("message")
            .attr("from", account.device_jid(from.device))
            .attr("id", envelope.id)
            .attr("t", clock::unix_seconds())
            .attr("type", envelope.kind);
        if let Some(category) = envelope.category {
            message = message.attr("category", category);
        } else if from.number != to.number {
            message = message
                .attr("notify", account.name.as_str())
                .attr("sender_lid", account.lid_jid());
        }
        if let Some(recipient) = envelope.recipient {
            message = message.attr("recipient", recipient);
        }
        let mut children = vec![enc];
        if let Some(identity) = envelope.identity
            && children[0].is("type", "pkmsg")
        {
            children.push(holding("device-identity", identity));
        }
        let message = message.children(children).build();
        self.deliver(to, "message", envelope.id, message);
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

    fn companions(&self, number: &str) -> Vec<Address> {
        self.accounts
            .get(number)
            .map(|account| account.devices.keys())
            .into_iter()
            .flatten()
            .map(|device| Address::new(number, *device))
            .collect()
    }
}

/// The `<enc>` elements of a message with their addressees.
fn encrypted_parts<'a>(message: &'a Node, to: &Jid) -> Vec<(Jid, &'a Node)> {
    let direct = message.child("enc").map(|enc| (to.clone(), enc));
    let listed = message
        .child("participants")
        .into_iter()
        .flat_map(Stanza::each)
        .filter_map(|to| Some((to.jid("jid")?, to.child("enc")?)));
    direct.into_iter().chain(listed).collect()
}

fn enc(sealed: &Sealed) -> Node {
    NodeBuilder::new("enc")
        .attr("v", 2_u8)
        .attr("type", sealed.kind)
        .bytes(sealed.bytes.as_slice())
        .build()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

//! Messages that companions send: taken or refused, and handed to the devices they are for.
//!
//! The service only routes `<enc>` elements. What phones do with them is in `phones`, what they write
//! themselves in `posts`.

use std::collections::BTreeSet;

use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt as _, Node};

use super::envelope::{Envelope, Place};
use super::faults::Fault;
use super::state::State;
use crate::event_log::{Conn, Event};
use crate::party::Address;
use crate::refusal::Refusal;
use crate::stanza::{self, Stanza};

/// A message of a companion on its way.
struct Passing<'a> {
    from: Address,
    id: String,
    to: Jid,
    message: &'a Node,
}

impl State {
    /// A companion sent `<message>`.
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
        let faults = self.faults.borrow().clone();
        if faults.has(Fault::LoseMessages) {
            self.event(Event::Lost { id });
            return;
        }
        // What a companion says to its own phone is no message of a chat.
        let peer = message.is("category", "peer");
        if let Some(code) = (!peer).then(|| self.nacks.pop_front()).flatten() {
            let mut nack = stanza::ack("message", message);
            nack.attrs.insert("error", code.to_string());
            self.send(conn, nack);
            self.event(Event::Nacked { id, code });
            return;
        }
        let passing = Passing {
            from,
            id,
            to,
            message,
        };
        let mut ack = stanza::ack("message", message);
        if passing.to.is_group() {
            match self.admit_to_group(&passing) {
                Ok(None) => {}
                Ok(Some(hash)) => ack.attrs.insert("phash", hash),
                Err((code, why)) => {
                    ack.attrs.insert("error", code.to_string());
                    self.send(conn, ack);
                    self.refused(conn, why);
                    return;
                }
            }
        }
        if !faults.has(Fault::LoseAcks) {
            self.send(conn, ack);
        }
        let from = &passing.from;
        self.event(Event::Sent {
            jid: Jid::pn_device(from.number.as_str(), from.device),
            to: passing.to.clone(),
            id: passing.id.clone(),
        });
        if passing.to.is_group() && !message.attrs.contains_key("participant") {
            self.pass_to_group(&passing, &parts);
        } else {
            self.pass(&passing, &parts);
        }
    }

    /// Each part goes to the device it is for.
    fn pass(&mut self, passing: &Passing<'_>, parts: &[(Jid, &Node)]) {
        let Passing {
            from,
            id,
            to,
            message,
        } = passing;
        for (jid, enc) in parts {
            // Sent anew to one member of a group that asked for it.
            let asked = to.is_group().then(|| message.jid("participant")).flatten();
            let Some(device) = self.resolve(asked.as_ref().unwrap_or(jid)) else {
                continue;
            };
            let (Some(version), Some(bytes)) = (enc.text("type"), enc.bytes()) else {
                continue;
            };
            if device.device == 0 {
                self.read(&device.number, from, to, id, (&version, bytes));
            } else {
                let place = if to.is_group() {
                    Place::Group(to)
                } else {
                    Place::Direct((device.number == from.number).then_some(to))
                };
                let envelope = envelope(passing, place);
                self.forward(from, &device, &envelope, vec![(*enc).clone()]);
            }
        }
    }

    /// Whether a message may be sent to the group. When the sender has another notion of its devices
    /// than the service, it is told the right hash and asks anew; the message goes out all the same.
    fn admit_to_group(&self, passing: &Passing<'_>) -> Result<Option<String>, (u16, Refusal)> {
        let group = self.groups.get(&passing.to.to_string());
        let Some(group) = group.filter(|group| group.members.contains_key(&passing.from.number))
        else {
            return Err((404, Refusal::NotAMember));
        };
        let mode = if group.hidden { "lid" } else { "pn" };
        if passing
            .message
            .text("addressing_mode")
            .is_some_and(|said| said != mode)
        {
            return Err((421, Refusal::Addressing));
        }
        let Some(said) = passing.message.text("phash") else {
            return Ok(None);
        };
        let devices: Vec<Jid> = self.group_devices(&passing.to.to_string());
        let right = MessageUtils::participant_list_hash(&devices).ok();
        Ok(right.filter(|right| *right != said))
    }

    /// Every device of every member, as they are addressed in the group.
    fn group_devices(&self, group: &str) -> Vec<Jid> {
        let Some(group) = self.groups.get(group) else {
            return Vec::new();
        };
        let members = group.members.keys();
        let accounts = members.filter_map(|number| self.accounts.get(number));
        accounts
            .flat_map(|account| {
                let devices = std::iter::once(0).chain(account.devices.keys().copied());
                devices.map(|device| account.address(device, group.hidden))
            })
            .collect()
    }

    /// A group message: every member's devices get what was encrypted for the group, and before it
    /// what was encrypted for them alone (the sender key).
    fn pass_to_group(&mut self, passing: &Passing<'_>, parts: &[(Jid, &Node)]) {
        let Passing { from, id, to, .. } = passing;
        let group = to.to_string();
        let Some((_, common)) = parts.iter().find(|(_, enc)| enc.is("type", "skmsg")) else {
            return;
        };
        let own: Vec<(Address, &Node)> = parts
            .iter()
            .filter(|(_, enc)| !enc.is("type", "skmsg"))
            .filter_map(|(jid, enc)| Some((self.resolve(jid)?, *enc)))
            .collect();
        let members: BTreeSet<String> = self
            .groups
            .get(&group)
            .map(|group| group.members.keys().cloned().collect())
            .unwrap_or_default();
        if own
            .iter()
            .any(|(device, _)| !members.contains(&device.number))
        {
            self.event(Event::Refused {
                conn: None,
                why: Refusal::NotAMember,
            });
        }
        for number in members {
            let phone = Address::new(&number, 0);
            let devices = std::iter::once(phone).chain(self.companions(&number));
            for device in devices.collect::<Vec<_>>() {
                if device == *from {
                    continue;
                }
                let mine = own.iter().find(|(of, _)| *of == device);
                if device.device == 0 {
                    if let Some((version, bytes)) = mine.and_then(|(_, enc)| sealed(enc)) {
                        self.read_key(&number, from, &group, &version, bytes);
                    }
                    if let Some(bytes) = common.bytes() {
                        self.read(&number, from, to, id, ("skmsg", bytes));
                    }
                } else {
                    let encs = mine.map(|(_, enc)| (*enc).clone()).into_iter();
                    let encs = encs.chain([(*common).clone()]).collect();
                    let envelope = envelope(passing, Place::Group(to));
                    self.forward(from, &device, &envelope, encs);
                }
            }
        }
    }
}

fn envelope<'a>(passing: &'a Passing<'_>, place: Place<'a>) -> Envelope<'a> {
    let attr = |key: &str| match passing.message.attrs.get(key)?.as_str() {
        std::borrow::Cow::Borrowed(text) => Some(text.to_owned()),
        std::borrow::Cow::Owned(text) => Some(text),
    };
    Envelope {
        id: &passing.id,
        kind: attr("type").unwrap_or_else(|| "text".to_owned()),
        category: attr("category"),
        edit: attr("edit"),
        place,
        identity: passing.message.child_bytes("device-identity"),
    }
}

fn sealed(enc: &Node) -> Option<(String, &[u8])> {
    Some((enc.text("type")?, enc.bytes()?))
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

/// `<enc>`
pub(crate) fn enc(kind: &'static str, bytes: &[u8], media: Option<&'static str>) -> Node {
    let enc = NodeBuilder::new("enc").attr("v", 2_u8).attr("type", kind);
    let enc = match media {
        Some(media) => enc.attr("mediatype", media),
        None => enc,
    };
    enc.bytes(bytes).build()
}

//! The stanza around an encrypted message: who it is from, where it belongs, and its way into the queue
//! of a companion. Phones can hold back what they write, and send it once more.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::whatsapp as wa;

use super::account::Account;
use super::state::State;
use crate::clock;
use crate::compose;
use crate::contact::{Appears, Order};
use crate::party::Address;
use crate::stanza::{Stanza, holding};

/// A message on its way to one device.
pub(crate) struct Envelope<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: String,
    pub(crate) category: Option<String>,
    pub(crate) edit: Option<String>,
    pub(crate) place: Place<'a>,
    pub(crate) identity: Option<&'a [u8]>,
}

/// Where a message belongs.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// To one person. For copies to the sender's own devices: whom the message is for.
    Direct(Option<&'a Jid>),
    /// A group.
    Group(&'a Jid),
}

/// A stanza that waits until its phone lets it out.
pub(crate) struct Held {
    to: Address,
    id: String,
    node: Node,
}

impl Envelope<'_> {
    /// The envelope of what a phone writes.
    pub(crate) fn of<'a>(id: &'a str, message: &wa::Message, place: Place<'a>) -> Envelope<'a> {
        Envelope {
            id,
            kind: compose::stanza_type(message).to_owned(),
            category: None,
            edit: compose::edit_attribute(message).map(ToOwned::to_owned),
            place,
            identity: None,
        }
    }
}

impl State {
    /// Queues one encrypted message for a companion.
    pub(crate) fn forward(
        &mut self,
        from: &Address,
        to: &Address,
        envelope: &Envelope<'_>,
        encs: Vec<Node>,
    ) {
        let Some(message) = self.wrap(from, to, envelope, encs) else {
            return;
        };
        let id = envelope.id;
        if envelope.category.is_none()
            && from.device == 0
            && let Some(account) = self.accounts.get_mut(&from.number)
        {
            if let Some(sent) = account.sent.get_mut(id) {
                sent.nodes.retain(|(device, _)| device != to);
                sent.nodes.push((to.clone(), message.clone()));
            }
            if let Some(held) = &mut account.held {
                held.push(Held {
                    to: to.clone(),
                    id: id.to_owned(),
                    node: message,
                });
                return;
            }
        }
        self.deliver(to, "message", id, message);
    }

    /// The stanza around encrypted parts.
    fn wrap(
        &self,
        from: &Address,
        to: &Address,
        envelope: &Envelope<'_>,
        encs: Vec<Node>,
    ) -> Option<Node> {
        let account = self.accounts.get(&from.number)?;
        let mut message = NodeBuilder::new("message")
            .attr("id", envelope.id)
            .attr("t", clock::unix_seconds())
            .attr("type", envelope.kind.as_str());
        if let Some(edit) = &envelope.edit {
            message = message.attr("edit", edit.as_str());
        }
        let own = from.number == to.number;
        match envelope.place {
            Place::Group(group) => {
                let hidden = self.groups.get(&group.to_string())?.hidden;
                message = message
                    .attr("from", group)
                    .attr("participant", account.address(from.device, hidden))
                    .attr("addressing_mode", if hidden { "lid" } else { "pn" });
                let known = match account.appears {
                    _ if own => true,
                    Appears::Number => hidden,
                    Appears::Hidden => !hidden,
                    Appears::NumberWithHidden | Appears::HiddenWithNumber => true,
                };
                if known {
                    let beside = if hidden {
                        "participant_pn"
                    } else {
                        "participant_lid"
                    };
                    message = message.attr(beside, account.address(0, !hidden));
                }
            }
            Place::Direct(_) if own => {
                message = message.attr("from", account.device_jid(from.device));
            }
            Place::Direct(_) => message = direct(message, account, from.device),
        }
        if let Some(category) = &envelope.category {
            message = message.attr("category", category.as_str());
        } else if !own {
            message = message.attr("notify", account.name.as_str());
        }
        if let Place::Direct(Some(recipient)) = envelope.place {
            message = message.attr("recipient", recipient);
        }
        let mut children = encs;
        if let Some(identity) = envelope.identity
            && children.iter().any(|enc| enc.is("type", "pkmsg"))
        {
            children.push(holding("device-identity", identity));
        }
        Some(message.children(children).build())
    }

    /// What was sent under that id goes out once more, the same bytes.
    pub(crate) fn send_again(&mut self, from: &str, id: &str) {
        let nodes = self
            .accounts
            .get(from)
            .and_then(|account| account.sent.get(id))
            .map(|sent| sent.nodes.clone());
        for (to, node) in nodes.unwrap_or_default() {
            self.deliver(&to, "message", id, node);
        }
    }

    /// What that phone writes from now on is held back.
    pub(crate) fn hold(&mut self, number: &str) {
        if let Some(account) = self.accounts.get_mut(number) {
            account.held.get_or_insert_with(Vec::new);
        }
    }

    /// What was held back goes out.
    pub(crate) fn release(&mut self, number: &str, order: Order) {
        let account = self.accounts.get_mut(number);
        let mut held = account
            .and_then(|account| account.held.take())
            .unwrap_or_default();
        if order == Order::Backwards {
            held.reverse();
        }
        for Held { to, id, node } in held {
            self.deliver(&to, "message", &id, node);
        }
    }
}

/// Who a message to one person is from.
fn direct(message: NodeBuilder, account: &Account, device: u16) -> NodeBuilder {
    let number = account.address(device, false);
    let hidden = account.address(device, true);
    match account.appears {
        Appears::Number => message.attr("from", number),
        Appears::NumberWithHidden => message
            .attr("from", number)
            .attr("sender_lid", account.lid_jid()),
        Appears::HiddenWithNumber => message
            .attr("from", hidden)
            .attr("sender_pn", account.jid()),
        Appears::Hidden => message.attr("from", hidden),
    }
}

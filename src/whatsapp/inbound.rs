//! What the library heard, as a message of ours: whose it is, where it belongs, what it says. Pure.

use sha2::{Digest as _, Sha256};
use whatsapp_rust::wacore::types::message::{MessageCategory, MessageInfo, MessageSource};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::{Jid, Server};

use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::Content;
use crate::message::inbound::Inbound;
use crate::time::UnixMillis;
use crate::whatsapp::{content, people};

/// What became of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// A message of a chat.
    Message(Box<Inbound>),
    /// A status, a channel, a broadcast, a bot's: no chat.
    NoChat,
    /// Nothing for people: devices telling each other things.
    Nothing,
}

/// Understands a message. `me` is the account, by every name it is known by. The group's name is left
/// for whoever knows it.
#[must_use]
pub fn heard(message: &wa::Message, info: &MessageInfo, me: Option<&Person>) -> Heard {
    if info.category == MessageCategory::Peer {
        return Heard::Nothing;
    }
    let Some(content) = content::content(message) else {
        return Heard::Nothing;
    };
    let Some(inbound) = of(content, info, me) else {
        return Heard::NoChat;
    };
    let partner = match &inbound.chat {
        Chat::Person(person) => Some(person.clone()),
        Chat::Group(_) => None,
    };
    Heard::Message(Box::new(Inbound {
        mentioned: content::mentioned(message),
        quoted: content::quoted(message, partner.as_ref()),
        ..inbound
    }))
}

/// A message that is known to be there, and cannot be read: `what` says why.
#[must_use]
pub fn unreadable(info: &MessageInfo, me: Option<&Person>, what: &str) -> Option<Inbound> {
    let what = what.to_owned();
    of(Content::Other { what }, info, me)
}

fn of(content: Content, info: &MessageInfo, me: Option<&Person>) -> Option<Inbound> {
    let source = &info.source;
    let from_me = source.is_from_me;
    let wrote = people::person_of(&source.sender, source.sender_alt.as_ref());
    let sender = match me {
        Some(me) if from_me => me.clone(),
        _ => wrote?,
    };
    let verified = info.verified_name.as_ref().and_then(|it| it.name.clone());
    let name = Some(info.push_name.clone()).filter(|name| !name.is_empty());
    let seconds = u64::try_from(info.timestamp.timestamp()).unwrap_or(0);
    Some(Inbound {
        id: id(&info.id),
        chat: chat(info, &sender, me)?,
        sender,
        from_me,
        name: name.or(verified).filter(|_| !from_me),
        group_name: None,
        at: UnixMillis(seconds.saturating_mul(1000)),
        offline: info.is_offline,
        content,
        mentioned: Vec::new(),
        quoted: None,
    })
}

/// The chat of a message. In one of two people it is the other one, by every name the stanza tells.
fn chat(info: &MessageInfo, sender: &Person, me: Option<&Person>) -> Option<Chat> {
    let MessageSource {
        chat,
        is_from_me,
        recipient_alt,
        ..
    } = &info.source;
    if let Some(group) = people::group(chat) {
        return Some(Chat::Group(group));
    }
    if is_list(chat) {
        return None;
    }
    let other = if *is_from_me {
        let alt = recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref());
        people::person_of(chat, alt)?
    } else {
        people::person_of(chat, None).unwrap_or_else(|| sender.clone())
    };
    // Who wrote it, and the account itself, are known by more names than the stanza's address.
    let known = [Some(sender), me].into_iter().flatten();
    let known = known.into_iter().find(|person| person.is(&other));
    Some(Chat::Person(match known {
        Some(known) => people::joined(other, known),
        None => other,
    }))
}

fn is_list(chat: &Jid) -> bool {
    matches!(
        chat.server,
        Server::Broadcast
            | Server::Newsletter
            | Server::Bot
            | Server::Messenger
            | Server::Interop
            | Server::Call
            | Server::Group
    )
}

/// WhatsApp's id, or one made of it where it is none of ours (nobody but a tinkerer sends such): the
/// same again for the same message.
fn id(text: &str) -> MessageId {
    text.parse().unwrap_or_else(|_| {
        let hex = content::hex(&Sha256::digest(text.as_bytes()));
        // 65 letters and digits are an id.
        #[allow(clippy::unwrap_used)]
        format!("x{hex}").parse().unwrap()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "15550002222";
    const ALICE_LID: &str = "900000000002222";
    const GROUP: &str = "120363041234567890";

    fn me() -> Person {
        people::person_of(&Jid::pn("15550001111"), Some(&Jid::lid("900000000001111"))).unwrap()
    }

    fn alice() -> Person {
        people::person_of(&Jid::pn(ALICE), Some(&Jid::lid(ALICE_LID))).unwrap()
    }

    fn info(source: MessageSource) -> MessageInfo {
        MessageInfo {
            source,
            id: "3A00".to_owned(),
            push_name: "Alice".to_owned(),
            ..MessageInfo::default()
        }
    }

    fn said(info: &MessageInfo) -> Inbound {
        let message = wa::Message {
            conversation: Some("hello".to_owned()),
            ..wa::Message::default()
        };
        match heard(&message, info, Some(&me())) {
            Heard::Message(inbound) => *inbound,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn somebody_writes_by_hidden_identity_and_is_known_by_number() {
        let inbound = said(&info(MessageSource {
            chat: Jid::lid(ALICE_LID),
            sender: Jid::lid_device(ALICE_LID, 3),
            sender_alt: Some(Jid::pn_device(ALICE, 3)),
            ..MessageSource::default()
        }));
        assert_eq!(inbound.sender, alice());
        assert_eq!(inbound.chat, Chat::Person(alice()));
        assert_eq!(inbound.name.as_deref(), Some("Alice"));
        assert!(!inbound.from_me);
    }

    #[test]
    fn the_owner_writes_on_the_phone() {
        let inbound = said(&info(MessageSource {
            chat: Jid::lid(ALICE_LID),
            sender: Jid::lid("900000000001111"),
            recipient_alt: Some(Jid::pn(ALICE)),
            is_from_me: true,
            ..MessageSource::default()
        }));
        assert_eq!(inbound.sender, me());
        assert_eq!(inbound.chat, Chat::Person(alice()));
        assert!(inbound.from_me);
        assert_eq!(inbound.name, None, "our own name is no news");
    }

    #[test]
    fn the_owner_writes_to_themselves() {
        let inbound = said(&info(MessageSource {
            chat: Jid::pn("15550001111"),
            sender: Jid::pn("15550001111"),
            is_from_me: true,
            ..MessageSource::default()
        }));
        assert_eq!(inbound.chat, Chat::Person(me()));
        assert_eq!(inbound.sender, me());
    }

    #[test]
    fn somebody_writes_in_a_group() {
        let inbound = said(&info(MessageSource {
            chat: Jid::group(GROUP),
            sender: Jid::lid_device(ALICE_LID, 1),
            sender_alt: Some(Jid::pn(ALICE)),
            is_group: true,
            ..MessageSource::default()
        }));
        assert_eq!(inbound.sender, alice());
        assert_eq!(inbound.chat.id(), format!("{GROUP}@g.us"));
    }

    #[test]
    fn what_is_no_chat() {
        let list = Jid::new("15550002222-1", Server::Broadcast);
        for chat in [Jid::status_broadcast(), Jid::newsletter("1203630"), list] {
            let info = info(MessageSource {
                chat: chat.clone(),
                sender: Jid::pn(ALICE),
                ..MessageSource::default()
            });
            let message = wa::Message {
                conversation: Some("hello".to_owned()),
                ..wa::Message::default()
            };
            assert_eq!(heard(&message, &info, Some(&me())), Heard::NoChat, "{chat}");
        }
    }

    #[test]
    fn an_id_that_is_none_is_the_same_again() {
        let (long, odd) = ("A".repeat(500), "with a space");
        assert_eq!(id(&long), id(&long));
        assert_ne!(id(&long), id(odd));
        assert_eq!(id("3A00").as_str(), "3A00");
    }
}

//! How far messages of ours are, by what the library hears. Pure.
//!
//! In a chat of two, a receipt is the other one's. In a group every member sends their own: a message
//! counts as delivered, and as read, when the first of them says so; the API does not tell how many did.
//! What our own devices say of each other's messages tells nothing, but in a chat with oneself they are
//! the other one.

use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::wacore::types::events;

use crate::message::address::{Chat, MessageId, Person};
use crate::message::inbound::{Receipt, ReceiptState};
use crate::whatsapp::people;

/// What a receipt says of messages of ours, if it says anything.
#[must_use]
pub fn receipt(heard: &events::Receipt, me: Option<&Person>) -> Option<Receipt> {
    let state = match heard.r#type {
        // One that is on while its owner looks elsewhere has it all the same.
        ReceiptType::Delivered | ReceiptType::Inactive => ReceiptState::Delivered,
        ReceiptType::Read | ReceiptType::Played => ReceiptState::Read,
        // Another device could not be given it, but the server has it.
        ReceiptType::Sent => ReceiptState::Server,
        // Our own devices among themselves, and what the library sees to.
        _ => return None,
    };
    let source = &heard.source;
    let by = people::person_of(&source.sender, source.sender_alt.as_ref());
    let chat = match people::group(&source.chat) {
        Some(group) => Chat::Group(group),
        None => Chat::Person(people::person_of(&source.chat, source.sender_alt.as_ref())?),
    };
    let ours = me.zip(by.as_ref()).is_some_and(|(me, by)| me.is(by));
    if ours && chat.group().is_some() {
        return None;
    }
    let ids = heard.message_ids.iter().filter_map(|id| id.parse().ok());
    let ids: Vec<MessageId> = ids.collect();
    (!ids.is_empty()).then_some(Receipt {
        chat,
        ids,
        by,
        state,
    })
}

/// What the server says of a message of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It has it.
    Taken,
    /// It does not want it, and says why with a number; 0 when it says nothing we can read.
    Refused(u16),
}

/// What an acknowledgement of the server says, if it is about a message.
#[must_use]
pub fn verdict(ack: &events::ServerAck) -> Option<(MessageId, Verdict)> {
    if ack.class.as_deref() != Some("message") {
        return None;
    }
    let verdict = ack.error.as_deref().map_or(Verdict::Taken, |code| {
        Verdict::Refused(code.parse().unwrap_or(0))
    });
    Some((ack.id.parse().ok()?, verdict))
}

/// Puts receipts that say the same of several messages together, so that they cost one write.
#[must_use]
pub fn merged(receipts: Vec<Receipt>) -> Vec<Receipt> {
    let mut all: Vec<Receipt> = Vec::new();
    for mut receipt in receipts {
        match all.last_mut() {
            Some(last)
                if (&last.chat, &last.by, last.state)
                    == (&receipt.chat, &receipt.by, receipt.state) =>
            {
                last.ids.append(&mut receipt.ids);
            }
            _ => all.push(receipt),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::Jid;
    use whatsapp_rust::wacore::types::message::MessageSource;

    use super::*;

    fn me() -> Person {
        people::person_of(&Jid::pn("15550001111"), Some(&Jid::lid("900000000001111"))).unwrap()
    }

    fn heard(chat: Jid, sender: Jid, kind: ReceiptType) -> Option<Receipt> {
        let source = MessageSource {
            chat,
            sender,
            ..MessageSource::default()
        };
        let timestamp = whatsapp_rust::wacore::time::from_secs(1_800_000_000).unwrap();
        let heard = events::Receipt::builder()
            .source(source)
            .message_ids(vec!["3A01".to_owned(), "3A02".to_owned()])
            .timestamp(timestamp)
            .r#type(kind)
            .offline(false)
            .build();
        receipt(&heard, Some(&me()))
    }

    #[test]
    fn the_other_one_has_it_and_reads_it() {
        let alice = Jid::pn_device("15550002222", 4);
        for (kind, state) in [
            (ReceiptType::Delivered, ReceiptState::Delivered),
            (ReceiptType::Inactive, ReceiptState::Delivered),
            (ReceiptType::Read, ReceiptState::Read),
            (ReceiptType::Played, ReceiptState::Read),
        ] {
            let receipt = heard(alice.clone(), alice.clone(), kind).unwrap();
            assert_eq!((receipt.state, receipt.ids.len()), (state, 2));
            assert_eq!(receipt.chat.id(), "15550002222@s.whatsapp.net");
        }
    }

    #[test]
    fn our_own_devices_say_nothing_of_the_others() {
        let own = Jid::pn("15550001111");
        let alice = Jid::pn("15550002222");
        assert_eq!(
            heard(alice.clone(), own.clone(), ReceiptType::ReadSelf),
            None
        );
        assert_eq!(heard(own.clone(), own.clone(), ReceiptType::Sender), None);
        let group = Jid::group("120363041234567890");
        let hidden = Jid::lid("900000000001111");
        assert_eq!(heard(group.clone(), hidden, ReceiptType::Delivered), None);
        let receipt = heard(group, alice, ReceiptType::Read).unwrap();
        assert!(receipt.chat.group().is_some() && receipt.by.is_some());
        assert!(heard(own.clone(), own, ReceiptType::Delivered).is_some());
    }

    #[test]
    fn the_server_takes_and_refuses() {
        let ack = |class: &str, error: Option<&str>| {
            let ack = events::ServerAck::builder()
                .id("3A01".to_owned())
                .class(class.to_owned());
            verdict(&ack.maybe_error(error.map(str::to_owned)).build()).map(|it| it.1)
        };
        assert_eq!(ack("message", None), Some(Verdict::Taken));
        assert_eq!(ack("message", Some("463")), Some(Verdict::Refused(463)));
        assert_eq!(ack("message", Some("odd")), Some(Verdict::Refused(0)));
        assert_eq!(ack("receipt", None), None);
    }

    #[test]
    fn receipts_that_say_the_same_are_one() {
        let alice = Jid::pn("15550002222");
        let one = |kind| heard(alice.clone(), alice.clone(), kind).unwrap();
        let all = merged(vec![
            one(ReceiptType::Delivered),
            one(ReceiptType::Delivered),
            one(ReceiptType::Read),
        ]);
        let counts: Vec<usize> = all.iter().map(|receipt| receipt.ids.len()).collect();
        assert_eq!(counts, [4, 2]);
    }
}

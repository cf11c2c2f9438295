//! The library's addresses and ours. Pure.
//!
//! A stanza names a person by number or by hidden identity, and often says the other name beside it.
//! Devices are dropped: a person is the same on every one of theirs.

use whatsapp_rust::{Jid, Server};

use crate::message::address::{Chat, GroupJid, Lid, Person};

/// The person an address belongs to; `None` for groups, channels, bots and WhatsApp itself.
#[must_use]
pub fn person(jid: &Jid) -> Option<Person> {
    match jid.server {
        Server::Pn | Server::Hosted | Server::Legacy => {
            // A number is digits only here: what else our parser lets people type is no address.
            let digits = jid.user.bytes().all(|b| b.is_ascii_digit());
            let phone = digits.then(|| jid.user.parse().ok()).flatten();
            phone.map(Person::Phone)
        }
        Server::Lid | Server::HostedLid => jid.user.parse::<Lid>().ok().map(Person::Hidden),
        _ => None,
    }
}

/// The person that goes by one address and, if it says so, by another.
#[must_use]
pub fn person_of(jid: &Jid, other: Option<&Jid>) -> Option<Person> {
    let first = person(jid);
    let Some(second) = other.and_then(person) else {
        return first;
    };
    Some(first.map_or(second.clone(), |first| joined(first, &second)))
}

/// One person known by two values; what the first one says counts where both say something.
#[must_use]
pub fn joined(first: Person, second: &Person) -> Person {
    let phone = first.phone().or(second.phone()).cloned();
    let lid = first.lid().or(second.lid()).cloned();
    Person::new(phone, lid).unwrap_or(first)
}

/// A person as some text inside a message names them.
#[must_use]
pub fn named(address: &str) -> Option<Person> {
    person(&address.parse().ok()?)
}

/// The group an address belongs to.
#[must_use]
pub fn group(jid: &Jid) -> Option<GroupJid> {
    (jid.server == Server::Group)
        .then(|| jid.to_non_ad_string().parse().ok())
        .flatten()
}

/// The library's address of a person: by number where that is known, as the library looks up the
/// hidden identity itself.
#[must_use]
pub fn jid(person: &Person) -> Jid {
    match person {
        Person::Phone(phone) | Person::Both(phone, _) => Jid::pn(phone.digits()),
        Person::Hidden(lid) => Jid::lid(lid.digits()),
    }
}

/// The library's address of a chat.
#[must_use]
pub fn chat_jid(chat: &Chat) -> Jid {
    match chat {
        Chat::Person(person) => jid(person),
        Chat::Group(group) => {
            let user = group.as_str().trim_end_matches("@g.us");
            Jid::group(user)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_there_and_back() {
        for text in ["15550002222@s.whatsapp.net", "98765432100@lid"] {
            assert_eq!(jid(&named(text).unwrap()).to_string(), text);
        }
        let chat: Chat = "120363041234567890@g.us".parse().unwrap();
        assert_eq!(chat_jid(&chat).to_string(), chat.id());
        assert_eq!(group(&chat_jid(&chat)), chat.group().cloned());
        assert_eq!(
            named("15550002222:7@s.whatsapp.net"),
            named("15550002222@s.whatsapp.net")
        );
    }

    #[test]
    fn two_names_make_one_person() {
        let (phone, lid) = (Jid::pn("15550002222"), Jid::lid("98765432100"));
        let both = person_of(&phone, Some(&lid)).unwrap();
        assert_eq!(person_of(&lid, Some(&phone)), Some(both.clone()));
        assert!(both.phone().is_some() && both.lid().is_some());
        assert_eq!(
            person_of(&Jid::group("120363041234567890"), Some(&lid)),
            person(&lid)
        );
    }

    #[test]
    fn what_is_nobody() {
        for text in [
            "0@s.whatsapp.net",
            "status@broadcast",
            "120363041234567890@g.us",
            "12036304@newsletter",
            "867051314767696@bot",
            "@lid",
            "",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}

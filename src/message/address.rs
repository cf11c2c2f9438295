//! Whom a message is from and where it belongs: people, groups, chats, and the ids of messages.
//!
//! A person has a phone number, a hidden identity (LID), or both, and is one person by either.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::account::E164;

/// Why a text is no address of WhatsApp's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not an address of a WhatsApp person (…@s.whatsapp.net, …@lid) or group (…@g.us)")]
pub struct AddressError;

/// A hidden identity: the digits before `@lid`. It says nothing about the number, but it is a name of
/// the person all the same: `Debug` shows four digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lid(String);

impl Lid {
    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Lid {
    type Err = AddressError;

    fn from_str(digits: &str) -> Result<Self, AddressError> {
        let fits = (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(digits.to_owned())).ok_or(AddressError)
    }
}

impl fmt::Debug for Lid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lid(…{})", &self.0[self.0.len() - 4..])
    }
}

/// One person, by everything that is known of them. Two values may differ and still be the same person:
/// compare with [`Person::is`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Person {
    /// Only the number is known.
    Phone(E164),
    /// Only the hidden identity is known.
    Hidden(Lid),
    /// Both are known.
    Both(E164, Lid),
}

impl Person {
    /// Of what is known; `None` when nothing is.
    #[must_use]
    pub fn new(phone: Option<E164>, lid: Option<Lid>) -> Option<Self> {
        match (phone, lid) {
            (Some(phone), Some(lid)) => Some(Self::Both(phone, lid)),
            (Some(phone), None) => Some(Self::Phone(phone)),
            (None, Some(lid)) => Some(Self::Hidden(lid)),
            (None, None) => None,
        }
    }

    /// The number, if it is known.
    #[must_use]
    pub fn phone(&self) -> Option<&E164> {
        match self {
            Self::Phone(phone) | Self::Both(phone, _) => Some(phone),
            Self::Hidden(_) => None,
        }
    }

    /// The hidden identity, if it is known.
    #[must_use]
    pub fn lid(&self) -> Option<&Lid> {
        match self {
            Self::Hidden(lid) | Self::Both(_, lid) => Some(lid),
            Self::Phone(_) => None,
        }
    }

    /// Whether both are the same person: by number or by hidden identity.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let same_phone = self.phone().is_some() && self.phone() == other.phone();
        let same_lid = self.lid().is_some() && self.lid() == other.lid();
        same_phone || same_lid
    }

    /// With what the other value knows of the same person; unchanged when it is somebody else.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        if !self.is(other) {
            return self.clone();
        }
        let phone = self.phone().or(other.phone()).cloned();
        let lid = self.lid().or(other.lid()).cloned();
        // Somebody who has a name keeps it.
        Self::new(phone, lid).unwrap_or_else(|| self.clone())
    }

    /// The address they are known by: the number's where it is known. Also their key in the store.
    #[must_use]
    pub fn jid(&self) -> String {
        match self {
            Self::Phone(phone) | Self::Both(phone, _) => {
                format!("{}@s.whatsapp.net", phone.digits())
            }
            Self::Hidden(lid) => format!("{}@lid", lid.digits()),
        }
    }

    /// The address by hidden identity, if it is known.
    #[must_use]
    pub fn lid_jid(&self) -> Option<String> {
        self.lid().map(|lid| format!("{}@lid", lid.digits()))
    }
}

impl FromStr for Person {
    type Err = AddressError;

    /// Reads `…@s.whatsapp.net`, `…@c.us` (as WAHA writes it) and `…@lid`; a device (`:3`) is dropped.
    fn from_str(jid: &str) -> Result<Self, AddressError> {
        let (user, server) = jid.split_once('@').ok_or(AddressError)?;
        let user = user.split_once(':').map_or(user, |(user, _device)| user);
        match server {
            "s.whatsapp.net" | "c.us" if user.bytes().all(|b| b.is_ascii_digit()) => {
                user.parse().map(Self::Phone).map_err(|_| AddressError)
            }
            "lid" => user.parse().map(Self::Hidden),
            _ => Err(AddressError),
        }
    }
}

/// A group: `120363…@g.us`, or `491…-1512…@g.us` for old ones.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupJid(String);

impl GroupJid {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupJid {
    type Err = AddressError;

    fn from_str(jid: &str) -> Result<Self, AddressError> {
        let user = jid.strip_suffix("@g.us").ok_or(AddressError)?;
        let fits =
            (5..=40).contains(&user.len()) && user.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(jid.to_owned())).ok_or(AddressError)
    }
}

/// Where a message belongs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Chat {
    /// A conversation with one person (or with oneself).
    Person(Person),
    /// A group.
    Group(GroupJid),
}

impl Chat {
    /// Its address: `chat_id` of the API, and its key in the store.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Person(person) => person.jid(),
            Self::Group(group) => group.as_str().to_owned(),
        }
    }

    /// Whether both are the same chat: a person is one by either name.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person(one), Self::Person(other)) => one.is(other),
            (one, other) => one == other,
        }
    }

    /// The group, if it is one.
    #[must_use]
    pub fn group(&self) -> Option<&GroupJid> {
        match self {
            Self::Group(group) => Some(group),
            Self::Person(_) => None,
        }
    }
}

impl FromStr for Chat {
    type Err = AddressError;

    fn from_str(jid: &str) -> Result<Self, AddressError> {
        if jid.ends_with("@g.us") {
            jid.parse().map(Self::Group)
        } else {
            jid.parse().map(Self::Person)
        }
    }
}

/// WhatsApp's id of a message: 1 to 128 visible ASCII characters. Unique within a chat and sender only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageId(String);

impl MessageId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A new one, in the form WhatsApp Web gives (`3EB0` and 18 hexadecimal digits, whatsapp-rust 0.7.0
    /// `RequestUtils::message_id_at`): the same for the same seed, another for any other.
    #[must_use]
    pub fn made_of(seed: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in seed {
            // With its length, so that no two seeds run into one another.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut id = String::from("3EB0");
        for byte in &digest[..9] {
            // Writing to a String cannot fail.
            let _ = write!(id, "{byte:02X}");
        }
        Self(id)
    }
}

impl FromStr for MessageId {
    type Err = AddressError;

    fn from_str(id: &str) -> Result<Self, AddressError> {
        let fits = (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(id.to_owned())).ok_or(AddressError)
    }
}

/// Written as one text in rows and bodies, and read back by `FromStr`.
macro_rules! as_text {
    ($($name:ty: $text:expr;)+) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    let text: fn(&Self) -> String = $text;
                    to.serialize_str(&text(self))
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let text = String::deserialize(from)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }
        )+
    };
}

as_text! {
    E164: |phone| phone.digits().to_owned();
    Lid: |lid| lid.digits().to_owned();
    GroupJid: |group| group.as_str().to_owned();
    MessageId: |id| id.as_str().to_owned();
}

/// [`Person`] in rows.
#[derive(Serialize, Deserialize)]
struct PersonRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<E164>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lid: Option<Lid>,
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let row = PersonRow {
            phone: self.phone().cloned(),
            lid: self.lid().cloned(),
        };
        row.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let row = PersonRow::deserialize(from)?;
        Self::new(row.phone, row.lid).ok_or_else(|| serde::de::Error::custom(AddressError))
    }
}

/// [`Chat`] in rows.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChatRow {
    Person(Person),
    Group(GroupJid),
}

impl Serialize for Chat {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let row = match self.clone() {
            Self::Person(person) => ChatRow::Person(person),
            Self::Group(group) => ChatRow::Group(group),
        };
        row.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Chat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match ChatRow::deserialize(from)? {
            ChatRow::Person(person) => Self::Person(person),
            ChatRow::Group(group) => Self::Group(group),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_by_either_name() {
        let by_number: Person = "15550002222:7@s.whatsapp.net".parse().unwrap();
        let by_lid: Person = "98765432100@lid".parse().unwrap();
        let both = Person::new(by_number.phone().cloned(), by_lid.lid().cloned()).unwrap();
        assert!(both.is(&by_number) && by_lid.is(&both) && !by_lid.is(&by_number));
        assert_eq!(both.jid(), "15550002222@s.whatsapp.net");
        let row = serde_json::to_string(&Chat::Person(both.clone())).unwrap();
        assert_eq!(
            serde_json::from_str::<Chat>(&row).unwrap(),
            Chat::Person(both.clone())
        );
        assert!(!format!("{both:?}").contains("15550002222"));
        assert!(!format!("{both:?}").contains("98765432100"));
    }

    #[test]
    fn what_is_no_chat_is_refused() {
        for wrong in [
            "",
            "hello",
            "@lid",
            "1@lid",
            "status@broadcast",
            "12@newsletter",
            "a-b@g.us",
        ] {
            assert_eq!(wrong.parse::<Chat>(), Err(AddressError), "{wrong}");
        }
        assert!("120363041234567890@g.us".parse::<Chat>().is_ok());
    }
}

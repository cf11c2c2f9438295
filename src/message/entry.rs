//! An entry of a list of people or groups, as people write it in a policy or a route.

use std::str::FromStr;

use thiserror::Error;

use super::address::{Chat, GroupJid, Person};
use crate::account::E164;

/// Whom an entry means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// `*`
    Everybody,
    /// A number (`+15551234567`), `…@s.whatsapp.net` or `…@lid`.
    Person(Person),
    /// `…@g.us`
    Group(GroupJid),
}

/// Why a text is no entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("it has to be a number with its country code, …@s.whatsapp.net, …@lid, …@g.us, or *")]
pub struct EntryError;

impl FromStr for Entry {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self::Everybody);
        }
        if text.contains('@') {
            return match text.parse().map_err(|_| EntryError)? {
                Chat::Person(person) => Ok(Self::Person(person)),
                Chat::Group(group) => Ok(Self::Group(group)),
            };
        }
        let phone: E164 = text.parse().map_err(|_| EntryError)?;
        Ok(Self::Person(Person::Phone(phone)))
    }
}

impl Entry {
    /// Whether that person is meant, by whatever name.
    #[must_use]
    pub fn means(&self, person: &Person) -> bool {
        match self {
            Self::Everybody => true,
            Self::Person(named) => named.is(person),
            Self::Group(_) => false,
        }
    }

    /// Whether that group is meant.
    #[must_use]
    pub fn means_group(&self, group: &GroupJid) -> bool {
        match self {
            Self::Everybody => true,
            Self::Person(_) => false,
            Self::Group(named) => named == group,
        }
    }
}

/// The entries of a list. One that cannot be read means nobody: lists are checked when they are set.
pub(super) fn entries(list: &[String]) -> impl Iterator<Item = Entry> + '_ {
    list.iter().filter_map(|entry| entry.parse().ok())
}

/// Whether the list means that person.
#[must_use]
pub fn lists(list: &[String], person: &Person) -> bool {
    entries(list).any(|entry| entry.means(person))
}

/// Whether the list means that group.
#[must_use]
pub fn lists_group(list: &[String], group: &GroupJid) -> bool {
    entries(list).any(|entry| entry.means_group(group))
}

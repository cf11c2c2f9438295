//! Accounts that do not exist yet: the first of a box, and one more.

use super::session::Session;
use crate::account::{AccountId, AccountRecord, Label};
use crate::event::StoredAccount;
use crate::limits;

/// Code of the error kept when there is no room (see [`crate::snapshot::LastError`]).
pub(super) const TOO_MANY: &str = "too_many_accounts";

/// The name of a box nobody gave one.
const BOX_LABEL: &str = "pairbox";

/// What people are told with [`TOO_MANY`].
pub(super) fn too_many() -> String {
    format!("no account was added: a box holds {}", limits::ACCOUNTS_MAX)
}

/// The account of a box that has none yet.
pub(super) fn first() -> StoredAccount {
    new(AccountId::FIRST, BOX_LABEL.to_owned())
}

/// One more beside `others` (by number). Without a name of its own it is named after the first.
#[allow(
    clippy::needless_pass_by_value,
    reason = "a borrowed iterator reads worse"
)]
pub(super) fn another<'a>(
    id: AccountId,
    label: Option<Label>,
    others: impl Iterator<Item = &'a Session> + Clone,
) -> StoredAccount {
    new(id, label.map_or_else(|| made_up(id, &others), String::from))
}

/// A name nobody has.
fn made_up<'a>(id: AccountId, others: &(impl Iterator<Item = &'a Session> + Clone)) -> String {
    let first = others.clone().next();
    let Some(first) = first.map(|first| first.record.label.as_str()) else {
        return BOX_LABEL.to_owned();
    };
    let taken = |name: &String| {
        let mut others = others.clone();
        others.any(|other| same_name(&other.record.label, name))
    };
    // One name more than there are accounts: one of them is free.
    let numbers = (0..=limits::ACCOUNTS_MAX).map(|more| u64::from(id.0) + more as u64);
    let mut names = numbers.map(|number| numbered(first, number));
    let free = names.find(|name| !taken(name));
    free.unwrap_or_else(|| BOX_LABEL.to_owned())
}

/// Two names that people would take for one.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// `label` with a number behind it, no longer than a label may be.
fn numbered(label: &str, number: u64) -> String {
    let number = format!(" {number}");
    let room = limits::LABEL_CHARS.saturating_sub(number.len());
    let label: String = label.chars().take(room).collect();
    format!("{}{number}", label.trim_end())
}

fn new(id: AccountId, label: String) -> StoredAccount {
    StoredAccount {
        id,
        record: AccountRecord {
            label,
            ..AccountRecord::default()
        },
        linked: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_makes_room_for_its_number() {
        assert_eq!(numbered("pairbox", 2), "pairbox 2");
        assert_eq!(
            numbered("Kiosk am Eingang, rechts!", 12),
            "Kiosk am Eingang, rech 12"
        );
        assert_eq!(
            numbered("a label that ends in a  b", 7),
            "a label that ends in a 7"
        );
    }
}

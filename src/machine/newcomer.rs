//! Accounts that do not exist yet: the first of a box, and one more.

use super::session::Session;
use crate::account::{AccountId, AccountRecord};
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

/// One more than there are (`accounts` by number), under the next number and named after the first;
/// `None` when there is no room.
pub(super) fn another<'a>(
    accounts: impl DoubleEndedIterator<Item = &'a Session> + ExactSizeIterator,
) -> Option<StoredAccount> {
    if accounts.len() >= limits::ACCOUNTS_MAX {
        return None;
    }
    let mut accounts = accounts;
    let first = accounts.next();
    let label = first.map_or(BOX_LABEL, |first| first.record.label.as_str());
    let last = accounts.next_back().or(first);
    // Numbers are never given out again: the gap of an account that is gone stays.
    let id = last.map_or(Some(AccountId::FIRST.0), |last| last.id.0.checked_add(1))?;
    Some(new(AccountId(id), numbered(label, id)))
}

/// `label` with a number behind it, no longer than a label may be.
fn numbered(label: &str, number: u32) -> String {
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

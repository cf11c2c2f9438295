//! Names that are unique all over the world: ULIDs (github.com/ulid/spec), 48 bits of time and 80 of
//! chance in 26 characters of Crockford's base 32.
//!
//! Pure: time and chance are handed in. An account needs no chance of its own: its name is made of the
//! box's and its number, so that nothing has to be kept for it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::account::AccountId;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of one.
const LENGTH: usize = 26;

/// A ULID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ulid(u128);

/// Why a text is not a ULID.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("it is not a ULID: 26 characters of Crockford's base 32")]
pub struct UlidError;

impl Ulid {
    /// Of a time in milliseconds since 1970 (the lower 48 bits count) and a number made by chance (the
    /// lower 80 bits count).
    #[must_use]
    pub fn new(unix_ms: u64, chance: u128) -> Self {
        let time = u128::from(unix_ms) & ((1 << 48) - 1);
        Self((time << 80) | (chance & ((1 << 80) - 1)))
    }

    /// Its 128 bits.
    #[must_use]
    pub fn bits(self) -> u128 {
        self.0
    }

    /// The one with these bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..LENGTH).rev() {
            let digit = (self.0 >> (5 * place)) & 31;
            // Five bits are below 32.
            let letter = ALPHABET[usize::try_from(digit).unwrap_or(0)];
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for Ulid {
    type Err = UlidError;

    /// Upper case only, and no look-alikes: one spelling for each.
    fn from_str(text: &str) -> Result<Self, UlidError> {
        let bytes = text.as_bytes();
        // 26 times five bits are two more than there are.
        if bytes.len() != LENGTH || bytes[0] > b'7' {
            return Err(UlidError);
        }
        bytes.iter().try_fold(Self(0), |Self(bits), byte| {
            let digit = ALPHABET.iter().position(|letter| letter == byte);
            Ok(Self((bits << 5) | digit.ok_or(UlidError)? as u128))
        })
    }
}

/// The names of this box's accounts on the wire: `ses_` and a ULID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionIds {
    /// Made once for each store.
    box_id: Ulid,
}

impl SessionIds {
    /// Of the box of that name.
    #[must_use]
    pub fn new(box_id: Ulid) -> Self {
        Self { box_id }
    }

    /// The name of an account: the box's, with the account's number added to its time.
    #[must_use]
    pub fn name(self, account: AccountId) -> String {
        let time = (self.box_id.0 >> 80).wrapping_add(u128::from(account.0));
        let chance = self.box_id.0 & ((1 << 80) - 1);
        format!("ses_{}", Ulid(((time & ((1 << 48) - 1)) << 80) | chance))
    }

    /// The account of that name; `None` when no account of this box can have it.
    #[must_use]
    pub fn account(self, name: &str) -> Option<AccountId> {
        let named: Ulid = name.strip_prefix("ses_")?.parse().ok()?;
        let time = (named.0 >> 80).wrapping_sub(self.box_id.0 >> 80) & ((1 << 48) - 1);
        let account = AccountId(u32::try_from(time).ok().filter(|number| *number > 0)?);
        (self.name(account) == name).then_some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_reads_and_prints() {
        let text = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let ulid: Ulid = text.parse().unwrap();
        assert_eq!(ulid.to_string(), text);
        assert_eq!(ulid.bits() >> 80, 1_469_922_850_259);
        assert_eq!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse(), Ok(Ulid(u128::MAX)));
    }

    #[test]
    fn one_spelling_each() {
        for wrong in [
            "",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01ARZ3NDEKTSV4RRFFQ69G5FÄ",
        ] {
            assert_eq!(wrong.parse::<Ulid>(), Err(UlidError), "{wrong}");
        }
    }

    #[test]
    fn accounts_have_names_that_lead_back() {
        for box_id in [Ulid(0), Ulid(u128::MAX), Ulid::new(1_772_348_709_250, 77)] {
            let ids = SessionIds::new(box_id);
            for number in [1, 2, 50, u32::MAX] {
                let name = ids.name(AccountId(number));
                assert_eq!(ids.account(&name), Some(AccountId(number)), "{name}");
            }
            assert_eq!(ids.account(&ids.name(AccountId(0))), None);
        }
        let ids = SessionIds::new(Ulid::new(5, 6));
        let other = SessionIds::new(Ulid::new(5, 7));
        assert_eq!(ids.account(&other.name(AccountId::FIRST)), None);
        assert_eq!(ids.account("ses_1"), None);
    }
}

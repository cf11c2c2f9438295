//! Whom `to` means: from what a program or a person wrote to a chat.
//!
//! * With an `@` it is an address: `…@s.whatsapp.net`, `…@c.us` (as WAHA writes it), `…@lid`, `…@g.us`.
//! * `+` or `00` before it, it is a number with its country code; a `(0)` in it is left out, people write
//!   `+44 (0)20…`.
//! * Without, and the account has a country prefix: a leading `0` is replaced by the prefix; a number that
//!   begins with the prefix and has at least [`NATIONAL_MIN`] digits after it has its country code
//!   already; any other gets the prefix put before it.
//! * Without, and the account has none, it has to have its country code.
//!
//! Spaces and `- ( ) . /` between digits count for nothing.

use thiserror::Error;

use super::address::{Chat, Person};
use crate::account::{CountryPrefix, E164};

/// Digits after a country code from which on a number is taken to have that code: the shortest national
/// numbers in wide use (Iceland, Estonia) have seven. A national number that happens to begin like its own
/// country code is shorter than both together nearly everywhere; where it is not, write `+`.
pub const NATIONAL_MIN: usize = 7;

/// Why nobody is meant. Prints without what was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{}", self.words())]
pub enum RecipientError {
    /// It is empty.
    Empty,
    /// It has an `@`, and is no address.
    Address,
    /// It has a character that no number has.
    Character,
    /// Too few or too many digits.
    Length,
    /// It begins with 0 and the account has no country prefix.
    NoCountry,
    /// A group stands where a person has to.
    Group,
}

impl RecipientError {
    /// What is wrong, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::Address => {
                "it is no address of a person (…@s.whatsapp.net, …@c.us, …@lid) or group (…@g.us)"
            }
            Self::Character => "it is neither a phone number nor a WhatsApp address",
            Self::Length => "a phone number has 7 to 15 digits with its country code",
            Self::NoCountry => "a number without country code needs the account's country prefix",
            Self::Group => "a group cannot be mentioned",
        }
    }
}

/// The chat that is meant.
///
/// # Errors
/// [`RecipientError`].
pub fn recipient(to: &str, prefix: Option<&CountryPrefix>) -> Result<Chat, RecipientError> {
    let to = to.trim();
    if to.is_empty() {
        return Err(RecipientError::Empty);
    }
    if to.contains('@') {
        return to.parse().map_err(|_| RecipientError::Address);
    }
    number(to, prefix).map(|phone| Chat::Person(Person::Phone(phone)))
}

/// The person that is meant, where no group can be.
///
/// # Errors
/// [`RecipientError`].
pub fn person(who: &str, prefix: Option<&CountryPrefix>) -> Result<Person, RecipientError> {
    match recipient(who, prefix)? {
        Chat::Person(person) => Ok(person),
        Chat::Group(_) => Err(RecipientError::Group),
    }
}

/// The number that is meant.
fn number(text: &str, prefix: Option<&CountryPrefix>) -> Result<E164, RecipientError> {
    let international = text.starts_with('+');
    let text = text.strip_prefix('+').unwrap_or(text);
    let spread: String = text
        .chars()
        .filter(|c| !" -./\u{a0}".contains(*c))
        .collect();
    let zeros = spread.starts_with("00");
    let spread = if international || zeros {
        spread.replace("(0)", "")
    } else {
        spread
    };
    let digits: String = spread.chars().filter(|c| !"()".contains(*c)).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RecipientError::Character);
    }
    let whole = if international {
        digits
    } else if let Some(rest) = digits.strip_prefix("00") {
        rest.to_owned()
    } else {
        with_country(digits, prefix)?
    };
    if whole.starts_with('0') {
        return Err(RecipientError::NoCountry);
    }
    whole.parse().map_err(|_| RecipientError::Length)
}

/// A number as it is dialled at home, with its country code.
fn with_country(digits: String, prefix: Option<&CountryPrefix>) -> Result<String, RecipientError> {
    let national = digits.strip_prefix('0');
    match (prefix, national) {
        (None, None) => Ok(digits),
        (None, Some(_)) => Err(RecipientError::NoCountry),
        (Some(prefix), Some(national)) => Ok(format!("{}{national}", prefix.digits())),
        (Some(prefix), None) => {
            let rest = digits.strip_prefix(prefix.digits());
            Ok(if rest.is_some_and(|rest| rest.len() >= NATIONAL_MIN) {
                digits
            } else {
                format!("{}{digits}", prefix.digits())
            })
        }
    }
}

//! Who an account is: its local number, its label, and the phone number behind it.
//!
//! Only identifiers belong here: small values without behaviour beyond parsing, printing and
//! redaction. A phone number never prints in full by accident: `Debug` and `Display` of [`E164`]
//! show the last four digits, and the full number has to be asked for by name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::limits;
use crate::time::UnixMillis;

/// The local number of an account: the key prefix of everything the store keeps for it.
///
/// Numbers start at 1 and are never given out again within one store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccountId(pub u32);

impl AccountId {
    /// The account every box has from its first start.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of one start of a link. Grows with every start, so that whatever an older link still
/// says can be told apart and dropped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A phone number in international form: 7 to 15 digits, no leading zero (ITU-T E.164).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(String);

/// Why a text is not a phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum E164Error {
    /// A character that is neither a digit nor one of `+ - ( )` or a space.
    #[error("a phone number has digits only (and + - ( ) as decoration)")]
    Character,
    /// Fewer than 7 or more than 15 digits.
    #[error("a phone number has 7 to 15 digits with its country code")]
    Length,
    /// The country code is missing.
    #[error("a phone number starts with its country code, not with 0")]
    LeadingZero,
}

impl E164 {
    /// All digits, without `+`. Not for logs.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last four digits: the most of a number that panel, page and log may show.
    #[must_use]
    pub fn last4(&self) -> &str {
        // Digits are ASCII and at least seven (checked when parsed), so the cut is on a boundary.
        &self.0[self.0.len() - 4..]
    }
}

impl FromStr for E164 {
    type Err = E164Error;

    fn from_str(text: &str) -> Result<Self, E164Error> {
        let mut digits = String::with_capacity(15);
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '+' | '-' | '(' | ')' | ' ' => {}
                _ => return Err(E164Error::Character),
            }
        }
        if !(7..=15).contains(&digits.len()) {
            return Err(E164Error::Length);
        }
        if digits.starts_with('0') {
            return Err(E164Error::LeadingZero);
        }
        Ok(Self(digits))
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164(…{})", self.last4())
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", self.last4())
    }
}

/// The name of an account: 1 to [`limits::LABEL_CHARS`] characters without surrounding white space,
/// none of them a control character. Shown on panel and page, and in the phone's list of linked devices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label(String);

/// Why a text is not a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "a name has 1 to {} characters, none of them a control character",
    limits::LABEL_CHARS
)]
pub struct LabelError;

impl Label {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let text = text.trim();
        let fits = (1..=limits::LABEL_CHARS).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(LabelError)
        }
    }
}

/// The country code put before numbers that come without one: 1 to 3 digits, the first not a zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountryPrefix(String);

/// Why a text is not a country code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a country code has 1 to 3 digits and does not start with 0")]
pub struct CountryPrefixError;

impl CountryPrefix {
    /// Its digits, without `+`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for CountryPrefix {
    type Err = CountryPrefixError;

    fn from_str(text: &str) -> Result<Self, CountryPrefixError> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits && !digits.starts_with('0') {
            Ok(Self(digits.to_owned()))
        } else {
            Err(CountryPrefixError)
        }
    }
}

/// What is kept of an account beside its WhatsApp identity: the part a person decides, and the little
/// that has to be remembered about it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AccountRecord {
    /// The name people gave it; shown on panel and page, and in the phone's list of linked devices.
    pub label: String,
    /// Whether it should be online: the desired state, not the present one.
    pub enabled: bool,
    /// The code of the last fault (see [`crate::fault::Fault::code`]), kept for people's questions only.
    pub last_reason: Option<String>,
    /// The country code for numbers that come without one.
    pub country_prefix: Option<CountryPrefix>,
    /// When the owner's phone was last heard of, to the day at least: WhatsApp unlinks this box about
    /// 14 days after a phone went silent.
    pub phone_seen: Option<UnixMillis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_is_stripped_and_nothing_else() {
        let number: E164 = "+62 (812) 345-6789".parse().unwrap();
        assert_eq!(number.digits(), "628123456789");
        assert_eq!("62812x".parse::<E164>(), Err(E164Error::Character));
        assert_eq!("123456".parse::<E164>(), Err(E164Error::Length));
        assert_eq!("1234567890123456".parse::<E164>(), Err(E164Error::Length));
        assert_eq!("08123456789".parse::<E164>(), Err(E164Error::LeadingZero));
    }

    #[test]
    fn printing_shows_four_digits_at_most() {
        let number: E164 = "15550001111".parse().unwrap();
        assert_eq!(format!("{number} {number:?}"), "…1111 E164(…1111)");
    }
}

//! A session as the API tells it: the parts that are shown to people. Pure.
//!
//! Fields may be missing and more may come: a service of another version is better shown in part than
//! not at all. What scripts get is the service's text itself, never this.

use serde::Deserialize;

/// One account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Session {
    /// `ses_…`
    pub id: String,
    /// Its name.
    pub label: String,
    /// The canonical word.
    pub status: String,
    /// What the panel says.
    pub status_text: String,
    /// It should be online.
    pub enabled: bool,
    /// It holds an identity.
    pub linked: bool,
    /// The whole number.
    pub phone: Option<String>,
    /// The owner's name.
    pub push_name: Option<String>,
    /// What is on show to be paired with.
    pub pairing: Option<Pairing>,
    /// The fault's code while failed.
    pub reason: Option<String>,
    /// What a person can do about it.
    pub advice: Option<String>,
    /// Technical words on why this state lasts.
    pub detail: Option<String>,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
    /// While reconnecting.
    pub reconnect: Option<Reconnect>,
    /// When a failed session is tried again by itself.
    pub retry_in_ms: Option<u64>,
    /// The owner's phone has been silent for long.
    pub phone_silent: Option<PhoneSilent>,
    /// The country code for numbers without one.
    pub country_prefix: Option<String>,
    /// How long it has been in this state.
    pub since_ms: Option<u64>,
    /// When it last logged in, RFC 3339.
    pub last_connected_at: Option<String>,
    /// When a message last came or went, RFC 3339.
    pub last_message_at: Option<String>,
}

/// What is on show to be paired with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pairing {
    /// Which QR of this run, from 1.
    pub seq: Option<u32>,
    /// How many QRs are still to come.
    pub remaining: Option<u32>,
    /// How long the QR is good for.
    pub expires_in_ms: Option<u64>,
    /// The code to type, `ABCD-1234`.
    pub code: Option<String>,
    /// How long that is good for.
    pub code_expires_in_ms: Option<u64>,
}

/// The last thing that went wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LastError {
    /// A stable code.
    pub code: String,
    /// Technical words.
    pub message: Option<String>,
    /// How long ago.
    pub ago_ms: Option<u64>,
}

/// While reconnecting.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reconnect {
    /// Attempts so far.
    pub attempt: u32,
    /// When the next one starts.
    pub next_in_ms: Option<u64>,
}

/// The owner's phone has been silent for long.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhoneSilent {
    /// Whole days.
    pub days: u64,
    /// About two days are left.
    pub urgent: bool,
}

impl Session {
    /// The last four digits, as panel and log show them: a terminal's scroll-back outlives a glance.
    #[must_use]
    pub fn last4(&self) -> Option<String> {
        let digits: Vec<char> = self
            .phone
            .as_deref()?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let cut = digits.len().checked_sub(4)?;
        Some(digits[cut..].iter().collect())
    }
}

/// The part of `GET /api/v1/status` that is about the box.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Overview {
    /// The program's version.
    pub version: String,
    /// The id of the session the panel shows.
    pub selected: String,
    /// The process is ending.
    pub shutting_down: bool,
    /// The panel.
    pub panel: Health,
    /// The disk.
    pub store: Health,
    /// All accounts, in order.
    pub sessions: Vec<Session>,
}

/// How a part of the box does.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Health {
    /// A word.
    pub status: String,
    /// The reason in technical words.
    pub why: Option<String>,
    /// What was written lately (the storage's), from a service that knows.
    pub written: Option<Written>,
}

/// What was written to the disk lately.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(default)]
pub struct Written {
    /// Bytes a day at this rate.
    pub day_bytes: Option<u64>,
    /// More than a memory card should take.
    pub heavy: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_four_digits_are_shown() {
        let of = |phone: Option<&str>| {
            let phone = phone.map(str::to_owned);
            Session {
                phone,
                ..Session::default()
            }
            .last4()
        };
        assert_eq!(of(Some("+15550001234")).as_deref(), Some("1234"));
        assert_eq!(of(Some("15550001234")).as_deref(), Some("1234"));
        assert_eq!(of(Some("…1234")).as_deref(), Some("1234"));
        assert_eq!(of(Some("12")), None);
        assert_eq!(of(None), None);
    }

    #[test]
    fn what_is_missing_or_new_is_no_obstacle() {
        let session: Session =
            serde_json::from_str(r#"{"id":"ses_X","label":"shop","novel":{"a":1}}"#).unwrap();
        assert_eq!((session.label.as_str(), session.linked), ("shop", false));
    }
}

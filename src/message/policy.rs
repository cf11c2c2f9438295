//! Who may write, and what is done with what they write: the policy of an account, as the API shows it.
//!
//! The judgement itself ([`crate::message::intake`]) knows people by number and by hidden identity.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::address::Person;
use super::entry::{Entry, lists};
use super::field::FieldError;
use crate::limits::{EMOJI_BYTES, POLICY_ENTRIES};
use crate::time::UnixMillis;

/// The policy of an account. Its JSON is the body of `PUT …/policy`; what is left out is the default.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Who may write to the account directly.
    pub dm: DmPolicy,
    /// Who may: `+15551234567`, `…@lid`, `…@s.whatsapp.net`, or `*`. Approved people are added here.
    pub allow_from: Vec<String>,
    /// What happens in groups.
    pub groups: GroupPolicy,
    /// Which groups (`…@g.us`), or people in any group, as in `allow_from`.
    pub group_allow_from: Vec<String>,
    /// In groups, only messages that mention the account or answer it count.
    pub require_mention: bool,
    /// What every message that was taken gets as a reaction, as `👀`.
    pub ack_reaction: Option<String>,
    /// Messages that were taken are marked as read.
    pub read_receipts: bool,
    /// What the owner writes to themselves counts as a message to the account.
    pub self_chat: bool,
    /// Whether people who never wrote (or not for long) may be written to.
    pub cold_send: ColdSend,
}

/// Its lists are numbers of people: how many, and not which.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("dm", &self.dm)
            .field("allow_from", &self.allow_from.len())
            .field("groups", &self.groups)
            .field("group_allow_from", &self.group_allow_from.len())
            .field("require_mention", &self.require_mention)
            .field("self_chat", &self.self_chat)
            .field("cold_send", &self.cold_send)
            .finish_non_exhaustive()
    }
}

impl Default for Policy {
    /// A gateway's: everything is taken, nothing is answered unasked.
    fn default() -> Self {
        Self {
            dm: DmPolicy::Open,
            allow_from: Vec::new(),
            groups: GroupPolicy::Open,
            group_allow_from: Vec::new(),
            require_mention: false,
            ack_reaction: None,
            read_receipts: false,
            self_chat: false,
            cold_send: ColdSend::Warn,
        }
    }
}

impl Policy {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`FieldError`]: an entry that means nobody, a list that is too long, or a reaction that is none.
    pub fn check(&self) -> Result<(), FieldError> {
        check_list("allow_from", &self.allow_from, false)?;
        check_list("group_allow_from", &self.group_allow_from, true)?;
        match &self.ack_reaction {
            Some(text) if !is_emoji(text) => Err(FieldError::new(
                "ack_reaction",
                "it has to be one emoji; leave it out for none",
            )),
            _ => Ok(()),
        }
    }

    /// Lets a person write directly, by every name that is known of them.
    pub fn admit(&mut self, person: &Person) {
        let phone = person.phone().cloned().map(Person::Phone);
        let lid = person.lid().cloned().map(Person::Hidden);
        for alias in phone.into_iter().chain(lid) {
            if !lists(&self.allow_from, &alias) {
                self.allow_from.push(match &alias {
                    Person::Phone(phone) | Person::Both(phone, _) => format!("+{}", phone.digits()),
                    Person::Hidden(_) => alias.jid(),
                });
            }
        }
    }
}

fn check_list(field: &str, list: &[String], groups: bool) -> Result<(), FieldError> {
    if list.len() > POLICY_ENTRIES {
        let why = format!("it has more than {POLICY_ENTRIES} entries");
        return Err(FieldError::new(field, why));
    }
    for (place, entry) in list.iter().enumerate() {
        let field = || format!("{field}[{place}]");
        match entry.parse::<Entry>() {
            Ok(Entry::Group(_)) if !groups => {
                let why = "it is a group; groups are named in group_allow_from";
                return Err(FieldError::new(field(), why));
            }
            Ok(_) => {}
            Err(error) => return Err(FieldError::new(field(), error.to_string())),
        }
    }
    Ok(())
}

/// One character as people see it, and no letter, digit or sign of a keyboard.
fn is_emoji(text: &str) -> bool {
    let shown = text.chars().any(|c| !c.is_ascii() && !c.is_alphanumeric());
    let plain = text.chars().any(|c| c.is_whitespace() || c.is_control());
    text.graphemes(true).count() == 1 && text.len() <= EMOJI_BYTES && shown && !plain
}

/// Who may write to an account directly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DmPolicy {
    /// Those on the list; whoever is not gets a code, which somebody in charge may approve.
    Pairing,
    /// Those on the list.
    Allowlist,
    /// Everybody.
    Open,
    /// Nobody.
    Disabled,
}

/// What happens in groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupPolicy {
    /// Only the groups and people on the list count.
    Allowlist,
    /// All groups count.
    Open,
    /// No group counts.
    Disabled,
}

/// Whether people who did not write first may be written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColdSend {
    /// No: 403 `cold_send_blocked`.
    Block,
    /// Yes, and the answer says that it was cold.
    Warn,
    /// Yes.
    Off,
}

/// Why a message was not taken. Counted, logged and told (`policy.denied`), each time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Direct messages are off.
    DmDisabled,
    /// The sender is not on the list.
    NotAllowed,
    /// The sender is unknown and waits for approval, or was told to.
    PairingRequired,
    /// The sender is unknown, and too many wait already.
    TooManyWaiting,
    /// Groups are off.
    GroupsDisabled,
    /// Neither the group nor the sender is on the list.
    GroupNotAllowed,
    /// In a group, and the account is not mentioned.
    NotMentioned,
    /// The owner wrote it to themselves, and that does not count.
    SelfChat,
    /// A status, a channel or a broadcast: no chat.
    NotAChat,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::DmDisabled,
        Self::NotAllowed,
        Self::PairingRequired,
        Self::TooManyWaiting,
        Self::GroupsDisabled,
        Self::GroupNotAllowed,
        Self::NotMentioned,
        Self::SelfChat,
        Self::NotAChat,
    ];

    /// The stable word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DmDisabled => "dm_disabled",
            Self::NotAllowed => "not_allowed",
            Self::PairingRequired => "pairing_required",
            Self::TooManyWaiting => "too_many_waiting",
            Self::GroupsDisabled => "groups_disabled",
            Self::GroupNotAllowed => "group_not_allowed",
            Self::NotMentioned => "not_mentioned",
            Self::SelfChat => "self_chat",
            Self::NotAChat => "not_a_chat",
        }
    }
}

/// Somebody unknown who wrote, and waits to be approved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Eight characters without look-alikes (`A-Z`, `2-9`); told to the sender, typed by whoever approves.
    pub code: String,
    /// Who.
    pub person: Person,
    /// The name they give themselves.
    pub name: Option<String>,
    /// When they wrote.
    pub asked_at: UnixMillis,
    /// When it ends: an hour later.
    pub expires_at: UnixMillis,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?})", self.person)
    }
}

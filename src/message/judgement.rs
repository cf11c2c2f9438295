//! Whether a message is taken: the policy of its account, applied.

use super::address::{Chat, GroupJid, Person};
use super::content::Content;
use super::entry::{lists, lists_group};
use super::inbound::Inbound;
use super::policy::{DmPolicy, GroupPolicy, Policy, Refusal};

/// Who takes part in a message, with every name that is known of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties<'a> {
    /// The account.
    pub me: &'a Person,
    /// Who wrote it.
    pub sender: &'a Person,
    /// Where.
    pub chat: &'a Chat,
}

/// What a policy says of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It is taken.
    Taken,
    /// The owner wrote it to somebody: it is kept, and nobody is told.
    Own,
    /// It is not.
    Refused(Refusal),
    /// Its sender is unknown, and may ask to be let in.
    Unknown,
}

/// Judges. `target_kept`: the message that this one is about is in the ring.
pub(super) fn judge(
    policy: &Policy,
    parties: Parties<'_>,
    inbound: &Inbound,
    target_kept: bool,
) -> Verdict {
    match parties.chat {
        Chat::Person(person) if inbound.from_me => {
            if !person.is(parties.me) {
                Verdict::Own
            } else if policy.self_chat {
                Verdict::Taken
            } else {
                Verdict::Refused(Refusal::SelfChat)
            }
        }
        Chat::Group(_) if inbound.from_me => Verdict::Own,
        Chat::Person(_) => direct(policy, parties.sender),
        Chat::Group(group) => {
            let addressed = || addresses(parties.me, inbound, target_kept);
            in_group(policy, group, parties.sender, addressed)
        }
    }
}

fn direct(policy: &Policy, sender: &Person) -> Verdict {
    match policy.dm {
        DmPolicy::Open => Verdict::Taken,
        DmPolicy::Disabled => Verdict::Refused(Refusal::DmDisabled),
        DmPolicy::Pairing | DmPolicy::Allowlist if lists(&policy.allow_from, sender) => {
            Verdict::Taken
        }
        DmPolicy::Pairing => Verdict::Unknown,
        DmPolicy::Allowlist => Verdict::Refused(Refusal::NotAllowed),
    }
}

fn in_group(
    policy: &Policy,
    group: &GroupJid,
    sender: &Person,
    addressed: impl FnOnce() -> bool,
) -> Verdict {
    let list = &policy.group_allow_from;
    let allowed = match policy.groups {
        GroupPolicy::Disabled => return Verdict::Refused(Refusal::GroupsDisabled),
        GroupPolicy::Open => true,
        GroupPolicy::Allowlist => lists_group(list, group) || lists(list, sender),
    };
    if !allowed {
        Verdict::Refused(Refusal::GroupNotAllowed)
    } else if policy.require_mention && !addressed() {
        Verdict::Refused(Refusal::NotMentioned)
    } else {
        Verdict::Taken
    }
}

/// Whether a message in a group speaks to the account: it mentions it, answers it, or is about a
/// message that did (or that was ours).
fn addresses(me: &Person, inbound: &Inbound, target_kept: bool) -> bool {
    let mentioned = inbound.mentioned.iter().any(|person| person.is(me));
    let answers = inbound
        .quoted
        .as_ref()
        .is_some_and(|quoted| quoted.sender.is(me));
    let about = match inbound.content {
        Content::Reaction { .. } | Content::Edit { .. } | Content::Revoke { .. } => target_kept,
        Content::Text { .. }
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contact { .. }
        | Content::Other { .. } => false,
    };
    mentioned || answers || about
}

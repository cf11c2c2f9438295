//! What becomes of a message that came in: one decision, made of everything that is known at that moment.
//!
//! The store calls it inside the transaction that keeps the message, so that the message, what is told of
//! it, what is answered and what is remembered are there together or not at all.

mod case;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use self::case::Case;
use super::address::{Chat, Person};
use super::event::NewEvent;
use super::inbound::Inbound;
use super::judgement::{Parties, Verdict, judge};
use super::outbound::Outbound;
use super::payload::Subject;
use super::policy::{Policy, Refusal, Request};
use super::route::Routes;
use super::webhook::{Webhook, WebhookId};
use crate::account::AccountId;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// What the owner decided about messages: policies, routes, webhooks. Published as one value, anew after
/// each change; an account that is not in it has the defaults.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    /// The policy of each account that has one.
    pub policies: BTreeMap<AccountId, Policy>,
    /// The routes of each account that has some.
    pub routes: BTreeMap<AccountId, Routes>,
    /// All webhooks.
    pub webhooks: BTreeMap<WebhookId, Webhook>,
}

/// What is remembered of a person who wrote to an account.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Acquaintance {
    /// Who.
    pub person: Person,
    /// The name they gave themselves last.
    pub name: Option<String>,
    /// When they wrote last.
    pub wrote_at: UnixMillis,
    /// The route they talk to, and until when; refreshed at most once a minute.
    pub sticky: Option<(String, UnixMillis)>,
}

/// Without the name.
impl fmt::Debug for Acquaintance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquaintance")
            .field("person", &self.person)
            .field("wrote_at", &self.wrote_at)
            .field("sticky", &self.sticky)
            .finish_non_exhaustive()
    }
}

/// What is known when a message is judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Names events; made once for each store.
    pub box_id: Ulid,
    /// Whose message it is.
    pub account: AccountId,
    /// Who the account is.
    pub me: &'a Person,
    /// What the owner decided.
    pub settings: &'a Settings,
    /// What is remembered of the sender.
    pub sender: Option<&'a Acquaintance>,
    /// Who waits for approval, with those that ran out.
    pub requests: &'a [Request],
    /// The message this one is about (a reaction, an edit, a revoke: their target) is in the ring: it
    /// was taken, or it was ours. Only asked in groups that want a mention.
    pub target_kept: bool,
    /// The time.
    pub now: UnixMillis,
    /// Made by chance for this message: codes and ids come from it.
    pub chance: [u8; 16],
    /// Where the page is, as `http://192.168.1.20:8080`: before the path of a media URL.
    pub page: Option<&'a str>,
    /// The account's name on the wire.
    pub session: &'a str,
}

/// What becomes of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// It is kept in the ring.
    pub keep: bool,
    /// Why it was not taken.
    pub refused: Option<Refusal>,
    /// What is told, in this order, and to whom (streams hear all of it).
    pub events: Vec<(NewEvent, Vec<WebhookId>)>,
    /// What is remembered of the sender from now on, if that is news.
    pub acquaintance: Option<Acquaintance>,
    /// Somebody new who waits for approval.
    pub request: Option<Request>,
    /// What is sent back: the answer to a command, a code, a reaction.
    pub say: Vec<Outbound>,
    /// Mark it as read.
    pub mark_read: bool,
}

/// Decides. Everything a message causes is in the answer; nothing is looked up elsewhere.
#[must_use]
pub fn decide(facts: &Facts<'_>, inbound: &Inbound) -> Decision {
    let known = facts.sender.map(|it| &it.person);
    let all_of = |person: &Person| {
        let person = known.map_or_else(|| person.clone(), |known| person.joined(known));
        person.joined(facts.me)
    };
    let sender = all_of(&inbound.sender);
    let chat = match &inbound.chat {
        Chat::Person(person) => Chat::Person(all_of(person)),
        group @ Chat::Group(_) => group.clone(),
    };
    let default = Policy::default();
    let case = Case {
        facts,
        policy: facts
            .settings
            .policies
            .get(&facts.account)
            .unwrap_or(&default),
        subject: Subject {
            inbound,
            me: facts.me,
            sender: &sender,
            chat: &chat,
        },
        chat_id: &chat.id(),
        sender_id: &sender.jid(),
    };
    let parties = Parties {
        me: facts.me,
        sender: &sender,
        chat: &chat,
    };
    match judge(case.policy, parties, inbound, facts.target_kept) {
        Verdict::Own => Decision {
            keep: true,
            ..Decision::default()
        },
        Verdict::Refused(reason) => case.refused(reason),
        Verdict::Unknown => case.unknown(),
        Verdict::Taken => case.taken(),
    }
}

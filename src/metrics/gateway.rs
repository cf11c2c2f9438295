//! What the gateway counts: messages, refusals, deliveries, and how the lines of the webhooks stand. Pure
//! but for the lock around the sums.

use std::collections::BTreeMap;

use super::Metrics;
use super::exposition::Exposition;
use crate::account::AccountId;
use crate::message::policy::Refusal;
use crate::message::webhook::Line;
use crate::time::UnixMillis;
use crate::ulid::SessionIds;

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// To the account.
    Inbound,
    /// From the account.
    Outbound,
}

impl Way {
    /// The word for it in the API and in metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// How an attempt to deliver to a webhook ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// The receiver took it.
    Delivered,
    /// It is tried again later.
    Retried,
    /// It was given up: it waits for a person.
    Dead,
    /// The receiver is gone for good (410): the webhook was switched off.
    Gone,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Delivered, Self::Retried, Self::Dead, Self::Gone];

    fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::Gone => "gone",
        }
    }
}

/// How all lines stand at the moment of asking.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lines {
    /// Deliveries that wait.
    pub pending: u64,
    /// Given up.
    pub dead: u64,
    /// Dropped because of the caps.
    pub dropped: u64,
    /// When the oldest that waits came in.
    pub oldest: Option<UnixMillis>,
}

impl Lines {
    /// All lines as one.
    #[must_use]
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        lines.into_iter().fold(Self::default(), |sum, line| Self {
            pending: sum.pending + line.pending,
            dead: sum.dead + line.dead,
            dropped: sum.dropped + line.dropped,
            oldest: [sum.oldest, line.oldest].into_iter().flatten().min(),
        })
    }

    pub(super) fn write(&self, out: &mut Exposition, now: Option<UnixMillis>) {
        let what = "Deliveries that wait for a webhook.";
        out.gauge("pairbox_webhook_queue_depth", what);
        out.sample(&[], &self.pending);
        let age_ms = match (self.oldest, now) {
            (Some(oldest), Some(now)) => now.0.saturating_sub(oldest.0),
            _ => 0,
        };
        let what = "How long the oldest of them has waited; 0 when none waits.";
        out.gauge("pairbox_webhook_oldest_seconds", what);
        out.sample(&[], &(age_ms / 1000));
        let what = "Deliveries that were given up and wait for a person.";
        out.gauge("pairbox_webhook_dead", what);
        out.sample(&[], &self.dead);
        let what = "Deliveries dropped because of the caps, since the webhooks were made.";
        out.counter("pairbox_webhook_dropped_total", what);
        out.sample(&[], &self.dropped);
    }
}

/// The sums.
#[derive(Default)]
pub(super) struct Traffic {
    messages: BTreeMap<(AccountId, Way, &'static str), u64>,
    denied: BTreeMap<&'static str, u64>,
    deliveries: BTreeMap<&'static str, u64>,
}

impl Traffic {
    /// Accounts come and go for years; names of those that are gone are nobody's question.
    pub fn retain(&mut self, kept: impl Fn(&AccountId) -> bool) {
        self.messages.retain(|(id, ..), _| kept(id));
    }

    /// What is known beforehand says 0, so that the first of a kind is seen as a change.
    pub fn write(&self, out: &mut Exposition, ids: SessionIds) {
        let what = "Messages taken in, and messages WhatsApp's server took.";
        out.counter("pairbox_messages_total", what);
        for ((account, way, kind), times) in &self.messages {
            let session = ids.name(*account);
            let labels = [
                ("session", session.as_str()),
                ("direction", way.word()),
                ("type", kind),
            ];
            out.sample(&labels, times);
        }
        let count = |sums: &BTreeMap<&'static str, u64>, word| sums.get(word).copied();
        let what = "Messages that were not taken, by the reason.";
        out.counter("pairbox_policy_denied_total", what);
        for word in Refusal::ALL.map(Refusal::code) {
            let times = count(&self.denied, word).unwrap_or(0);
            out.sample(&[("reason", word)], &times);
        }
        let what = "Attempts to deliver to webhooks, by how they ended.";
        out.counter("pairbox_webhook_deliveries_total", what);
        for word in Outcome::ALL.map(Outcome::word) {
            let times = count(&self.deliveries, word).unwrap_or(0);
            out.sample(&[("outcome", word)], &times);
        }
    }
}

impl Metrics {
    /// A message was taken in, or WhatsApp's server took one of ours. `kind`: the word of its content.
    pub fn message(&self, account: AccountId, way: Way, kind: &'static str) {
        self.with(|tally| {
            let sum = tally.traffic.messages.entry((account, way, kind));
            *sum.or_default() += 1;
        });
    }

    /// A message was not taken.
    pub fn denied(&self, why: Refusal) {
        self.with(|tally| *tally.traffic.denied.entry(why.code()).or_default() += 1);
    }

    /// An attempt to deliver to a webhook ended.
    pub fn delivery(&self, outcome: Outcome) {
        self.with(|tally| {
            let sum = tally.traffic.deliveries.entry(outcome.word());
            *sum.or_default() += 1;
        });
    }
}

//! One message, while it is decided: what each verdict and each rung of the ladder means for it.

use serde_json::Value;

use super::{Acquaintance, Decision, Facts};
use crate::journal::Kind;
use crate::limits::{ACQUAINTANCE_REFRESH_MS, ANSWER_LIFE_MS};
use crate::message::command::{self, Command};
use crate::message::content::Content;
use crate::message::event::{NewEvent, Payload};
use crate::message::hearing;
use crate::message::ladder::{Traveller, Way, climb};
use crate::message::naming::Origin;
use crate::message::outbound::{Draft, Outbound};
use crate::message::pairing::{self, Knock};
use crate::message::payload::{self, Subject};
use crate::message::policy::{Policy, Refusal};
use crate::message::route::{Route, Routes};
use crate::message::webhook::WebhookId;
use crate::time::UnixMillis;

/// A message and what is known about it, while it is decided.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub facts: &'a Facts<'a>,
    pub policy: &'a Policy,
    pub subject: Subject<'a>,
    /// The chat's address.
    pub chat_id: &'a str,
    /// The sender's.
    pub sender_id: &'a str,
}

impl<'a> Case<'a> {
    /// It is not taken.
    pub fn refused(self, reason: Refusal) -> Decision {
        let payload = payload::denied(self.subject, reason);
        Decision {
            refused: Some(reason),
            events: vec![self.heard_by_all(Kind::PolicyDenied, payload)],
            ..Decision::default()
        }
    }

    /// Its sender is unknown, and may ask to be let in.
    pub fn unknown(self) -> Decision {
        let Subject {
            inbound, sender, ..
        } = self.subject;
        let asks = is_message(&inbound.content) || matches!(inbound.content, Content::Other { .. });
        let facts = self.facts;
        let name = inbound.name.as_ref();
        let knock = pairing::knock(facts.requests, sender, name, asks, facts.now, &facts.chance);
        match knock {
            Knock::Refused(reason) => self.refused(reason),
            Knock::New(request) => {
                let told = payload::request(self.subject, &request);
                let mut decision = self.refused(Refusal::PairingRequired);
                let event = self.heard_by_all(Kind::PairingRequest, told);
                decision.events.push(event);
                let greeting = pairing::greeting(&request.code);
                decision.say.extend(self.answer("pairing", greeting));
                decision.acquaintance = self.acquaintance(None);
                decision.request = Some(request);
                decision
            }
        }
    }

    /// It is taken.
    pub fn taken(self) -> Decision {
        let inbound = self.subject.inbound;
        let routes = self.facts.settings.routes.get(&self.facts.account);
        let command = routes
            .filter(|routes| !routes.is_empty() && routes.link.is_none())
            .and_then(|routes| Some((routes, self.command()?)));
        let mut decision = match command {
            Some((routes, Command::New)) => self.afresh(routes),
            Some((routes, command)) => self.commanded(routes, command),
            None => self.delivered(routes),
        };
        decision.keep = true;
        let answerable = is_message(&inbound.content) && !inbound.from_me;
        decision.mark_read = self.policy.read_receipts && answerable;
        decision
    }

    /// The ordinary way: told, and acknowledged by a reaction if that is wanted.
    fn delivered(self, routes: Option<&'a Routes>) -> Decision {
        let way = self.way(routes, self.sticky());
        let stays = match (way, routes) {
            // Only what somebody says keeps them with a route, not an emoji on it; a glob never does.
            (Way::Sticky(route) | Way::Matched(route) | Way::Default(route), Some(routes))
                if is_message(&self.subject.inbound.content) =>
            {
                self.stay(routes, route)
            }
            _ => self.remembered_sticky(),
        };
        Decision {
            events: vec![self.told(way, None)],
            acquaintance: self.acquaintance(stays),
            say: self.reaction().into_iter().collect(),
            ..Decision::default()
        }
    }

    /// `/new`: the route that was talked to hears of it, and is not stayed with any longer.
    fn afresh(self, routes: &'a Routes) -> Decision {
        let way = self.way(Some(routes), self.sticky());
        Decision {
            events: vec![self.told(way, Some("new"))],
            acquaintance: self.acquaintance(None),
            say: self
                .answer("command", command::AFRESH.to_owned())
                .into_iter()
                .collect(),
            ..Decision::default()
        }
    }

    /// The other commands: answered by us, and no webhook hears of them.
    fn commanded(self, routes: &Routes, command: Command<'_>) -> Decision {
        let in_group = self.subject.chat.group().is_some();
        let mut sticky = self.remembered_sticky();
        let current = self.sticky();
        let answer = match command {
            Command::Agent(_) if in_group || routes.sticky_ttl == 0 => command::fixed(in_group),
            Command::Agent(name) => match routes.named(name) {
                Some(route) => {
                    sticky = self.stay(routes, route);
                    command::switched(&route.name)
                }
                None => command::list(routes, current, true),
            },
            Command::Agents => command::list(routes, current, false),
            // `/new` has a way of its own.
            Command::New | Command::Help => command::HELP.to_owned(),
        };
        Decision {
            acquaintance: self.acquaintance(sticky),
            say: self.answer("command", answer).into_iter().collect(),
            ..Decision::default()
        }
    }

    fn command(self) -> Option<Command<'a>> {
        match &self.subject.inbound.content {
            Content::Text { text } => command::parse(text, self.facts.me),
            _ => None,
        }
    }

    fn way(self, routes: Option<&'a Routes>, sticky: Option<&str>) -> Way<'a> {
        let facts = self.facts;
        let Some(routes) = routes else {
            return Way::Unrouted;
        };
        let text = match &self.subject.inbound.content {
            Content::Reaction { .. } => None,
            said => said.text(),
        };
        let traveller = Traveller {
            sender: self.subject.sender,
            group: self.subject.chat.group(),
            text,
            sticky,
        };
        climb(facts.settings, facts.account, routes, traveller)
    }

    /// The event of a message that was taken, and who hears of it.
    fn told(self, way: Way<'_>, command: Option<&str>) -> (NewEvent, Vec<WebhookId>) {
        let Subject { inbound, .. } = self.subject;
        let kind = kind(&inbound.content);
        let id = self.origin().event(kind, inbound.at);
        let url = matches!(inbound.content, Content::Media(_)).then(|| {
            let page = self.facts.page.unwrap_or_default();
            let session = self.facts.session;
            format!("{page}/api/v1/sessions/{session}/media/evt_{id}")
        });
        let route = way.route().map(|route| route.name.as_str());
        let payload = payload::message(self.subject, url.as_deref(), route, command);
        let Facts {
            settings, account, ..
        } = *self.facts;
        let named: Vec<WebhookId> = match settings.routes.get(&account) {
            Some(routes) => routes.webhooks().collect(),
            None => Vec::new(),
        };
        let listeners = hearing::listeners(settings, Some(account), kind);
        let mut to: Vec<WebhookId> = listeners.filter(|id| !named.contains(id)).collect();
        to.extend(way.webhook().filter(|id| self.wants(*id, kind)));
        (self.event(kind, payload), to)
    }

    /// A route's webhook gets its messages whatever it subscribes to; the rest as it likes.
    fn wants(self, id: WebhookId, kind: Kind) -> bool {
        let webhook = self.facts.settings.webhooks.get(&id);
        kind == Kind::Message || webhook.is_some_and(|it| hearing::subscribes(it, kind))
    }

    fn heard_by_all(self, kind: Kind, payload: Value) -> (NewEvent, Vec<WebhookId>) {
        let facts = self.facts;
        let to = hearing::listeners(facts.settings, Some(facts.account), kind).collect();
        (self.event(kind, payload), to)
    }

    fn event(self, kind: Kind, payload: Value) -> NewEvent {
        let at = self.subject.inbound.at;
        NewEvent {
            id: self.origin().event(kind, at),
            kind,
            account: Some(self.facts.account),
            at: Some(at),
            lane: self.chat_id.to_owned(),
            payload: Payload(payload),
        }
    }

    fn origin(self) -> Origin<'a> {
        let Facts {
            box_id, account, ..
        } = *self.facts;
        let inbound = self.subject.inbound;
        Origin::new(box_id, account, self.chat_id, self.sender_id, inbound)
    }

    fn answer(self, purpose: &str, text: String) -> Option<Outbound> {
        self.outbound(purpose, Draft::Text { text })
    }

    /// The reaction that says that a message was taken.
    fn reaction(self) -> Option<Outbound> {
        let Subject {
            inbound, sender, ..
        } = self.subject;
        let emoji = self.policy.ack_reaction.clone()?;
        let draft = Draft::Reaction {
            target: inbound.id.clone(),
            sender: (!inbound.from_me).then(|| sender.clone()),
            emoji,
        };
        is_message(&inbound.content)
            .then(|| self.outbound("ack", draft))
            .flatten()
    }

    fn outbound(self, purpose: &str, content: Draft) -> Option<Outbound> {
        let now = self.facts.now;
        Some(Outbound {
            id: self.origin().answer(purpose)?,
            chat: self.subject.chat.clone(),
            content,
            quoted: None,
            mentions: Vec::new(),
            typing: false,
            queued_at: now,
            expires_at: UnixMillis(now.0.saturating_add(ANSWER_LIFE_MS)),
            attempts: 0,
            reply: true,
        })
    }

    /// The route the sender talks to, if that held when they wrote this.
    fn sticky(self) -> Option<&'a str> {
        let (name, until) = self.facts.sender?.sticky.as_ref()?;
        (self.subject.inbound.at < *until).then_some(name.as_str())
    }

    fn remembered_sticky(self) -> Option<(String, UnixMillis)> {
        self.facts.sender?.sticky.clone()
    }

    /// The sender stays with a route from now on; as before, if hardly anything would change.
    fn stay(self, routes: &Routes, route: &Route) -> Option<(String, UnixMillis)> {
        let before = self.remembered_sticky();
        let until = self.subject.inbound.at.0 + u64::from(routes.sticky_ttl) * 1000;
        match before {
            before if self.subject.chat.group().is_some() => before,
            _ if routes.sticky_ttl == 0 => None,
            Some((name, old)) if name == route.name && until < old.0 + ACQUAINTANCE_REFRESH_MS => {
                Some((name, old))
            }
            _ => Some((route.name.clone(), UnixMillis(until))),
        }
    }

    /// What is remembered of the sender, if that is news. Only of those who write directly: groups are
    /// full of people who never wrote to the account.
    fn acquaintance(self, sticky: Option<(String, UnixMillis)>) -> Option<Acquaintance> {
        let Subject {
            inbound,
            sender,
            chat,
            ..
        } = self.subject;
        if chat.group().is_some()
            || inbound.from_me && sticky.is_none() && self.facts.sender.is_none()
        {
            return None;
        }
        let before = self.facts.sender;
        let wrote_at = before.map_or(inbound.at, |it| it.wrote_at.max(inbound.at));
        let name = inbound.name.clone();
        let news = Acquaintance {
            person: sender.clone(),
            name: name.or_else(|| before.and_then(|it| it.name.clone())),
            wrote_at,
            sticky,
        };
        let fresh = before.is_none_or(|before| {
            let later = wrote_at.0.saturating_sub(before.wrote_at.0);
            let same = Acquaintance {
                wrote_at,
                ..before.clone()
            };
            later >= ACQUAINTANCE_REFRESH_MS || news != same
        });
        fresh.then_some(news)
    }
}

/// Whether it is something somebody says, rather than something about what was said.
fn is_message(content: &Content) -> bool {
    match content {
        Content::Text { .. }
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contact { .. } => true,
        Content::Reaction { .. }
        | Content::Edit { .. }
        | Content::Revoke { .. }
        | Content::Other { .. } => false,
    }
}

/// The kind of event it is told as.
fn kind(content: &Content) -> Kind {
    match content {
        Content::Reaction { .. } => Kind::MessageReaction,
        Content::Edit { .. } => Kind::MessageEdited,
        Content::Revoke { .. } => Kind::MessageRevoked,
        Content::Text { .. }
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contact { .. }
        | Content::Other { .. } => Kind::Message,
    }
}

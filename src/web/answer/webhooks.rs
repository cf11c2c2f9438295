//! Answers about webhooks: what they are, and what waits for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Desk;
use super::wish::nothing;
use crate::account::AccountId;
use crate::limits::{ANSWER, ANSWER_LONG, WEBHOOKS_MAX};
use crate::message::webhook::{Delivery, DeliveryId, Line, Webhook, WebhookId};
use crate::secret::Secret;
use crate::store::DeliveryFilter;
use crate::token::Scope;
use crate::web::backstage::{not_done, not_kept};
use crate::web::fields::Fields;
use crate::web::messages::List;
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::route::errands::{Hook, unknown_delivery, unknown_webhook};
use crate::web::status::Eye;
use crate::web::webhooks::{
    Change, DeliveryBody, FIELDS, NewWebhookBody, WebhookBody, day_after, own_secret,
};

/// Bytes of a secret, and how it begins (standardwebhooks.com).
const SECRET_BYTES: usize = 32;
const SECRET_PREFIX: &str = "whsec_";

/// Deliveries that are looked at in one piece when all are posted again.
const REPLAYED_AT_ONCE: usize = 100;

impl Desk {
    pub(super) fn list_webhooks(&self, eye: &Eye<'_>) -> Result<Reply, Problem> {
        let settings = self.settings()?;
        let webhooks = settings.webhooks.iter();
        let bodies: Result<Vec<_>, _> = webhooks
            .map(|(id, it)| self.webhook_body(*id, it, eye))
            .collect();
        let list = List {
            data: bodies?,
            next_cursor: None,
        };
        Ok(Reply::json(200, &list))
    }

    pub(super) fn add_webhook(&self, body: &[u8], eye: &Eye<'_>) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &[FIELDS, &["secret"]].concat())?;
        let change = self.webhook_change(&fields, eye)?;
        for (wanted, there) in [
            ("url", change.url.is_some()),
            ("events", change.events.is_some()),
        ] {
            if !there {
                let detail = format!("`{wanted}` is missing.");
                return Err(Problem::new(422, "bad_field", detail));
            }
        }
        let secret = match fields.text("secret")? {
            Some(text) => own_secret(text)?,
            None => new_secret()?,
        };
        let webhook = change.apply(Webhook {
            url: String::new(),
            name: None,
            events: Vec::new(),
            sessions: None,
            secret,
            old_secret: None,
            headers: Vec::new(),
            enabled: true,
            disabled_reason: None,
            created_at: eye.now.wall,
        });
        let backstage = self.backstage()?;
        let _alone = backstage.alone();
        if self.settings()?.webhooks.len() >= WEBHOOKS_MAX {
            let detail = format!("This box holds {WEBHOOKS_MAX} webhooks. Delete one first.");
            return Err(Problem::new(507, "webhook_cap", detail));
        }
        let added = backstage.wait(ANSWER, backstage.store.add_webhook(webhook.clone()))?;
        let id = added.map_err(|error| not_kept(&error))?;
        let reply = Reply::json(201, &self.new_body(id, &webhook, true, eye)?);
        Ok(reply.header("Location", &format!("/api/v1/webhooks/{id}")))
    }

    pub(super) fn webhook(
        &self,
        id: WebhookId,
        hook: Hook,
        body: &[u8],
        eye: &Eye<'_>,
    ) -> Result<Reply, Problem> {
        let settings = self.settings()?;
        let webhook = settings.webhooks.get(&id).ok_or_else(unknown_webhook)?;
        match hook {
            Hook::Show => Ok(Reply::json(200, &self.webhook_body(id, webhook, eye)?)),
            Hook::Change => self.change_webhook(id, body, eye),
            Hook::Delete => self.delete_webhook(id),
            Hook::Test => {
                nothing(body)?;
                let backstage = self.backstage()?;
                let told = backstage.wait(ANSWER, backstage.gateway.test_webhook(id))?;
                let event =
                    told.map_err(|it| not_done(&it, unknown_webhook(), unknown_webhook()))?;
                Ok(Reply::json(202, &json!({"event": format!("evt_{event}")})))
            }
            Hook::Deliveries {
                dead,
                cursor,
                limit,
            } => {
                let found = self.deliveries(id, dead, cursor, limit)?;
                let last = found.last().map(|it| it.id.place);
                let bodies = found.into_iter().map(|it| DeliveryBody::of(it, eye.ids));
                Ok(Reply::json(200, &List::of(bodies.collect(), limit, last)))
            }
            Hook::Replay(place) => {
                nothing(body)?;
                self.replay(DeliveryId { webhook: id, place })?;
                Ok(Reply::json(202, &json!({"replayed": 1})))
            }
            Hook::ReplayAll => {
                nothing(body)?;
                Ok(Reply::json(202, &json!({"replayed": self.replay_all(id)?})))
            }
        }
    }

    fn change_webhook(&self, id: WebhookId, body: &[u8], eye: &Eye<'_>) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &[FIELDS, &["rotate_secret"]].concat())?;
        let change = self.webhook_change(&fields, eye)?;
        let rotates = fields.flag("rotate_secret")?.unwrap_or(false);
        let backstage = self.backstage()?;
        let _alone = backstage.alone();
        let settings = self.settings()?;
        let before = settings.webhooks.get(&id).ok_or_else(unknown_webhook)?;
        let mut webhook = change.apply(before.clone());
        if rotates {
            let now = eye.now.wall.ok_or_else(|| {
                let detail = "The clock is not set: nobody can say when the old secret ends.";
                Problem::new(409, "clock_not_set", detail)
            })?;
            let old = std::mem::replace(&mut webhook.secret, new_secret()?);
            webhook.old_secret = Some((old, day_after(now)));
        }
        let put = backstage.wait(ANSWER, backstage.store.put_webhook(id, webhook.clone()))?;
        if !put.map_err(|error| not_kept(&error))? {
            return Err(unknown_webhook());
        }
        Ok(Reply::json(
            200,
            &self.new_body(id, &webhook, rotates, eye)?,
        ))
    }

    fn delete_webhook(&self, id: WebhookId) -> Result<Reply, Problem> {
        let backstage = self.backstage()?;
        let _alone = backstage.alone();
        let deleted = backstage.wait(ANSWER_LONG, backstage.store.delete_webhook(id))?;
        if !deleted.map_err(|error| not_kept(&error))? {
            return Err(unknown_webhook());
        }
        Ok(Reply::new(204, "application/json", Vec::new()))
    }

    fn deliveries(
        &self,
        id: WebhookId,
        dead: Option<bool>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Delivery>, Problem> {
        let store = &self.backstage()?.store;
        let mut found = Vec::new();
        for (filter, is_dead) in [
            (DeliveryFilter::Pending, false),
            (DeliveryFilter::Dead, true),
        ] {
            if dead.is_none_or(|dead| dead == is_dead) {
                let some = store.deliveries(id, filter, after, limit);
                found.extend(some.map_err(|error| not_kept(&error))?);
            }
        }
        found.sort_by_key(|delivery: &Delivery| delivery.id.place);
        found.truncate(limit);
        Ok(found)
    }

    fn replay(&self, id: DeliveryId) -> Result<(), Problem> {
        let backstage = self.backstage()?;
        let done = backstage.wait(ANSWER, backstage.gateway.replay(id))?;
        done.map_err(|it| not_done(&it, unknown_delivery(), unknown_delivery()))
    }

    /// Those that are dead when it begins: one that dies again meanwhile is not posted twice.
    fn replay_all(&self, id: WebhookId) -> Result<usize, Problem> {
        let (mut after, mut replayed) = (None, 0);
        let lines = self.backstage()?.store.lines();
        let most = lines.borrow().get(&id).map_or(0, |line| line.dead);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while replayed < most {
            let dead = self.deliveries(id, Some(true), after, REPLAYED_AT_ONCE)?;
            let Some(last) = dead.last() else { break };
            after = Some(last.id.place);
            for delivery in &dead {
                match self.replay(delivery.id) {
                    Ok(()) => replayed += 1,
                    // Somebody else was faster.
                    Err(problem) if problem.status == 404 => {}
                    Err(problem) => return Err(problem),
                }
            }
        }
        Ok(replayed)
    }

    fn webhook_change(&self, fields: &Fields, eye: &Eye<'_>) -> Result<Change, Problem> {
        let snapshot = self.context.snapshots.borrow().clone();
        let known = |id: AccountId| snapshot.accounts.iter().any(|it| it.id == id);
        Change::read(fields, eye.ids, &known)
    }

    fn webhook_body(
        &self,
        id: WebhookId,
        webhook: &Webhook,
        eye: &Eye<'_>,
    ) -> Result<WebhookBody, Problem> {
        let lines = self.backstage()?.store.lines();
        let line: Line = lines.borrow().get(&id).copied().unwrap_or_default();
        let whole = eye.caller.may(Scope::Admin, None);
        Ok(WebhookBody::of(id, webhook, line, eye.ids, whole))
    }

    /// `tells`: the secret is new to the one who asks.
    fn new_body(
        &self,
        id: WebhookId,
        webhook: &Webhook,
        tells: bool,
        eye: &Eye<'_>,
    ) -> Result<NewWebhookBody, Problem> {
        Ok(NewWebhookBody {
            webhook: self.webhook_body(id, webhook, eye)?,
            secret: tells.then(|| webhook.secret.expose().to_owned()),
        })
    }
}

fn new_secret() -> Result<Secret, Problem> {
    let mut bytes = zeroize::Zeroizing::new([0; SECRET_BYTES]);
    getrandom::fill(bytes.as_mut())
        .map_err(|_| Problem::new(503, "no_chance", "The system gives no random numbers."))?;
    Ok(Secret::new(format!(
        "{SECRET_PREFIX}{}",
        STANDARD.encode(*bytes)
    )))
}

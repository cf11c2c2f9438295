//! The courier at work: posts what [`crate::message::courier`] says is next, and writes down how it went
//! before its lane goes on. The lines live in the store; what is held in memory is made of them at the
//! start.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use log::{debug, error, info, warn};
use tokio::task::JoinSet;

use super::Gateway;
use super::post::Posted;
use super::telling::GatewayProblem;
use crate::journal::Kind;
use crate::limits::{CLOCK_POLL, COURIER_LOOK, OUTBOX_AGE_LOOKS};
use crate::message::courier::{Courier, Verdict};
use crate::message::intake::Settings;
use crate::message::outbound::Outbound;
use crate::message::retry::Outcome;
use crate::message::webhook::{Delivery, DeliveryId, Webhook, WebhookId};
use crate::metrics;
use crate::store::{Place, StoreError};
use crate::time::UnixMillis;

/// After a fault of the disk, a delivery is tried again this much later.
const AFTER_A_FAULT_MS: u64 = 5_000;

/// Why a webhook is off whose receiver answered 410.
const GONE: &str = "gone";

impl Gateway {
    /// Who is posted next.
    pub(super) fn courier(&self) -> MutexGuard<'_, Courier> {
        // Each of its steps is whole, or it is a mistake that is better seen than hidden by a stop.
        self.0
            .courier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The store put these into lines, and took those out.
    pub(super) fn place(&self, places: &[Place], dropped: &[DeliveryId]) {
        if places.is_empty() && dropped.is_empty() {
            return;
        }
        if self.0.doubtful.swap(false, Ordering::SeqCst) {
            // What that commit put into a line goes before what is put there now.
            self.find_lost();
        }
        let mut courier = self.courier();
        for place in places {
            courier.put(place.id, &place.lane, place.attempts, place.next_at);
        }
        for id in dropped {
            courier.forget(*id);
        }
        drop(courier);
        self.0.to_post.notify_one();
    }

    /// A commit was reported as failed, and may be on the disk all the same.
    pub(super) fn doubt_lines(&self) {
        self.0.doubtful.store(true, Ordering::SeqCst);
    }

    /// Looks from time to time for what nobody would be woken by: rows that were written but never told
    /// of, and what is too old.
    pub(super) async fn look_after(self) {
        let mut looks = 0_u32;
        loop {
            tokio::time::sleep(COURIER_LOOK).await;
            self.find_lost();
            looks = looks.wrapping_add(1);
            let Some(now) = self.parts().clock.now().wall else {
                continue;
            };
            if looks.is_multiple_of(OUTBOX_AGE_LOOKS) {
                match self.parts().store.drop_old(now).await {
                    Ok(dropped) => self.place(&[], &dropped),
                    Err(error) => debug!("what is too old stays for now: {error}"),
                }
            }
        }
    }

    /// A commit that was reported as failed may be on the disk all the same, and whoever asked for it may
    /// be gone: what waits there and is not known here is put where it belongs.
    fn find_lost(&self) {
        let lines = self.parts().store.lines().borrow().clone();
        for (id, line) in lines.iter() {
            if line.pending <= self.courier().waiting(*id) {
                continue;
            }
            match self.parts().store.places(*id) {
                Ok(places) => self.place(&places, &[]),
                Err(error) => {
                    debug!("a line could not be read: {error}");
                    self.doubt_lines();
                }
            }
        }
    }

    /// Posts until [`super::Workers::end`].
    pub(super) async fn deliver(self) {
        let mut settings = self.parts().store.settings();
        let mut flights = JoinSet::new();
        loop {
            let current = settings.borrow_and_update().clone();
            self.follow(&current);
            let ending = self.0.ending.load(Ordering::SeqCst);
            if ending && flights.is_empty() {
                return;
            }
            let wait = if ending {
                COURIER_LOOK
            } else {
                self.start_flights(&mut flights)
            };
            tokio::select! {
                changed = settings.changed() => if changed.is_err() {
                    return;
                },
                () = self.0.to_post.notified() => {}
                Some(landed) = flights.join_next() => if let Err(died) = landed {
                    error!("posting broke down: {died}");
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Starts what may be started; says when to look again.
    fn start_flights(&self, flights: &mut JoinSet<()>) -> Duration {
        let Some(now) = self.parts().clock.now().wall else {
            // A request has to bear its time.
            return CLOCK_POLL;
        };
        loop {
            let next = self.courier().poll(now);
            let Some(id) = next else {
                break;
            };
            flights.spawn(self.clone().fly(id));
        }
        let next = self.courier().poll_timeout();
        let wait = next.map(|at| Duration::from_millis(at.0.saturating_sub(now.0)));
        // The clock may be set meanwhile.
        wait.map_or(COURIER_LOOK, |wait| wait.min(COURIER_LOOK))
    }

    /// Lets the courier know which webhooks there are. One it did not know comes with its line.
    fn follow(&self, settings: &Settings) {
        let all = settings
            .webhooks
            .iter()
            .map(|(id, it)| (*id, it.enabled))
            .collect();
        let new: Vec<WebhookId> = {
            let courier = self.courier();
            let ids = settings.webhooks.keys().copied();
            ids.filter(|id| !courier.knows(*id)).collect()
        };
        self.courier().set_webhooks(&all);
        for id in new {
            match self.parts().store.places(id) {
                Ok(places) => self.place(&places, &[]),
                Err(error) => error!("{id}: what waits for it could not be read: {error}"),
            }
        }
    }

    /// One attempt.
    async fn fly(self, id: DeliveryId) {
        let now = self.now_or_zero();
        let (webhook, delivery) = match self.load(id) {
            Ok(Some((_, delivery))) if ran_out(&delivery, now) => {
                self.forget(id, now).await;
                return;
            }
            Ok(Some(both)) => both,
            Ok(None) => {
                self.courier().vanished(id);
                return;
            }
            Err(error) => {
                warn!("{}: a delivery could not be read: {error}", id.webhook);
                self.courier().postpone(id, after_a_fault(now));
                return;
            }
        };
        let (post, shared) = (self.0.post.clone(), Arc::clone(&webhook));
        let posted = tokio::task::spawn_blocking(move || {
            let posted = post.post(&shared, &delivery, now);
            (posted, delivery)
        });
        match posted.await {
            Ok((posted, delivery)) => self.landed(&webhook, &delivery, posted).await,
            Err(died) => {
                error!("{}: posting broke down: {died}", id.webhook);
                self.courier().postpone(id, after_a_fault(now));
            }
        }
        self.0.lines.notify_one();
    }

    /// What to post, and where to; `None` when it is not to be posted any more.
    fn load(&self, id: DeliveryId) -> Result<Option<(Arc<Webhook>, Delivery)>, StoreError> {
        let settings = self.parts().store.settings().borrow().clone();
        let Some(webhook) = settings.webhooks.get(&id.webhook) else {
            return Ok(None);
        };
        let delivery = self.parts().store.delivery(id)?;
        let waits = delivery.filter(|it| !it.dead);
        Ok(waits.map(|delivery| (Arc::new(webhook.clone()), delivery)))
    }

    /// Takes something out of its line that is not worth posting any more.
    async fn forget(&self, id: DeliveryId, now: UnixMillis) {
        match self.parts().store.delivered(id, Vec::new()).await {
            Ok(_) => self.courier().vanished(id),
            Err(error) => {
                warn!("{}: a delivery could not be removed: {error}", id.webhook);
                self.courier().postpone(id, after_a_fault(now));
            }
        }
    }

    /// An attempt ended: what it means is written down, and then its lane goes on.
    async fn landed(&self, webhook: &Webhook, delivery: &Delivery, posted: Posted) {
        let id = delivery.id;
        let (mut outcome, mut why) = (posted.outcome, posted.error.unwrap_or_default());
        let mut answers = Vec::new();
        if outcome == Outcome::Delivered && !posted.answer.is_empty() {
            match self.answers(delivery, &posted.answer).await {
                Ok(messages) => answers = messages,
                Err(wait) => {
                    outcome = Outcome::Later(Some(wait));
                    "its reply could not be queued".clone_into(&mut why);
                }
            }
        }
        let now = self.now_or_zero();
        let judged = self.courier().judge(id, outcome, now, chance());
        let Some(verdict) = judged else {
            return;
        };
        match self.write_down(id, verdict, answers, why).await {
            Ok(()) => {
                self.courier().settle(id, outcome, verdict, now);
                if verdict == Verdict::GivenUpAndOff {
                    self.switch_off(id.webhook, webhook).await;
                }
            }
            Err(error) => {
                warn!(
                    "{}: how a delivery went could not be kept: {error}",
                    id.webhook
                );
                self.courier().postpone(id, after_a_fault(now));
            }
        }
    }

    async fn write_down(
        &self,
        id: DeliveryId,
        verdict: Verdict,
        answers: Vec<Outbound>,
        why: String,
    ) -> Result<(), StoreError> {
        let (store, webhook) = (&self.parts().store, id.webhook);
        let outcome = match verdict {
            Verdict::Delivered => {
                if store.delivered(id, answers).await? {
                    self.wake_sender();
                }
                metrics::Outcome::Delivered
            }
            Verdict::PutOff { attempts, next_at } => {
                debug!("{webhook}: attempt {attempts} failed: {why}");
                store.put_off(id, attempts, next_at, why).await?;
                metrics::Outcome::Retried
            }
            Verdict::NotYet => {
                debug!("{webhook}: it is not back: {why}");
                metrics::Outcome::Retried
            }
            Verdict::GivenUp => {
                warn!("{webhook}: a delivery is given up: {why}");
                store.give_up(id, why).await?;
                metrics::Outcome::Dead
            }
            Verdict::GivenUpAndOff => {
                store.give_up(id, why).await?;
                metrics::Outcome::Gone
            }
        };
        self.parts().metrics.delivery(outcome);
        Ok(())
    }

    /// A receiver said that it is gone for good. What waits for it goes on waiting until a person decides.
    async fn switch_off(&self, id: WebhookId, webhook: &Webhook) {
        warn!("{id}: its receiver is gone (410); it is switched off");
        let settings = self.parts().store.settings().borrow().clone();
        // Somebody may have changed it while it was posted to.
        let Some(now) = settings
            .webhooks
            .get(&id)
            .filter(|it| it.url == webhook.url)
        else {
            return;
        };
        let off = Webhook {
            enabled: false,
            disabled_reason: Some(GONE.to_owned()),
            ..now.clone()
        };
        if let Err(error) = self.parts().store.put_webhook(id, off).await {
            error!("{id}: it is switched off for this run only: {error}");
        }
        self.tell_disabled(id, webhook.name.as_deref(), GONE).await;
    }

    /// Posts a delivery that was given up once more, or one that waits at once.
    ///
    /// # Errors
    /// [`GatewayProblem::NotFound`], [`GatewayProblem::NoClock`], or the store's.
    pub async fn replay(&self, id: DeliveryId) -> Result<(), GatewayProblem> {
        let store = &self.parts().store;
        let now = self
            .parts()
            .clock
            .now()
            .wall
            .ok_or(GatewayProblem::NoClock)?;
        let place = match store.replay(id, now).await? {
            Some(place) => {
                info!(
                    "{}: a delivery that was given up is posted again",
                    id.webhook
                );
                self.place(std::slice::from_ref(&place), &[]);
                place.id
            }
            None if store.delivery(id)?.is_some() => id,
            None => return Err(GatewayProblem::NotFound),
        };
        self.courier().hurry(place, now);
        self.0.to_post.notify_one();
        Ok(())
    }

    /// The time. Nothing is posted before it is known, and it does not get lost but in tests.
    fn now_or_zero(&self) -> UnixMillis {
        self.parts().clock.now().wall.unwrap_or(UnixMillis(0))
    }
}

/// Whether it is a QR that ran out: a credential once, and worth nothing now.
fn ran_out(delivery: &Delivery, now: UnixMillis) -> bool {
    if delivery.kind != Kind::SessionQr.word() {
        return false;
    }
    let envelope = serde_json::from_str::<serde_json::Value>(&delivery.body).ok();
    let left = envelope.and_then(|it| it.get("payload")?.get("expires_in_ms")?.as_u64());
    delivery.queued_at.0.saturating_add(left.unwrap_or(0)) <= now.0
}

fn after_a_fault(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0 + AFTER_A_FAULT_MS)
}

/// Any number.
fn chance() -> u64 {
    // Without chance, what failed together comes back together; nothing is worse for it.
    getrandom::u64().unwrap_or(0)
}
